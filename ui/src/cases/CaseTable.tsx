import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { Case } from '../api/types';
import { DecisionTag, ExerciseTag, LevelTag } from '../display/Tag';
import { Age, Countdown } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { number, typeName } from '../display/words';

type Props = { cases: Case[]; at: number; rowRef: (i: number) => (el: HTMLElement | null) => void };

export function CaseTable({ cases, at, rowRef }: Props) {
  return (
    <div className="panel panel-tight scroll">
      <table className="tbl cases">
        <thead>
          <tr>
            <th>Number</th>
            <th>Level</th>
            <th>Title</th>
            <th className="hide-narrow">Decision</th>
            <th className="hide-narrow">State</th>
            <th className="hide-narrow">Owner</th>
            <th className="right hide-narrow">Alerts</th>
            <th className="right hide-narrow">Changed</th>
          </tr>
        </thead>
        <tbody>
          {cases.map((c, i) => (
            <Row key={c.id} of={c} on={i === at} rowRef={rowRef(i)} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

const Row = memo(
  function Row({ of: c, on, rowRef }: { of: Case; on: boolean; rowRef: (el: HTMLElement | null) => void }) {
    return (
      <tr ref={rowRef} className={on ? 'on' : undefined}>
        <td className="mono nowrap">
          <Link to="/cases/$id" params={{ id: c.id }}>
            {c.number}
          </Link>
        </td>
        <td>
          <LevelTag level={c.level} priority={c.priority} />
        </td>
        <td>
          <Untrusted text={c.title} /> {c.exercise && <ExerciseTag />}
          {c.decide_by && c.decision === '' && (
            <>
              {' '}
              <Countdown at={c.decide_by} />
            </>
          )}
          {c.type && <div className="dim small">{typeName(c.type)}</div>}
        </td>
        <td className="hide-narrow">
          <DecisionTag of={c} />
        </td>
        <td className="hide-narrow">{c.state}</td>
        <td className="hide-narrow">{c.owner?.name ?? <span className="dim">nobody</span>}</td>
        <td className="right hide-narrow">{number(c.alert_count)}</td>
        <td className="right nowrap hide-narrow">
          <Age at={c.updated} />
        </td>
      </tr>
    );
  },
  (a, b) => a.of === b.of && a.on === b.on,
);
