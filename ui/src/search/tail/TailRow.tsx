import { memo } from 'react';
import type { EventRow } from '../../api/types';
import { local, utcMillis } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';
import { severityTone } from '../../display/words';
import { IconPin, IconPinnedOff } from '../../icons';
import classes from './Tail.module.css';

type Props = {
  row: EventRow;
  pinned: boolean;
  open: boolean;
  pin: (row: EventRow) => void;
  toggle: (id: string) => void;
};

/** One line. Its severity is a stripe and a word. */
export const TailRow = memo(function TailRow({ row, pinned, open, pin, toggle }: Props) {
  const tone = severityTone(row.severity);
  return (
    <div className={classes.row} data-tone={tone}>
      <button
        type="button"
        className={classes.pin}
        aria-label={pinned ? 'Unpin' : 'Pin'}
        aria-pressed={pinned}
        onClick={() => pin(row)}
      >
        {pinned ? <IconPinnedOff size={14} /> : <IconPin size={14} />}
      </button>
      <button
        type="button"
        className={classes.line}
        aria-expanded={open}
        title={local(row.time)}
        onClick={() => toggle(row.id)}
      >
        <span className={classes.time}>{utcMillis(row.time).slice(11)}</span>
        <span className={classes.source}>
          <Untrusted text={row.source} />
        </span>
        <span className={classes.severity}>{tone === 'none' ? '' : row.severity}</span>
        <span className={classes.text}>
          {row.outcome === 'failure' && <span title="failure">✗ </span>}
          <Untrusted text={row.message || row.raw} />
        </span>
      </button>
    </div>
  );
});
