import { memo } from 'react';
import type { InboxItem } from '../api/types';
import { ExerciseTag, LevelTag, Severity } from '../display/Tag';
import { Age, Countdown } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { number } from '../display/words';
import classes from './Inbox.module.css';

type Props = {
  of: InboxItem;
  on: boolean;
  selected: boolean;
  show: (id: string) => void;
  open: (id: string) => void;
  toggle: (id: string) => void;
  rowRef: (el: HTMLElement | null) => void;
};

export const InboxRow = memo(
  function InboxRow({ of: c, on, selected, show, open, toggle, rowRef }: Props) {
    return (
      <li ref={rowRef} className={`${classes.row} ${on ? classes.on : ''}`} aria-current={on || undefined}>
        <label className={classes.check}>
          <input
            type="checkbox"
            checked={selected}
            onChange={() => toggle(c.id)}
            aria-label={`Select ${c.number}`}
          />
        </label>
        <button
          type="button"
          className={classes.show} // By key it opens, as Enter does everywhere in a list.
          onClick={(e) => (e.detail === 0 ? open(c.id) : show(c.id))}
          onDoubleClick={() => open(c.id)}
        >
          <span className="row row-tight">
            {c.level ? (
              <LevelTag level={c.level} priority={c.priority} />
            ) : (
              c.first_alert && <Severity value={c.first_alert.severity} />
            )}
            <span className="mono">{c.number}</span>
            {c.exercise && <ExerciseTag />}
          </span>
          <span>
            <Untrusted text={c.title} />
          </span>
          {c.first_alert && (
            <span className="dim small cut">
              <Untrusted text={c.first_alert.summary} />
              {c.first_alert.count > 1 && ` × ${number(c.first_alert.count)}`}
            </span>
          )}
        </button>
        <div className={classes.end}>
          <Countdown at={c.decide_by} />
          <span className="dim">{c.reason_waiting}</span>
          <Age at={c.waiting_since} />
          {c.owner && <span className="dim">{c.owner.name}</span>}
        </div>
      </li>
    );
  },
  (a, b) => a.of === b.of && a.on === b.on && a.selected === b.selected,
);
