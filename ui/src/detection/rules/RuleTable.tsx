// biome-ignore-all lint/a11y/useSemanticElements: rows that are placed by hand are no table to a browser
// biome-ignore-all lint/a11y/useFocusableInteractive: as above; the links and buttons in the cells take the focus
import { useMediaQuery } from '@mantine/hooks';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import type { Rule } from '../../api/detection';
import { IconArrowDown } from '../../icons';
import { type Layout, RuleRow } from './RuleRow';
import classes from './Rules.module.css';

type Props = {
  rules: Rule[];
  at: number;
  sort: string;
  setSort: (sort: string) => void;
  show: (id: string) => void;
  preview: boolean;
};

type Head = { name: string; sort?: string; right?: boolean; title?: string };
const heads: Head[] = [
  { name: 'Level', sort: 'level' },
  { name: 'Rule', sort: 'title' },
  { name: 'State', sort: 'state' },
  { name: 'Hits, 7 days', sort: 'hits', right: true },
  { name: 'Last hit (UTC)', sort: 'last_hit', right: true },
  {
    name: 'False positives',
    sort: 'false_positives',
    right: true,
    title: 'Share of judged cases that were false; from five verdicts on',
  },
  { name: 'Cost', sort: 'cost', right: true, title: 'CPU time for an event; sorted by the time in all' },
  { name: 'Pack' },
];

/** Only the rows in view exist. */
export function RuleTable({ rules, at, sort, setSort, show, preview }: Props) {
  const phone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const layout: Layout = phone ? 'phone' : preview ? 'beside' : 'wide';
  const scroller = useRef<HTMLDivElement>(null);
  const headHeight = phone ? 0 : 33;
  const virtual = useVirtualizer({
    count: rules.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => (phone ? 84 : 44),
    getItemKey: (i) => rules[i]?.id ?? i,
    overscan: 8,
    // The heads stand above the rows, and stay over them.
    scrollMargin: headHeight,
    scrollPaddingStart: headHeight,
  });
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at);
  }, [at, virtual]);
  // Another order or another filter begins at the top.
  const first = rules[0]?.id;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the first row stands for order and filter
  useEffect(() => {
    if (at < 0) scroller.current?.scrollTo({ top: 0 });
  }, [first, sort]);

  const beside = layout === 'beside';
  return (
    <section
      ref={scroller}
      className={`panel panel-tight ${classes.scroller}`}
      aria-label="Rules"
      tabIndex={0}
    >
      <div role="table" aria-label="Rules" aria-rowcount={rules.length + 1} className={classes.table}>
        <div role="rowgroup" className={phone ? 'visually-hidden' : classes.headgroup}>
          <div role="row" aria-rowindex={1} className={`${classes.head} ${beside ? classes.beside : ''}`}>
            {(phone ? heads.slice(1, 3) : beside ? heads.slice(0, 5) : heads).map((h) => (
              <span
                key={h.name}
                role="columnheader"
                className={h.right ? 'right' : undefined}
                title={h.title}
                aria-sort={h.sort === sort ? (h.sort === 'title' ? 'ascending' : 'descending') : undefined}
              >
                {h.sort && !phone ? (
                  <button type="button" className={classes.sort} onClick={() => setSort(h.sort ?? '')}>
                    {h.name}
                    {h.sort === sort && <IconArrowDown size={12} aria-hidden />}
                  </button>
                ) : (
                  h.name
                )}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((v) => {
            const rule = rules[v.index];
            if (!rule) return null;
            return (
              <div
                key={v.key}
                ref={virtual.measureElement}
                data-index={v.index}
                className={classes.item}
                role="presentation"
                style={{ transform: `translateY(${v.start - headHeight}px)` }}
              >
                <RuleRow rule={rule} at={v.index} on={v.index === at} layout={layout} show={show} />
              </div>
            );
          })}
        </div>
      </div>
    </section>
  );
}
