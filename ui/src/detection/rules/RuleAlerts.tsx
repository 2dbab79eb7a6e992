import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { RuleDetail } from '../../api/detection';
import { alertsOfRule } from '../../api/detectionQueries';
import { Panel } from '../../display/Page';
import { ExerciseTag, Severity } from '../../display/Tag';
import { Age } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { Loaded } from '../../display/Waiting';
import { number } from '../../display/words';

const shown = 10;

export function RuleAlerts({ of: { rule: r } }: { of: RuleDetail }) {
  const found = useQuery(alertsOfRule(r.title));
  return (
    <Panel
      id="alerts"
      title="Its latest alerts"
      side={
        <Link to="/detection/alerts" search={{ q: r.title }} className="small">
          All
        </Link>
      }
    >
      <Loaded query={found} lines={4}>
        {({ items }) => {
          const own = items.filter((a) => a.rule === r.id).slice(0, shown);
          return own.length === 0 ? (
            <p className="dim small">
              {r.level === 'informational'
                ? 'A rule of this level raises no alert; correlations count it.'
                : 'It has raised none.'}
            </p>
          ) : (
            <div className="scroll">
              <table className="tbl">
                <thead>
                  <tr>
                    <th>Severity</th>
                    <th>Alert</th>
                    <th className="hide-narrow">Case</th>
                    <th className="right hide-narrow">Count</th>
                    <th className="right">Last</th>
                  </tr>
                </thead>
                <tbody>
                  {own.map((a) => (
                    <tr key={a.id}>
                      <td>
                        <Severity value={a.severity} />
                      </td>
                      <td>
                        <Link to="/detection/alerts/$id" params={{ id: a.id }}>
                          <Untrusted text={a.summary} />
                        </Link>{' '}
                        {a.exercise && <ExerciseTag />}
                      </td>
                      <td className="mono nowrap hide-narrow">
                        {a.case ? (
                          <Link to="/cases/$id" params={{ id: a.case.id }}>
                            {a.case.number}
                          </Link>
                        ) : (
                          '–'
                        )}
                      </td>
                      <td className="right hide-narrow">{number(a.count)}</td>
                      <td className="right">
                        <Age at={a.last_seen} />
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          );
        }}
      </Loaded>
    </Panel>
  );
}
