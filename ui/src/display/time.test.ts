import { expect, test } from 'vitest';
import { age, countdown, duration, fromInput, toInput, utc, utcClock, utcDay, utcMillis } from './time';

const now = Date.parse('2026-11-22T05:00:00Z');

test('times are shown in UTC, whatever zone they came with', () => {
  const shows = (iso: string, want: string) => expect(utc(iso)).toBe(want);
  shows('2026-11-22T05:00:12Z', '2026-11-22 05:00:12');
  shows('2026-11-22T05:00:12+02:00', '2026-11-22 03:00:12');
  shows('2026-01-01T00:30:00+01:00', '2025-12-31 23:30:00');
  shows('', '');
  shows('nonsense', '');
  expect(utcDay('2026-01-01T00:30:00+01:00')).toBe('2025-12-31');
  expect(utcClock('2026-11-22T05:07:12Z')).toBe('05:07');
  expect(utcMillis('2026-11-22T05:00:12.5Z')).toBe('2026-11-22 05:00:12.500');
});

test('a duration has at most the two largest units', () => {
  const shows = (ms: number, want: string) => expect(duration(ms)).toBe(want);
  shows(0, '0 s');
  shows(12_000, '12 s');
  shows(3 * 60_000 + 20_000, '3 min 20 s');
  shows(20 * 60_000 + 20_000, '20 min');
  shows(3_600_000, '1 h');
  shows(2 * 86_400_000 + 4 * 3_600_000 + 59_000, '2 d 4 h');
  shows(-90_000, '1 min 30 s');
});

test('an age names minutes, not the seconds beside them', () => {
  const shows = (iso: string, want: string) => expect(age(iso, now)).toBe(want);
  shows('2026-11-22T04:59:58Z', 'just now');
  shows('2026-11-22T04:59:18Z', '42 s ago');
  shows('2026-11-22T04:56:40Z', '3 min ago');
  shows('2026-11-22T07:00:00Z', 'in 2 h');
  shows('', '');
});

test('a countdown says when it is late and when it is near', () => {
  expect(countdown('', now)).toBeNull();
  expect(countdown('2026-11-22T06:00:00Z', now)).toEqual({ text: '1 h left', tone: 'calm' });
  expect(countdown('2026-11-22T05:10:00Z', now)).toEqual({ text: '10 min left', tone: 'soon' });
  expect(countdown('2026-11-22T04:48:00Z', now)).toEqual({ text: '12 min late', tone: 'late' });
});

test('an input of date and time is read as UTC', () => {
  expect(fromInput('2026-11-22T05:30')).toBe('2026-11-22T05:30:00.000Z');
  expect(toInput('2026-11-22T06:30:00+01:00')).toBe('2026-11-22T05:30');
  expect(fromInput('')).toBe('');
});
