import { expect, test } from 'vitest';
import { fromWall, isZone, offsetName, toWall } from './zone';

const iso = (wall: string, zone: string) => {
  const at = fromWall(wall, zone);
  return at === null ? null : new Date(at).toISOString();
};

test('a time on the wall is an instant', () => {
  expect(iso('2026-11-22T06:00', 'UTC')).toBe('2026-11-22T06:00:00.000Z');
  expect(iso('2026-11-22T06:00', 'Europe/Prague')).toBe('2026-11-22T05:00:00.000Z');
  expect(iso('2026-07-22T06:00', 'Europe/Prague')).toBe('2026-07-22T04:00:00.000Z');
  expect(iso('2026-11-22T06:00', 'Asia/Kathmandu')).toBe('2026-11-22T00:15:00.000Z');
  expect(iso('', 'UTC')).toBeNull();
  expect(iso('soon', 'UTC')).toBeNull();
});

test('the hour that is skipped becomes the one after, the one that comes twice is the first', () => {
  expect(iso('2026-03-29T02:30', 'Europe/Prague')).toBe('2026-03-29T01:30:00.000Z');
  expect(iso('2026-10-25T02:30', 'Europe/Prague')).toBe('2026-10-25T00:30:00.000Z');
});

test('there and back', () => {
  for (const zone of ['UTC', 'Europe/Prague', 'America/St_Johns', 'Pacific/Apia'])
    for (const wall of ['2026-01-01T00:00', '2026-06-30T23:59', '2026-12-31T12:30'])
      expect(toWall(fromWall(wall, zone) ?? 0, zone)).toBe(wall);
});

test('zones have names and offsets', () => {
  expect(isZone('Europe/Prague')).toBe(true);
  expect(isZone('Mars/Olympus')).toBe(false);
  expect(offsetName(Date.parse('2026-07-01T00:00:00Z'), 'Europe/Prague')).toBe('UTC+02:00');
  expect(offsetName(0, 'UTC')).toBe('UTC');
});
