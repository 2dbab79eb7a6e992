// Choosing a span of a histogram: by dragging over its bars, or with the arrow keys.
import type { Buckets } from '../api/search';

/** Bars chosen, both ends included; anchor is where it began, head what moves. */
export type Span = { anchor: number; head: number };

const clamp = (n: number, max: number): number => Math.max(0, Math.min(max, n));

/** The bar under a place of the plot, from 0 to count-1. */
export function barAt(x: number, width: number, count: number): number {
  if (width <= 0 || count <= 0) return 0;
  return clamp(Math.floor((x / width) * count), count - 1);
}

export const first = (s: Span): number => Math.min(s.anchor, s.head);
export const last = (s: Span): number => Math.max(s.anchor, s.head);

/** Where the span stands in the plot, in per cent of its width. */
export function placed(s: Span, count: number): { left: number; width: number } {
  if (count <= 0) return { left: 0, width: 0 };
  return { left: (100 * first(s)) / count, width: (100 * (last(s) - first(s) + 1)) / count };
}

/** From the first bar's begin to the last one's end. */
export function spanTimes(h: Buckets, s: Span): { from: string; to: string } | null {
  const a = h.buckets[first(s)];
  const b = h.buckets[last(s)];
  if (!a || !b) return null;
  return {
    from: new Date(Date.parse(a.start)).toISOString(),
    to: new Date(Date.parse(b.start) + h.interval_ms).toISOString(),
  };
}

export function spanCount(h: Buckets, s: Span): { count: number; failure: number } {
  let count = 0;
  let failure = 0;
  for (const b of h.buckets.slice(first(s), last(s) + 1)) {
    count += b.count;
    failure += b.failure;
  }
  return { count, failure };
}

/** What a key makes of the span; null when the key is not for it. Shift stretches, a plain arrow moves. */
export function pressed(key: string, shift: boolean, s: Span | null, count: number): Span | null {
  if (count <= 0) return null;
  const max = count - 1;
  const page = Math.max(1, Math.round(count / 10));
  const from = s ?? { anchor: max, head: max };
  const to = (head: number): Span => {
    const at = clamp(head, max);
    return { anchor: shift ? from.anchor : at, head: at };
  };
  switch (key) {
    case 'ArrowLeft':
      return s ? to(from.head - 1) : from;
    case 'ArrowRight':
      return s ? to(from.head + 1) : { anchor: 0, head: 0 };
    case 'PageDown':
      return to(from.head - page);
    case 'PageUp':
      return to(from.head + page);
    case 'Home':
      return to(0);
    case 'End':
      return to(max);
  }
  return null;
}

/** The server's buckets with the empty ones between them, so that the bars stand where their time is. */
export function filled(h: Buckets, from: string, to: string): Buckets {
  const step = h.interval_ms;
  const given = h.buckets[0];
  if (step <= 0 || !given) return h;
  const counts = new Map(h.buckets.map((b) => [Date.parse(b.start), b]));
  const origin = Date.parse(given.start);
  const begin = origin - Math.ceil((origin - Date.parse(from)) / step) * step;
  const end = Math.max(Date.parse(to), ...counts.keys());
  // A server that answers with odd starts is shown as it is.
  if ((end - begin) / step > 1000) return h;
  const buckets: Buckets['buckets'] = [];
  for (let at = begin; at < end || at === end; at += step) {
    const b = counts.get(at);
    if (at === end && !b) break;
    buckets.push(b ?? { start: new Date(at).toISOString(), count: 0, failure: 0 });
  }
  return buckets.filter((b) => b.count > 0).length === h.buckets.filter((b) => b.count > 0).length
    ? { interval_ms: step, buckets }
    : h;
}

/** Round numbers of time for marks below the bars, at most `most` of them. */
const steps = [
  1e3, 5e3, 15e3, 30e3, 60e3, 300e3, 900e3, 1800e3, 3600e3, 7200e3, 10800e3, 21600e3, 43200e3, 86400e3,
  172800e3, 604800e3, 2592000e3, 7776000e3, 31536000e3,
];
export function marks(from: number, to: number, most: number): { at: number; label: string }[] {
  const step = steps.find((s) => (to - from) / s <= most) ?? 31536000e3;
  const out: { at: number; label: string }[] = [];
  for (let at = Math.ceil(from / step) * step; at <= to; at += step) {
    const iso = new Date(at).toISOString();
    const midnight = iso.slice(11, 19) === '00:00:00';
    out.push({ at, label: midnight ? iso.slice(5, 10) : iso.slice(11, step < 60e3 ? 19 : 16) });
  }
  return out;
}
