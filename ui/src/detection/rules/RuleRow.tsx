// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by hand are no table to a browser
// biome-ignore-all lint/a11y/useFocusableInteractive: as above; the links and buttons in the cells take the focus
import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import type { Rule } from '../../api/detection';
import { Severity } from '../../display/Tag';
import { Age } from '../../display/Time';
import { isSet, local, utc } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';
import { number } from '../../display/words';
import { nanos, originName, rateText } from './figures';
import { logsourceText } from './find';
import { RuleState } from './RuleState';
import classes from './Rules.module.css';
import { Sparkline } from './Sparkline';

export type Layout = 'wide' | 'beside' | 'phone';

type Props = {
  rule: Rule;
  at: number;
  on: boolean;
  layout: Layout;
  show: (id: string) => void;
};

export const packText = (r: Rule): string =>
  r.pack ? `${r.pack} ${r.pack_version}` : (originName[r.origin] ?? r.origin);

export const RuleRow = memo(function RuleRow({ rule: r, at, on, layout, show }: Props) {
  const title = (
    <span className={classes.name}>
      <Link
        to="/detection/rules/$id"
        params={{ id: r.id }}
        className={classes.title}
        preload={false}
        onClick={(e) => e.stopPropagation()}
      >
        <Untrusted text={r.title} />
      </Link>
      <span className="dim cut">{logsourceText(r.logsource)}</span>
    </span>
  );
  if (layout === 'phone') {
    return (
      <div className={`${classes.card} ${on ? classes.on : ''}`} role="row" aria-rowindex={at + 2}>
        <span role="cell">{title}</span>
        <span role="cell" className="row row-tight">
          <Severity value={r.level} />
          <RuleState state={r.state} />
          <span className="dim small">
            {number(r.hits)} hits{isSet(r.last_hit) && ', '}
            {isSet(r.last_hit) && <Age at={r.last_hit} />}
          </span>
        </span>
      </div>
    );
  }
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the title is the link; this shows the preview, as the key p does
    <div
      className={`${classes.cells} ${layout === 'beside' ? classes.beside : ''} ${on ? classes.on : ''}`}
      role="row"
      aria-rowindex={at + 2}
      aria-current={on || undefined}
      onClick={() => show(r.id)}
    >
      <span role="cell">
        <Severity value={r.level} />
      </span>
      <span role="cell">{title}</span>
      <span role="cell">
        <RuleState state={r.state} reason={r.state_reason} />
      </span>
      <span role="cell" className={classes.hits}>
        {r.hits > 0 && layout === 'wide' && <Sparkline rule={r.id} />}
        {number(r.hits)}
      </span>
      <span role="cell" className="right">
        {isSet(r.last_hit) ? (
          <span className={classes.two}>
            <Age at={r.last_hit} />
            {layout === 'wide' && (
              <time className="mono dim" dateTime={r.last_hit} title={local(r.last_hit)}>
                {utc(r.last_hit).slice(0, 16)}
              </time>
            )}
          </span>
        ) : (
          <span className="dim">never</span>
        )}
      </span>
      {layout === 'wide' && (
        <>
          <span role="cell" className="right">
            {r.false_positives.enough ? (
              rateText(r.false_positives)
            ) : (
              <span className="dim small">{rateText(r.false_positives)}</span>
            )}
          </span>
          <span role="cell" className="right mono">
            {r.cost.nanos > 0 ? nanos(r.cost.nanos_per_event) : <span className="dim">–</span>}
          </span>
          <span role="cell" className="cut dim">
            <Untrusted text={packText(r)} />
          </span>
        </>
      )}
    </div>
  );
});
