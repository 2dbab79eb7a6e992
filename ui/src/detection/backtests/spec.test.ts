import { expect, test } from 'vitest';
import { estimate, part, perDay, spread, subject } from './spec';

const at = (iso: string) => Date.parse(iso);

test('a back-test is named by what it tries', () => {
  const spec = { from: '', to: '' };
  expect(subject({ spec: { ...spec, kind: 'pack', pack: 'core', version: '2' } })).toBe('core 2');
  expect(subject({ spec: { ...spec, kind: 'rule', rule_yaml: "id: 1\ntitle: 'Odd: login'\n" } })).toBe(
    'Odd: login',
  );
  expect(subject({ spec: { ...spec, kind: 'rule', rule_yaml: 'x' } })).toBe('A draft');
  expect(subject({ spec: { ...spec, kind: 'set' } })).toBe('The rules in use');
});

test('progress is not claimed where it is not known', () => {
  const b = { state: 'running' as const, progress: { read: 50, about: 0, at: '' } };
  expect(part(b)).toBeNull();
  expect(part({ ...b, progress: { read: 50, about: 200, at: '' } })).toBe(0.25);
  expect(part({ ...b, progress: { read: 300, about: 200, at: '' } })).toBe(1);
  expect(part({ ...b, state: 'done' })).toBe(1);
});

test('the rest is estimated once there is something to go by', () => {
  const started = '2026-01-01T00:00:00Z';
  const b = { state: 'running' as const, progress: { read: 1, about: 4, at: '' }, started };
  expect(estimate(b, at(started) + 1000)).toBe('');
  expect(estimate(b, at(started) + 10_000)).toBe('about 30 s left');
  expect(estimate({ ...b, state: 'done' }, at(started) + 10_000)).toBe('');
});

test('time is cut into bars of an even width', () => {
  const { width, bars } = spread(
    [
      { start: '2026-01-02T01:00:00Z', hits: 2, hits_active: 1 },
      { start: '2026-01-02T02:00:00Z', hits: 3, hits_active: 0 },
    ],
    '2026-01-01T00:00:00Z',
    '2026-01-08T00:00:00Z',
  );
  expect(width).toBe(4 * 3_600_000);
  expect(bars.length).toBe(42);
  expect(bars[6]).toEqual({ start: at('2026-01-02T00:00:00Z'), value: 5, second: 1 });
});

test('a rate is not said more exactly than it is', () => {
  expect([0, 0.01, 3.1666, 41.6].map(perDay)).toEqual(['0', 'under 0.1', '3.2', '42']);
});
