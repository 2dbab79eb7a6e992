import { useMediaQuery } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, type ReactNode, useEffect, useRef } from 'react';
import type { EventRow } from '../api/types';
import { Severity } from '../display/Tag';
import { local, utcMillis } from '../display/time';
import { Untrusted } from '../display/Untrusted';
import { useList } from '../shell/useList';
import { EventDetail } from './EventDetail';
import classes from './Search.module.css';

type Props = {
  rows: EventRow[];
  cols: string[];
  narrow: (term: string, exclude: boolean) => void;
  open: string | undefined;
  setOpen: (id: string | undefined) => void;
  more: (() => void) | undefined;
  head: ReactNode;
};

const rowHeight = 28;

/** Only the rows in view exist; each is plain elements, drawn anew only when it changes. */
export function Results({ rows, cols, narrow, open, setOpen, more, head }: Props) {
  const phone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    getItemKey: (i) => rows[i]?.id ?? i,
    overscan: 12,
  });
  const toggle = useRef((_id: string) => {});
  toggle.current = (id) => setOpen(open === id ? undefined : id);
  const onToggle = useRef((id: string) => toggle.current(id)).current;
  const list = useList(rows, (r) => toggle.current(r.id));

  useEffect(() => {
    if (list.at >= 0) virtual.scrollToIndex(list.at);
  }, [list.at, virtual]);

  const shown = virtual.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastShown >= rows.length - 20) more?.();
  }, [lastShown, rows.length, more]);

  const columns = `200px 110px 96px ${'minmax(110px, 170px) '.repeat(cols.length)}minmax(220px, 1fr)`;
  const grid = { gridTemplateColumns: phone ? '72px minmax(0, 1fr)' : columns };
  return (
    <section className="panel panel-tight" aria-labelledby="results-title">
      <div className="panel-head">
        <h2 id="results-title" aria-live="polite">
          {head}
        </h2>
        <span className="dim small hide-narrow">
          <kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> opens
        </span>
      </div>
      <section ref={scroller} className={classes.scroller} aria-label="Events" tabIndex={0}>
        <div className={classes.inner} style={phone ? undefined : { minWidth: 660 + cols.length * 130 }}>
          <div className={classes.head} style={grid}>
            <span>Time (UTC)</span>
            {!phone && ['Source', 'Severity', ...cols].map((c) => <span key={c}>{c}</span>)}
            <span>Message</span>
          </div>
          <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
            {shown.map((v) => {
              const row = rows[v.index];
              if (!row) return null;
              return (
                <div
                  key={v.key}
                  ref={virtual.measureElement}
                  data-index={v.index}
                  className={classes.item}
                  style={{ transform: `translateY(${v.start}px)` }}
                >
                  <Row
                    row={row}
                    cols={cols}
                    grid={grid.gridTemplateColumns}
                    phone={phone}
                    on={v.index === list.at}
                    open={row.id === open}
                    toggle={onToggle}
                  />
                  {row.id === open && (
                    <div className={classes.detail}>
                      <EventDetail event={row} narrow={narrow} />
                    </div>
                  )}
                </div>
              );
            })}
          </div>
        </div>
      </section>
    </section>
  );
}

type RowProps = {
  row: EventRow;
  cols: string[];
  grid: string;
  /** On a phone: the clock and the message. */
  phone: boolean;
  on: boolean;
  open: boolean;
  toggle: (id: string) => void;
};

const Row = memo(
  function Row({ row, cols, grid, phone, on, open, toggle }: RowProps) {
    return (
      // biome-ignore lint/a11y/useKeyWithClickEvents: the time in the row is the button; this widens its target
      // biome-ignore lint/a11y/noStaticElementInteractions: as above
      <div
        className={`${classes.cells} ${on ? classes.on : ''}`}
        style={{ gridTemplateColumns: grid }}
        onClick={() => toggle(row.id)}
      >
        <span>
          <button
            type="button"
            className={classes.expand}
            aria-expanded={open}
            title={local(row.time)}
            onClick={(e) => {
              e.stopPropagation();
              toggle(row.id);
            }}
          >
            {phone ? utcMillis(row.time).slice(11, 19) : utcMillis(row.time)}
          </button>
        </span>
        {!phone && (
          <>
            <span>
              <Untrusted text={row.source} />
            </span>
            <span>{row.severity && row.severity !== 'unknown' ? <Severity value={row.severity} /> : ''}</span>
            {cols.map((c) => (
              <span key={c}>
                <Untrusted text={String(row.columns?.[c] ?? '')} />
              </span>
            ))}
          </>
        )}
        <span>
          {row.outcome === 'failure' && <span title="failure">✗ </span>}
          <Untrusted text={row.message || row.raw} />
        </span>
      </div>
    );
  },
  (a, b) => a.row === b.row && a.on === b.on && a.open === b.open && a.grid === b.grid && a.phone === b.phone,
);
