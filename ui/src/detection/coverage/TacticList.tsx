import type { Tactic } from '../../api/detection';
import { number } from '../../display/words';
import classes from './Coverage.module.css';
import { cellText, grade } from './cover';

type Props = { tactics: Tactic[]; open: (id: string) => void; expanded: boolean };

/** The matrix as a list, for a narrow screen. */
export function TacticList({ tactics, open, expanded }: Props) {
  return (
    <div className="stack">
      {tactics.map((t) => (
        <details key={`${t.id} ${expanded}`} className="panel panel-tight" open={expanded}>
          <summary className={classes.tacticrow}>
            <strong>{t.name}</strong>{' '}
            <span className="dim small">
              {number(t.covered)} of {number(t.techniques.length)} live
              {t.hits > 0 && `, ${number(t.hits)} hits`}
            </span>
          </summary>
          <ul className="bare-list">
            {t.techniques.map((x) => (
              <li key={x.id}>
                <button
                  type="button"
                  className={`${classes.line} ${classes[grade(x)]}`}
                  onClick={() => open(x.id)}
                >
                  <span>
                    {x.name} <span className="mono">{x.id}</span>
                  </span>
                  <span className={classes.counts}>
                    <span>{cellText(x)}</span>
                    {x.hits > 0 && <strong>{number(x.hits)} hits</strong>}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </details>
      ))}
    </div>
  );
}
