import { expect, test } from 'vitest';
import { place, toneOf } from './strip';

const at = (h: number) => new Date(h * 3_600_000).toISOString();
const shift = (a: number, b: number) => ({ starts: at(a), ends: at(b) });
const hours = (n: number) => n * 3_600_000;

test('a shift is cut to the window that is shown', () => {
  expect(place(shift(0, 5), 0, hours(10))).toEqual({ left: 0, width: 50 });
  expect(place(shift(-5, 5), 0, hours(10))).toEqual({ left: 0, width: 50 });
  expect(place(shift(5, 50), 0, hours(10))).toEqual({ left: 50, width: 50 });
  expect(place(shift(20, 30), 0, hours(10))).toBeNull();
  expect(place(shift(5, 5), 0, hours(10))).toBeNull();
});

test('a person keeps one tone', () => {
  expect(toneOf('p1')).toBe(toneOf('p1'));
  expect(toneOf('anyone')).toBeLessThan(6);
});
