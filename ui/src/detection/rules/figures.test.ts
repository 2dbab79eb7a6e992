import { expect, test } from 'vitest';
import { asSentence, byDay, costText, nanos, rateText, sparkPath, verdictsText } from './figures';

const now = Date.parse('2026-03-10T15:00:00Z');

test('a rate needs five verdicts', () => {
  const v = { verdicts: 4, false: 4, harmless: 0, rate: null, enough: false };
  expect(rateText(v)).toBe('not enough verdicts');
  expect(rateText({ ...v, verdicts: 8, false: 2, rate: 0.25, enough: true })).toBe('25 %');
  expect(verdictsText(v)).toBe('4 false, 0 benign or authorised of 4 judged cases');
});

test('days without a hit are there too; others fall out', () => {
  const days = byDay(
    [
      { start: '2026-03-08T00:00:00Z', hits: 2 },
      { start: '2026-03-10T09:00:00Z', hits: 1 },
      { start: '2026-01-01T00:00:00Z', hits: 99 },
    ],
    4,
    now,
  );
  expect(days.map((d) => d.hits)).toEqual([0, 2, 0, 1]);
  expect(new Date(days[0]?.start ?? 0).toISOString()).toBe('2026-03-07T00:00:00.000Z');
});

test('CPU time has a unit that fits', () => {
  expect([0, 4.2, 640, 4200, 2.5e6, 3e9].map(nanos)).toEqual([
    '–',
    '4.2 ns',
    '640 ns',
    '4.2 µs',
    '2.5 ms',
    '3.0 s',
  ]);
  expect(costText({ evaluations: 0, matches: 0, nanos: 0, nanos_per_event: 0 })).toBe('not measured yet');
});

test('a bar that is small can still be seen', () => {
  expect(sparkPath([0, 1, 100], 30, 10)).toBe('M10.0 10v-1.5h9.0v1.5zM20.0 10v-10.0h9.0v10.0z');
});

test('a reason becomes a sentence, once', () => {
  expect(asSentence('it has fired')).toBe('It has fired.');
  expect(asSentence('Too loud.')).toBe('Too loud.');
  expect(asSentence('')).toBe('');
});
