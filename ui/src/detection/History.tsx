import type { History as Item } from '../api/detection';
import { Time } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import classes from './Detection.module.css';
import { historyDetail, historyWords } from './history';

/** What the record holds about a thing, newest first. */
export function History({ items, none }: { items: Item[]; none: string }) {
  if (items.length === 0) return <p className="dim small">{none}</p>;
  return (
    <ul className="bare-list">
      {items.map((h) => (
        <li key={`${h.at} ${h.kind}`} className={`small ${classes.item}`}>
          <strong>{historyWords(h.kind)}</strong> by {h.actor.name || 'the system'}, <Time at={h.at} />
          {historyDetail(h.data) && (
            <div className="dim">
              <Untrusted text={historyDetail(h.data)} />
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}
