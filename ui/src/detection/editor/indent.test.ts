import { expect, test } from 'vitest';
import { indent } from './indent';

test('the line of the cursor moves, and the cursor with it', () => {
  expect(indent('a:\nb: 1', 5, 5, true)).toEqual({ text: 'a:\n  b: 1', start: 7, end: 7 });
  expect(indent('a:\n  b: 1', 7, 7, false)).toEqual({ text: 'a:\nb: 1', start: 5, end: 5 });
});

test('every line of a selection moves, but not one that it only touches', () => {
  expect(indent('a\nb\nc', 0, 4, true).text).toBe('  a\n  b\nc');
  expect(indent('  a\n b\nc', 0, 6, false).text).toBe('a\nb\nc');
});

test('nothing to take away leaves the text as it is', () => {
  expect(indent('a', 0, 1, false)).toEqual({ text: 'a', start: 0, end: 1 });
});
