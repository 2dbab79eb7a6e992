import { Popover, UnstyledButton } from '@mantine/core';
import type { CaseDetail } from '../api/types';
import { LevelTag } from '../display/Tag';
import { gradeName } from '../display/words';
import classes from './Matrix.module.css';

const grades = [3, 2, 1] as const;
const band = (p: number): string => (p >= 5 ? 'critical' : p === 4 ? 'serious' : 'mild');

type Props = {
  matrix: number[][];
  impact: number;
  urgency: number;
  /** Makes each cell a button. */
  choose?: (impact: number, urgency: number) => void;
};

/** Priority = impact × urgency by the organisation's table; rows are urgency, columns impact, high first. */
export function Matrix({ matrix, impact, urgency, choose }: Props) {
  return (
    <table className={classes.matrix}>
      <caption className="visually-hidden">Priority by urgency and impact</caption>
      <thead>
        <tr>
          <td className={classes.axis}>urgency \ impact</td>
          {grades.map((i) => (
            <th key={i} scope="col">
              {gradeName[i]}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {grades.map((u) => (
          <tr key={u}>
            <th scope="row">{gradeName[u]}</th>
            {grades.map((i) => {
              const p = matrix[3 - u]?.[3 - i] ?? 0;
              const on = i === impact && u === urgency;
              const label = `impact ${gradeName[i]}, urgency ${gradeName[u]}: priority ${p}, ${band(p)}`;
              return (
                <td key={i} className={classes[band(p)]} data-on={on || undefined}>
                  {choose ? (
                    <UnstyledButton
                      className={classes.cell}
                      aria-pressed={on}
                      aria-label={label}
                      onClick={() => choose(i, u)}
                    >
                      {p}
                      {on && <span aria-hidden> ✓</span>}
                    </UnstyledButton>
                  ) : (
                    <span className={classes.cell}>
                      {p}
                      {on && <span title="this case"> ✓</span>}
                    </span>
                  )}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** The priority, and on request the cell of the matrix that it came from. */
export function Priority({ detail }: { detail: CaseDetail }) {
  const { case: c, cell, matrix } = detail;
  if (!c.priority) return <span className="dim">no priority yet</span>;
  return (
    <Popover position="bottom-start" width={310} shadow="md" withArrow trapFocus returnFocus>
      <Popover.Target>
        <UnstyledButton className={classes.open}>
          <LevelTag level={c.level} priority={c.priority} />
          <span className="visually-hidden"> of 6: show the matrix</span>
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="stack-tight" tabIndex={-1}>
          <Matrix matrix={matrix} impact={cell?.impact ?? c.impact} urgency={cell?.urgency ?? c.urgency} />
          <p className="dim small">
            Impact {gradeName[cell?.impact ?? c.impact] ?? '–'} × urgency{' '}
            {gradeName[cell?.urgency ?? c.urgency] ?? '–'} gives {c.priority}. 5–6 critical, 4 serious, 1–2
            mild.
          </p>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}
