import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type MouseEvent, type ReactNode, useCallback, useEffect, useRef, useState } from 'react';
import { columns } from '../../api/queries';
import type { EventRow } from '../../api/types';
import { useKeys } from '../../shell/useKeys';
import { useList } from '../../shell/useList';
import { EventDetail } from '../EventDetail';
import { type CellAt, CellMenu } from './CellMenu';
import { Head } from './Head';
import classes from './Results.module.css';
import { Row } from './Row';
import { useWidths } from './useWidths';

type Props = {
  rows: EventRow[];
  cols: string[];
  raw: boolean;
  narrow: (term: string, exclude: boolean) => void;
  drop: (col: string) => void;
  open: string | undefined;
  setOpen: (id: string | undefined) => void;
  chosen: ReadonlySet<string>;
  choose: (id: string) => void;
  /** Asked for when the end comes near. */
  more: (() => void) | undefined;
  head: ReactNode;
  foot: ReactNode;
};

/** Only the rows in view exist; each is plain elements, drawn anew only when it changes. */
export function Results({ rows, cols, raw, open, chosen, more, head, foot, ...act }: Props) {
  const phone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const scroller = useRef<HTMLDivElement>(null);
  const known = useQuery({ ...columns, staleTime: Number.POSITIVE_INFINITY });
  const [cell, setCell] = useState<CellAt | null>(null);
  const widths = useWidths(cols);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (raw ? 44 : 28),
    getItemKey: (i) => rows[i]?.id ?? i,
    overscan: 10,
  });
  const toggle = useRef((_id: string) => {});
  toggle.current = (id) => act.setOpen(open === id ? undefined : id);
  const list = useList(rows, (r) => toggle.current(r.id), open);
  const { item, setCurrent } = list;
  useKeys([
    { keys: 'x', label: 'Choose the event', group: 'Search', run: () => item && act.choose(item.id) },
  ]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another view has other heights
  useEffect(() => virtual.measure(), [raw, phone]);
  useEffect(() => {
    if (list.at >= 0) virtual.scrollToIndex(list.at);
  }, [list.at, virtual]);
  const shown = virtual.getVirtualItems();
  const lastShown = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (lastShown >= rows.length - 40) more?.();
  }, [lastShown, rows.length, more]);

  const press = (e: MouseEvent<HTMLElement>) => {
    const at = e.target as HTMLElement;
    const row = at.closest<HTMLElement>('[data-row]');
    const id = row?.dataset.row;
    if (!id) return;
    setCurrent(id);
    if (at.closest('[data-check], label')) {
      if (at.closest('[data-check]')) act.choose(id);
      return;
    }
    const value = at.closest<HTMLElement>('[data-field]');
    if (value) {
      const field = value.dataset.field ?? '';
      const kind = known.data?.items.find((c) => c.name === field)?.entity ?? '';
      setCell({ field, value: value.dataset.value ?? '', kind, from: value });
    } else if (!window.getSelection()?.toString()) toggle.current(id);
  };
  const closeCell = useCallback(() => setCell(null), []);

  return (
    <section className={`panel panel-tight ${classes.panel}`} aria-label="Results">
      <div className={`panel-head ${classes.panelhead}`}>{head}</div>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: each row has a button for the keyboard */}
      {/* biome-ignore lint/a11y/noStaticElementInteractions: as above */}
      <div
        ref={scroller}
        className={classes.scroller}
        style={{ '--grid': widths.grid } as React.CSSProperties}
        onClick={press}
      >
        <div
          role="table"
          aria-label="Events"
          aria-rowcount={rows.length + 1}
          className={classes.inner}
          style={phone || raw ? undefined : { minWidth: widths.least }}
        >
          {!raw && !phone && <Head cols={cols} width={widths.width} setWidth={widths.set} drop={act.drop} />}
          <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
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
                    index={v.index}
                    cols={cols}
                    phone={phone}
                    raw={raw}
                    on={v.index === list.at}
                    open={row.id === open}
                    checked={chosen.has(row.id)}
                  />
                  {row.id === open && (
                    <div role="row">
                      <div role="cell" className={classes.detail}>
                        <EventDetail event={row} narrow={act.narrow} />
                      </div>
                    </div>
                  )}
                </div>
              );
            })}
          </div>
        </div>
        <div className={classes.foot}>{foot}</div>
      </div>
      <CellMenu at={cell} close={closeCell} narrow={act.narrow} />
    </section>
  );
}
