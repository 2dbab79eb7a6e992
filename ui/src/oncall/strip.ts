import type { Shift } from '../api/types';

/** Where a shift stands in a window, in percent; null when it is outside. */
export function place(
  s: Pick<Shift, 'starts' | 'ends'>,
  from: number,
  to: number,
): { left: number; width: number } | null {
  const a = Math.max(Date.parse(s.starts), from);
  const b = Math.min(Date.parse(s.ends), to);
  if (!(b > a)) return null;
  return { left: (100 * (a - from)) / (to - from), width: (100 * (b - a)) / (to - from) };
}

/** The same person has the same of six tones on every strip. */
export function toneOf(id: string): number {
  let h = 0;
  for (const ch of id) h = (h * 31 + (ch.codePointAt(0) ?? 0)) >>> 0;
  return h % 6;
}
