import { expect, test } from 'vitest';
import type { Buckets } from '../api/search';
import { barAt, filled, marks, placed, pressed, spanCount, spanTimes } from './brush';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 5, minute)).toISOString();
const h: Buckets = {
  interval_ms: 60_000,
  buckets: [0, 1, 2, 3].map((i) => ({ start: at(i), count: i + 1, failure: i % 2 })),
};

test('a place of the plot is a bar, also outside of it', () => {
  expect(barAt(0, 400, 4)).toBe(0);
  expect(barAt(99.9, 400, 4)).toBe(0);
  expect(barAt(100, 400, 4)).toBe(1);
  expect(barAt(400, 400, 4)).toBe(3);
  expect(barAt(-20, 400, 4)).toBe(0);
  expect(barAt(900, 400, 4)).toBe(3);
  expect(barAt(5, 0, 4)).toBe(0);
});

test('a span is whole bars, whichever way it was dragged', () => {
  for (const s of [
    { anchor: 1, head: 2 },
    { anchor: 2, head: 1 },
  ]) {
    expect(spanTimes(h, s)).toEqual({ from: at(1), to: at(3) });
    expect(spanCount(h, s)).toEqual({ count: 5, failure: 1 });
    expect(placed(s, 4)).toEqual({ left: 25, width: 50 });
  }
  expect(spanTimes(h, { anchor: 3, head: 3 })).toEqual({ from: at(3), to: at(4) });
  expect(spanTimes(h, { anchor: 9, head: 9 })).toBeNull();
});

test('the arrows move it, and stretch it with Shift', () => {
  expect(pressed('ArrowLeft', false, null, 4)).toEqual({ anchor: 3, head: 3 });
  expect(pressed('ArrowRight', false, null, 4)).toEqual({ anchor: 0, head: 0 });
  expect(pressed('ArrowLeft', false, { anchor: 3, head: 3 }, 4)).toEqual({ anchor: 2, head: 2 });
  expect(pressed('ArrowLeft', true, { anchor: 3, head: 3 }, 4)).toEqual({ anchor: 3, head: 2 });
  expect(pressed('ArrowLeft', false, { anchor: 3, head: 0 }, 4)).toEqual({ anchor: 0, head: 0 });
  expect(pressed('End', true, { anchor: 1, head: 1 }, 4)).toEqual({ anchor: 1, head: 3 });
  expect(pressed('a', false, null, 4)).toBeNull();
  expect(pressed('ArrowLeft', false, null, 0)).toBeNull();
});

test('empty buckets that the server leaves out stand where their time is', () => {
  const sparse: Buckets = { interval_ms: 60_000, buckets: [{ start: at(2), count: 3, failure: 0 }] };
  const all = filled(sparse, at(0), at(5));
  expect(all.buckets.map((b) => b.count)).toEqual([0, 0, 3, 0, 0]);
  expect(all.buckets[0]?.start).toBe(at(0));
  expect(filled(h, at(0), at(4)).buckets).toEqual(h.buckets);
  const odd: Buckets = {
    interval_ms: 60_000,
    buckets: [...sparse.buckets, { start: '2026-11-22T05:03:17.000Z', count: 1, failure: 0 }],
  };
  expect(filled(odd, at(0), at(5))).toBe(odd);
});

test('marks are round times', () => {
  const from = Date.UTC(2026, 10, 21, 22, 10);
  expect(marks(from, from + 6 * 3600e3, 6).map((m) => m.label)).toEqual([
    '23:00',
    '11-22',
    '01:00',
    '02:00',
    '03:00',
    '04:00',
  ]);
  expect(marks(from, from + 60e3, 6).map((m) => m.label)).toContain('22:10:15');
});
