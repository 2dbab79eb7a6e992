import { expect, test } from 'vitest';
import { every, keptRange, rangeOf, span } from './range';

test('the window of a search is kept and comes back the same', () => {
  expect(keptRange(undefined, undefined)).toEqual({ range: '24h', from: '', to: '' });
  expect(keptRange('now-7d', 'now')).toEqual({ range: '7d', from: '', to: '' });
  expect(keptRange('now-2d', 'now-1d')).toEqual({ range: '', from: 'now-2d', to: 'now-1d' });
  const fixed = { range: '', from: '2026-11-22T01:00:00Z', to: '2026-11-22T02:00:00Z' };
  expect(keptRange(fixed.from, fixed.to)).toEqual(fixed);
  expect(rangeOf(fixed)).toEqual({ from: fixed.from, to: fixed.to });
  expect(rangeOf(keptRange('now-7d', undefined))).toEqual({ from: 'now-7d', to: undefined });
});

test('a plan is said in words', () => {
  expect([60, 300, 3600, 7200, 86400, 90].map(every)).toEqual([
    'every minute',
    'every 5 min',
    'every hour',
    'every 2 h',
    'every day',
    'every 90 s',
  ]);
  expect([300, 3600, 86400, 172800].map(span)).toEqual(['5 min', '1 h', '24 h', '2 d']);
});
