import type { ReactNode } from 'react';
import classes from './Detection.module.css';

/** One figure of a line of figures; stands in a dl. */
export function Stat({ name, note, children }: { name: string; note?: ReactNode; children: ReactNode }) {
  return (
    <div className={classes.stat}>
      <dt>{name}</dt>
      <dd>
        {children}
        {note && <div className={classes.note}>{note}</div>}
      </dd>
    </div>
  );
}
