import { memo } from 'react';
import type { EventRow } from '../../api/types';
import { Severity, Tag } from '../../display/Tag';
import { local, utcMillis } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';
import { cellValue, isBinary } from './cells';
import classes from './Results.module.css';

type Props = {
  row: EventRow;
  index: number;
  cols: string[];
  /** On a phone: the clock and the message. */
  phone: boolean;
  raw: boolean;
  on: boolean;
  open: boolean;
  checked: boolean;
};

/** Plain elements; presses are heard by the list, by what they carry (data-*). */
export const Row = memo(function Row({ row, index, cols, phone, raw, on, open, checked }: Props) {
  const kind = raw ? classes.rawcells : phone ? classes.phonecells : classes.cells;
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={checked}
      className={`${kind} ${on ? classes.on : ''} ${checked ? classes.checked : ''}`}
      data-row={row.id}
    >
      <span role="cell">
        <label className={classes.check}>
          <input
            type="checkbox"
            checked={checked}
            readOnly
            tabIndex={-1}
            data-check={row.id}
            aria-label="Choose this event"
          />
        </label>
      </span>
      <span role="cell">
        <button type="button" className={classes.expand} aria-expanded={open} title={local(row.time)}>
          {phone ? utcMillis(row.time).slice(11, 19) : utcMillis(row.time)}
        </button>
      </span>
      {!phone && !raw && cols.map((c) => <Value key={c} row={row} name={c} />)}
      <span role="cell" className={raw ? classes.rawtext : undefined}>
        {!raw && row.outcome === 'failure' && (
          <span className={classes.failed} title="failure">
            ✗{' '}
          </span>
        )}
        {raw ? <Original row={row} /> : <Untrusted text={row.message || row.raw} />}
      </span>
    </div>
  );
});

function Value({ row, name }: { row: EventRow; name: string }) {
  const value = cellValue(row, name);
  if (!value) return <span role="cell" />;
  return (
    <span role="cell">
      <button type="button" tabIndex={-1} className={classes.value} data-field={name} data-value={value}>
        {name === 'severity' ? <Severity value={value} /> : <Untrusted text={value} />}
      </button>
    </span>
  );
}

export function Original({ row }: { row: EventRow }) {
  if (!isBinary(row)) return <Untrusted text={row.raw} mono />;
  return (
    <>
      <Tag title="The original is no text; these are its bytes in base64">base64</Tag>{' '}
      <Untrusted text={row.raw_base64} mono />
    </>
  );
}
