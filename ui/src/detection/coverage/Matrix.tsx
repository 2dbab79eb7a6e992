import { memo } from 'react';
import type { Tactic, Technique } from '../../api/detection';
import { number } from '../../display/words';
import classes from './Coverage.module.css';
import { cellText, grade, sentenceOf } from './cover';

type Props = { tactics: Tactic[]; open: (id: string) => void; chosen: string };

/** A column a tactic. Plain elements: there are some seven hundred cells. */
export const Matrix = memo(function Matrix({ tactics, open, chosen }: Props) {
  return (
    <section className={`panel panel-tight ${classes.matrix}`} aria-label="Matrix" tabIndex={0}>
      <div className={classes.columns}>
        {tactics.map((t) => (
          <section key={t.id} className={classes.column} aria-label={t.name}>
            <header className={classes.tactic}>
              <h2>{t.name}</h2>
              <span className="dim">
                {number(t.covered)}/{number(t.techniques.length)} live
              </span>
            </header>
            <ul className="bare-list">
              {t.techniques.map((x) => (
                <Cell key={x.id} of={x} open={open} on={x.id === chosen} />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </section>
  );
});

const Cell = memo(function Cell({
  of: t,
  open,
  on,
}: {
  of: Technique;
  open: (id: string) => void;
  on: boolean;
}) {
  return (
    <li>
      <button
        type="button"
        className={`${classes.cell} ${classes[grade(t)]} ${on ? classes.on : ''}`}
        title={`${t.id} ${t.name}: ${sentenceOf(t)}`}
        onClick={() => open(t.id)}
      >
        <span className={classes.techname}>{t.name}</span>
        <span className={classes.counts}>
          <span>{cellText(t)}</span>
          {t.hits > 0 && <strong>{number(t.hits)} hits</strong>}
        </span>
      </button>
    </li>
  );
});
