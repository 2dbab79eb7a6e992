import { useCallback, useRef, useState } from 'react';
import { useKeys } from './useKeys';

/**
 * Moving through a list by key. The row that has been moved to keeps its place
 * by identity, so new rows above do not shift it. `first` is where it begins.
 */
export function useList<T extends { id: string }>(items: T[], open: (item: T) => void, first?: string) {
  const [moved, setCurrent] = useState<string | null>(null);
  const current = moved ?? first ?? null;
  const rows = useRef(new Map<number, HTMLElement>());
  const at = current === null ? -1 : items.findIndex((i) => i.id === current);

  const move = (to: number) => {
    const next = items[Math.max(0, Math.min(items.length - 1, to))];
    if (!next) return;
    setCurrent(next.id);
    rows.current.get(items.indexOf(next))?.scrollIntoView({ block: 'nearest' });
  };
  const item = items[at];

  useKeys([
    { keys: 'j', label: 'Next row', group: 'Move', run: () => move(at + 1) },
    { keys: 'k', label: 'Row before', group: 'Move', run: () => move(at < 0 ? 0 : at - 1) },
    { keys: 'ArrowDown', label: 'Next row', group: 'Move', run: () => move(at + 1) },
    { keys: 'ArrowUp', label: 'Row before', group: 'Move', run: () => move(at < 0 ? 0 : at - 1) },
    { keys: 'Enter', label: 'Open the row', group: 'Move', run: () => item && open(item) },
  ]);

  const rowRef = useCallback(
    (i: number) => (el: HTMLElement | null) => {
      if (el) rows.current.set(i, el);
      else rows.current.delete(i);
    },
    [],
  );
  return { at, item, setCurrent, rowRef, move };
}
