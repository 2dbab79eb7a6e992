import { Link } from '@tanstack/react-router';
import type { Explain, ExplainItem } from '../../api/detection';
import { Tag } from '../../display/Tag';
import { Untrusted } from '../../display/Untrusted';
import { IconCheck, IconX } from '../../icons';
import classes from './Explain.module.css';

function verdict(of: Explain): string {
  if (of.matched) return 'It matches this event.';
  if (!of.routed) return 'The event is not of the log source that the rule is about.';
  if (!of.condition) return 'Its condition does not hold.';
  return 'Its condition holds, and a filter holds it back.';
}

export function ExplainTree({ of }: { of: Explain }) {
  return (
    <div className="stack" role="status">
      <p className={`notice ${of.matched ? '' : 'notice-warn'}`}>
        <strong>{verdict(of)}</strong>
      </p>
      {of.stopped_by.length > 0 && (
        <p className="small">
          Held back by <span className="mono">{of.stopped_by.join(', ')}</span>.
        </p>
      )}
      <ul className={classes.tree}>
        {of.selections.map((s, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a selection may stand twice
          <li key={i}>
            <span className="row row-tight">
              <Held held={s.items.every((x) => x.held)} negated={s.negated} />
              <strong className="mono">
                <Untrusted text={s.name || 'keywords'} />
              </strong>
              {s.negated && <Tag tone="low">negated: it must not hold</Tag>}
            </span>
            <ul className={classes.tree}>
              {s.items.map((x, j) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: an item has no identity but its place
                <Item key={j} of={x} />
              ))}
            </ul>
          </li>
        ))}
      </ul>
      <Link to="/search" search={{ q: `id:${of.event}`, from: 'now-3650d' }} className="small">
        See the event in Search
      </Link>
    </div>
  );
}

function Item({ of: x }: { of: ExplainItem }) {
  return (
    <li className="small">
      <span className="row row-tight">
        <Held held={x.held} negated={x.negated} />
        <span className="mono">
          <Untrusted text={x.test} />
        </span>
        {x.line > 0 && <span className="dim">line {x.line}</span>}
      </span>
      <div className="dim">
        {x.present ? (
          <>
            the event has <Untrusted text={x.value} mono />
          </>
        ) : x.field ? (
          'the event has no such field'
        ) : (
          'looked for in the whole text'
        )}
      </div>
    </li>
  );
}

/** Whether a part holds; of a negated part, holding is what speaks against a match. */
function Held({ held, negated }: { held: boolean; negated: boolean }) {
  const Icon = held ? IconCheck : IconX;
  return (
    <Tag tone={held !== negated ? 'good' : 'high'}>
      <Icon size={12} aria-hidden /> {held ? 'held' : 'not held'}
    </Tag>
  );
}
