import { useState } from 'react';
import { Untrusted } from '../../display/Untrusted';
import { number } from '../../display/words';
import classes from './Table.module.css';

type Props = { bars: { label: string; value: number; row: number }[]; name: string; shown?: number };

/** Values by size. The figure stands at each bar, so it is read without measuring. */
export function BarList({ bars, name, shown = 20 }: Props) {
  const [all, setAll] = useState(false);
  const most = Math.max(1, ...bars.map((b) => b.value));
  const rest = bars.length - shown;
  return (
    <figure className={classes.figure}>
      <ol className={classes.bars} aria-label={`Bars by ${name}`}>
        {bars.slice(0, all ? 200 : shown).map((b) => (
          <li key={b.row}>
            <span className={classes.barlabel}>
              <Untrusted text={b.label} mono />
            </span>
            <span className={classes.track}>
              <span className={classes.bar} style={{ width: `${Math.max(0.5, (100 * b.value) / most)}%` }} />
            </span>
            <span className="right">{number(b.value)}</span>
          </li>
        ))}
      </ol>
      {rest > 0 && !all && (
        <button type="button" className="pivot small" onClick={() => setAll(true)}>
          {number(Math.min(rest, 200 - shown))} more bars
        </button>
      )}
    </figure>
  );
}
