import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useAct } from '../api/act';
import { post, seg } from '../api/client';
import type { Run } from '../api/types';
import { ExerciseTag, LevelTag, Tag } from '../display/Tag';
import { Age, Countdown } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { IconCheck } from '../icons';

/** Escalations that are under way; acknowledging stops the pages. */
export function Runs({ runs }: { runs: Run[] }) {
  const acknowledge = useAct<Run>({
    run: (r) => post(`/oncall/runs/${seg(r.id)}/acknowledge`),
    done: (_, r) => `${r.case.number} acknowledged: paging has stopped`,
    refresh: [['oncall'], ['case'], ['cases']],
  });
  if (runs.length === 0) return <p className="dim small">No escalation is running.</p>;
  return (
    <ul className="bare-list stack">
      {runs.map((r) => (
        <li key={r.id} className="row spread">
          <div className="stack-tight grow">
            <div className="row row-tight">
              <LevelTag level={r.case.level} />
              <Link to="/cases/$id" params={{ id: r.case.id }} className="mono">
                {r.case.number}
              </Link>
              <Untrusted text={r.case.title} />
              {r.exercise && <ExerciseTag />}
            </div>
            <div className="row row-tight dim small">
              <Tag tone={r.state === 'paging' ? 'high' : r.state === 'exhausted' ? 'critical' : 'good'}>
                {r.state}
              </Tag>
              <span>
                step {r.step + 1}, began <Age at={r.created} />
                {r.state === 'paging' && r.next_at && ', next page'}
              </span>
              {r.state === 'paging' && r.next_at && <Countdown at={r.next_at} what="Next page" />}
            </div>
          </div>
          {(r.state === 'paging' || r.state === 'exhausted') && (
            <Button
              size="sm"
              leftSection={<IconCheck size={15} />}
              loading={acknowledge.isPending && acknowledge.variables?.id === r.id}
              onClick={() => acknowledge.mutate(r)}
            >
              Acknowledge
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}
