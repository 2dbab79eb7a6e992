import { useVirtualizer } from '@tanstack/react-virtual';
import { useCallback, useEffect, useRef, useState } from 'react';
import type { EventRow } from '../../api/types';
import { EventDetail } from '../EventDetail';
import type { Feed } from './feed';
import classes from './Tail.module.css';
import { TailRow } from './TailRow';

type ListProps = {
  rows: EventRow[];
  feed: Feed;
  paused: boolean;
  pin: (row: EventRow) => void;
  pinned: EventRow[];
};

/** Follows its end. Scrolling up pauses it, so that what is read stands still; back at the end it goes on. */
export function List({ rows, feed, paused, pin, pinned }: ListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState('');
  const byScroll = useRef(false);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 28,
    getItemKey: (i) => rows[i]?.id ?? i,
    overscan: 10,
  });
  const toggle = useCallback((id: string) => setOpen((old) => (old === id ? '' : id)), []);
  useEffect(() => {
    if (!paused && rows.length > 0) virtual.scrollToIndex(rows.length - 1, { align: 'end' });
  }, [rows, paused, virtual]);
  const onScroll = () => {
    const el = scroller.current;
    if (!el) return;
    const atEnd = el.scrollHeight - el.scrollTop - el.clientHeight < 40;
    if (atEnd && byScroll.current) {
      byScroll.current = false;
      feed.pause(false);
    }
  };
  const hold = () => {
    if (feed.get().paused) return;
    byScroll.current = true;
    feed.pause(true);
  };
  if (rows.length === 0) return null;
  return (
    <section className={`panel panel-tight ${classes.panel}`} aria-label="Events as they come">
      <div
        ref={scroller}
        className={classes.scroller}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label="Events"
        onScroll={onScroll}
        onWheel={(e) => e.deltaY < 0 && hold()}
        onKeyDown={(e) => ['ArrowUp', 'PageUp', 'Home'].includes(e.key) && hold()}
        onTouchMove={hold}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((v) => {
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
                <TailRow
                  row={row}
                  pinned={pinned.some((p) => p.id === row.id)}
                  open={open === row.id}
                  pin={pin}
                  toggle={toggle}
                />
                {open === row.id && (
                  <div className={classes.detail}>
                    <EventDetail event={row} />
                  </div>
                )}
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}
