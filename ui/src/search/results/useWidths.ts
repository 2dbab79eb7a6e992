import { useCallback, useMemo, useState } from 'react';
import { clampWidth, timeWidth, usualWidth } from './cells';

const storageKey = 'tocsin.search.widths';
type Widths = Record<string, number>;

function stored(): Widths {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(storageKey) ?? '{}');
    return typeof found === 'object' && found !== null ? (found as Widths) : {};
  } catch {
    return {};
  }
}

/** How wide each column is, kept in this browser. The message takes what is left. */
export function useWidths(cols: string[]) {
  const [own, setOwn] = useState(stored);
  const width = (name: string) =>
    clampWidth(Number(own[name]) || (name === 'time' ? timeWidth : usualWidth(name)));
  const set = useCallback((name: string, to: number) => {
    setOwn((old) => {
      const next = { ...old, [name]: clampWidth(to) };
      localStorage.setItem(storageKey, JSON.stringify(next));
      return next;
    });
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: width reads own
  const grid = useMemo(
    () => `30px ${['time', ...cols].map((c) => `${width(c)}px`).join(' ')} minmax(260px, 1fr)`,
    [cols, own],
  );
  const least = 330 + ['time', ...cols].reduce((sum, c) => sum + width(c) + 12, 0);
  return { width, set, grid, least };
}
