import { expect, test } from 'vitest';
import { queryOfEvents } from './events';

const times = ['2026-01-01T00:00:30Z', '2026-01-01T00:02:00Z'] as const;

test('a search for the exact events reaches a minute past both ends', () => {
  expect(queryOfEvents(['a', 'b'], ...times)).toEqual({
    q: 'id:(a or b)',
    from: '2025-12-31T23:59:30.000Z',
    to: '2026-01-01T00:03:00.000Z',
    all: true,
  });
  expect(queryOfEvents(['a'], ...times)?.q).toBe('id:a');
  expect(queryOfEvents([], ...times)).toBeNull();
});

test('too many are cut, and that is known', () => {
  const ids = Array.from({ length: 400 }, (_, i) => `e${i}`);
  const s = queryOfEvents(ids, ...times);
  expect(s?.all).toBe(false);
  expect(s?.q.split(' or ').length).toBe(150);
});
