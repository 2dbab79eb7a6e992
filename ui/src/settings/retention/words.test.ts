import { expect, test } from 'vitest';
import type { Change, KeepClass } from '../../api/retention';
import { next, parts, used } from './words';

const now = Date.parse('2026-11-22T00:00:00Z');
const keep = (o: Partial<KeepClass>): KeepClass => ({
  name: 'x',
  days: 0,
  max_bytes: 0,
  floor_days: 0,
  bytes: 0,
  events: 0,
  segments: 0,
  held_segments: 0,
  oldest: '',
  newest: '',
  removed: false,
  ...o,
});
const change = (o: Partial<Change>): Change => ({
  id: 'c',
  kind: 'class',
  detail: '',
  before: null,
  after: null,
  shortens: true,
  by: 'ann',
  by_name: 'Ann',
  at: '',
  reason: '',
  state: 'pending',
  approved_by: null,
  approved_at: '',
  effective: '',
  ended_by: null,
  ended_at: '',
  ended_reason: '',
  ...o,
});

test('a class is as full as the nearer of its limits says', () => {
  expect(used(keep({}), now)).toBeNull();
  expect(used(keep({ max_bytes: 100, bytes: 25 }), now)?.part).toBe(0.25);
  const both = keep({ max_bytes: 100, bytes: 25, days: 10, oldest: '2026-11-17T00:00:00Z' });
  expect(used(both, now)).toEqual({ part: 0.5, of: '10 days' });
  expect(used({ ...both, oldest: '2025-01-01T00:00:00Z' }, now)?.part).toBe(1);
});

test('who asked for a change cannot approve it', () => {
  expect(next(change({}), 'ann', true)).toMatchObject({ approve: false, reject: false, cancel: true });
  expect(next(change({}), 'bob', true)).toMatchObject({ approve: true, reject: true, cancel: false });
  expect(next(change({}), 'bob', false)).toMatchObject({ approve: false, reject: false, cancel: false });
});

test('an approved change can be cancelled until it takes effect, an ended one not', () => {
  expect(next(change({ state: 'waiting' }), 'bob', true)).toMatchObject({ approve: false, cancel: true });
  expect(next(change({ state: 'applied' }), 'bob', true).cancel).toBe(false);
  const rejected = change({
    state: 'rejected',
    ended_by: { id: 'b', name: 'Bob' },
    ended_reason: 'Too short',
  });
  expect(next(rejected, 'ann', true).text).toBe('Rejected by Bob: Too short');
});

test('only what differs is said', () => {
  expect(parts({ before: { days: 30, max_bytes: 0 }, after: { days: 7, max_bytes: 0 } })).toEqual([
    { name: 'kept', before: '30 days', after: '7 days' },
  ]);
  expect(parts({ before: null, after: { source: 'vpn', source_type: '', class: 'short' } })).toEqual([
    { name: 'source', before: '–', after: 'vpn' },
    { name: 'source type', before: '–', after: 'any' },
    { name: 'class', before: '–', after: 'short' },
  ]);
});
