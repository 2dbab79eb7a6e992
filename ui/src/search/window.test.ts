import { expect, test } from 'vitest';
import { around, byteOffset, charOffset, fixed, instant, shifted, widened, windowName } from './window';

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

test('bytes and characters point at the same place', () => {
  for (const text of ['', 'user:x', 'ü:🙂 a', '日本'])
    for (const [at] of [...text].entries()) {
      const chars = [...text].slice(0, at).join('').length;
      expect(charOffset(text, byteOffset(text, chars))).toBe(chars);
    }
});

test('a window moves by its own width and widens about its middle', () => {
  const from = '2026-11-22T02:00:00.000Z';
  const to = '2026-11-22T03:00:00.000Z';
  expect(shifted(from, to, -1)).toEqual({ from: '2026-11-22T01:00:00.000Z', to: from });
  expect(shifted(from, to, 1)).toEqual({ from: to, to: '2026-11-22T04:00:00.000Z' });
  expect(widened(from, to, now)).toEqual({
    from: '2026-11-22T01:30:00.000Z',
    to: '2026-11-22T03:30:00.000Z',
  });
  expect(widened(from, to, Date.parse(to))).toEqual({ from: '2026-11-22T01:00:00.000Z', to });
  expect(around(from)).toEqual({ from: '2026-11-22T01:45:00.000Z', to: '2026-11-22T02:15:00.000Z' });
});

test('a window has a short name', () => {
  const named = (from: string | undefined, to: string | undefined, want: string) =>
    expect(windowName(from, to, now)).toBe(want);
  named(undefined, undefined, 'Last 24 hours');
  named('now-7d', 'now', 'Last 7 days');
  named('now-36h', undefined, 'Last 36 hours');
  named('2026-11-22T01:00:00Z', '2026-11-22T03:00:00Z', '2026-11-22 01:00 – 03:00');
  named('2026-11-22T01:00:00Z', '2026-11-22T01:05:00Z', '2026-11-22 01:00:00 – 01:05:00');
  named('2026-11-21T01:00:00Z', '2026-11-22T03:00:00Z', '2026-11-21 01:00 – 2026-11-22 03:00');
});
