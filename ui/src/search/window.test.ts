import { expect, test } from 'vitest';
import { charOffset, fixed, instant } from './window';

const now = Date.parse('2026-11-22T05:00:00Z');
const iso = (text: string) => {
  const t = instant(text, now);
  return t === null ? null : new Date(t).toISOString();
};

test('relative and fixed times', () => {
  expect(iso('now')).toBe('2026-11-22T05:00:00.000Z');
  expect(iso('now-15m')).toBe('2026-11-22T04:45:00.000Z');
  expect(iso('now-7d')).toBe('2026-11-15T05:00:00.000Z');
  expect(iso('2026-11-20')).toBe('2026-11-20T00:00:00.000Z');
  expect(iso('2026-11-20T10:00')).toBe('2026-11-20T10:00:00.000Z');
  expect(iso('2026-11-20T10:00:00+01:00')).toBe('2026-11-20T09:00:00.000Z');
  expect(iso('yesterday')).toBeNull();
  expect(iso('now-x')).toBeNull();
});

test('a window has two ends in order, a day by default', () => {
  expect(fixed(undefined, undefined, now)).toEqual({
    from: '2026-11-21T05:00:00.000Z',
    to: '2026-11-22T05:00:00.000Z',
  });
  expect(fixed('2026-11-20', '2026-11-19', now)).toEqual({
    from: '2026-11-19T00:00:00.000Z',
    to: '2026-11-20T00:00:00.000Z',
  });
  expect(fixed('rubbish', 'now', now).from).toBe('2026-11-21T05:00:00.000Z');
});

test('an offset in bytes finds its character', () => {
  const finds = (text: string, bytes: number, at: number) => expect(charOffset(text, bytes)).toBe(at);
  finds('user:x', 5, 5);
  finds('ü:x', 3, 2);
  finds('🙂 a', 5, 3);
  finds('ab', 9, 2);
});
