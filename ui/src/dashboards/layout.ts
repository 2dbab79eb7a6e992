// Where panels stand in twelve columns. Every panel rests on what is above it, so there are no holes
// to look after and none ever covers another.
import type { DashPanel } from '../api/dashboards';

export const gridColumns = 12;
export const [leastWidth, leastHeight, mostHeight] = [2, 2, 20];

type Box = Pick<DashPanel, 'id' | 'x' | 'y' | 'w' | 'h'>;

const clamp = (n: number, low: number, high: number): number => Math.max(low, Math.min(high, n));
const middle = (b: Box): number => b.y + b.h / 2;
const meet = (a: Box, b: Box): boolean => a.x < b.x + b.w && b.x < a.x + a.w;

export function within<B extends Box>(b: B): B {
  const w = clamp(Math.round(b.w), leastWidth, gridColumns);
  const h = clamp(Math.round(b.h), leastHeight, mostHeight);
  return { ...b, w, h, x: clamp(Math.round(b.x), 0, gridColumns - w) };
}

/**
 * Lets all fall upwards, in the order of their middles; the list comes back in reading order. One that
 * grew keeps its top, so that its neighbours make way and not it.
 */
export function settled<B extends Box>(panels: B[], grown = ''): B[] {
  const order = (b: Box) => (b.id === grown ? b.y : middle(b));
  const height = new Array<number>(gridColumns).fill(0);
  const out = panels
    .map(within)
    .sort((a, b) => order(a) - order(b) || a.x - b.x)
    .map((p) => {
      const y = Math.max(...height.slice(p.x, p.x + p.w));
      height.fill(y + p.h, p.x, p.x + p.w);
      return { ...p, y };
    });
  return out.sort((a, b) => a.y - b.y || a.x - b.x);
}

const change = <B extends Box>(panels: B[], id: string, by: (b: B) => B): B[] =>
  panels.map((p) => (p.id === id ? by(p) : p));

/** To a place, as the pointer says it. */
export const movedTo = <B extends Box>(panels: B[], id: string, x: number, y: number): B[] =>
  settled(change(panels, id, (p) => ({ ...p, x, y })));

export const resized = <B extends Box>(panels: B[], id: string, w: number, h: number): B[] =>
  settled(
    change(panels, id, (p) => ({ ...p, w: Math.min(w, gridColumns - p.x), h })),
    id,
  );

export type Arrow = 'ArrowLeft' | 'ArrowRight' | 'ArrowUp' | 'ArrowDown';
export const isArrow = (key: string): key is Arrow => /^Arrow(Left|Right|Up|Down)$/.test(key);

/** One step by key: sideways by a column, up and down past the neighbour. */
export function stepped<B extends Box>(panels: B[], id: string, key: Arrow): B[] {
  const p = panels.find((b) => b.id === id);
  if (!p) return panels;
  if (key === 'ArrowLeft') return movedTo(panels, id, p.x - 1, p.y);
  if (key === 'ArrowRight') return movedTo(panels, id, p.x + 1, p.y);
  const up = key === 'ArrowUp';
  const next = panels
    .filter((b) => b.id !== id && meet(b, p) && (up ? middle(b) < middle(p) : middle(b) > middle(p)))
    .sort((a, b) => (up ? middle(b) - middle(a) : middle(a) - middle(b)))[0];
  if (!next) return panels;
  const y = middle(next) - p.h / 2 + (up ? -0.5 : 0.5);
  return movedTo(panels, id, p.x, y);
}

/** Larger or smaller by one, by key. */
export function stretched<B extends Box>(panels: B[], id: string, key: Arrow): B[] {
  const p = panels.find((b) => b.id === id);
  if (!p) return panels;
  const by = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  return resized(panels, id, p.w + (by[0] ?? 0), p.h + (by[1] ?? 0));
}

/** Below all others. */
export const bottom = (panels: Box[]): number => Math.max(0, ...panels.map((p) => p.y + p.h));
