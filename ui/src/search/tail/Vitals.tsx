import { number } from '../../display/words';
import { mostKept, type Tailed } from './feed';
import classes from './Tail.module.css';

const says = {
  connecting: 'Connecting…',
  live: 'Live',
  lost: 'Connection lost; it is tried again',
  refused: 'Not following',
};

/** How fast it comes, and what is not shown. */
export function Vitals({ of: t, shown }: { of: Tailed; shown: number }) {
  return (
    <dl className={classes.vitals}>
      <div>
        <dt>State</dt>
        <dd>{t.paused && t.connection === 'live' ? 'Paused' : says[t.connection]}</dd>
      </div>
      <div>
        <dt>Rate</dt>
        <dd>{t.rate >= 10 ? number(Math.round(t.rate)) : t.rate.toFixed(1)} a second</dd>
      </div>
      <div>
        <dt>Shown</dt>
        <dd>
          {number(shown)} of {number(t.seen)}
          {t.seen > mostKept && <span className="dim"> (the newest {number(mostKept)} stay)</span>}
        </dd>
      </div>
      <div>
        <dt>Left out</dt>
        <dd className={t.dropped > 0 ? classes.dropped : undefined}>
          {number(t.dropped)}
          {t.dropped > 0 && ' came too fast to show; Search has them'}
        </dd>
      </div>
    </dl>
  );
}
