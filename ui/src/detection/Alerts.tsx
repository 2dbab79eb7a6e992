import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import * as queries from '../api/queries';
import { ExerciseTag, Severity } from '../display/Tag';
import { Age, Time } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { Empty, Failed, Loading } from '../display/Waiting';
import { number } from '../display/words';
import { IconRadar } from '../icons';

/** What rules, monitors and other tools put forward last. */
export function Alerts({ q }: { q: string }) {
  const found = useInfiniteQuery(queries.alerts(q));
  if (found.isError) return <Failed error={found.error} retry={() => void found.refetch()} />;
  if (found.isPending) return <Loading lines={8} />;
  const items = found.data.pages.flatMap((p) => p.items);
  if (items.length === 0) {
    return (
      <Empty icon={<IconRadar size={30} aria-hidden />} title="No alert">
        <p>
          An alert is what a rule, a monitor or another tool puts forward for assessment. Repeats fold into
          one.
        </p>
      </Empty>
    );
  }
  return (
    <>
      <div className="panel panel-tight scroll">
        <table className="tbl">
          <thead>
            <tr>
              <th>Severity</th>
              <th>Alert</th>
              <th>Case</th>
              <th className="right hide-narrow">Count</th>
              <th className="hide-narrow">First (UTC)</th>
              <th className="right">Last</th>
            </tr>
          </thead>
          <tbody>
            {items.map((a) => (
              <tr key={a.id}>
                <td>
                  <Severity value={a.severity} />
                </td>
                <td>
                  <Untrusted text={a.summary} /> {a.exercise && <ExerciseTag />}
                  <div className="dim small">{a.rule_title}</div>
                </td>
                <td className="mono nowrap">
                  {a.case ? (
                    <Link to="/cases/$id" params={{ id: a.case.id }}>
                      {a.case.number}
                    </Link>
                  ) : (
                    '–'
                  )}
                </td>
                <td className="right hide-narrow">{number(a.count)}</td>
                <td className="hide-narrow">
                  <Time at={a.first_seen} bare />
                </td>
                <td className="right">
                  <Age at={a.last_seen} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.hasNextPage && (
        <Button
          variant="default"
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          More
        </Button>
      )}
    </>
  );
}
