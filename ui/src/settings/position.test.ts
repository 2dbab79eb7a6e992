import { expect, test } from 'vitest';
import { positionOf } from './position';

test('a line and column find their place', () => {
  const text = 'one\ntwo three\n\nfour';
  const finds = (line: number, column: number, at: number) => expect(positionOf(text, line, column)).toBe(at);
  finds(1, 1, 0);
  finds(2, 5, 8);
  finds(2, 99, 13);
  finds(3, 1, 14);
  finds(4, 1, 15);
  finds(9, 1, text.length);
  finds(1, 0, 0);
});
