import { expect, test } from 'vitest';
import type { Suggestion } from '../api/search';
import { accepted, chosen, rebased } from './suggest';
import { byteOffset } from './window';

const suggests = (text: string, part: string, insert: string): Suggestion => {
  const at = text.indexOf(part);
  return {
    insert,
    label: insert,
    kind: 'field',
    detail: '',
    start: byteOffset(text, at),
    end: byteOffset(text, at + part.length),
  };
};

test('what is being written is replaced and the rest stays', () => {
  const text = 'failed use src.ip:10.0.0.1';
  expect(accepted(text, suggests(text, 'use', 'user.name:'))).toEqual({
    text: 'failed user.name: src.ip:10.0.0.1',
    caret: 'failed user.name:'.length,
  });
});

test('places are bytes, so letters of more than one byte do not shift them', () => {
  const text = 'žluťoučký 🙂 us';
  expect(accepted(text, suggests(text, 'us', 'user.name:')).text).toBe('žluťoučký 🙂 user.name:');
});

test('nothing is replaced where start and end are the same, or the wrong way round', () => {
  const s = (start: number, end: number): Suggestion => ({ ...suggests('', '', '| count'), start, end });
  expect(accepted('a ', s(2, 2))).toEqual({ text: 'a | count', caret: 9 });
  expect(accepted('abc', s(2, 0)).text).toBe('ab| countc');
  expect(accepted('abc', s(99, 99)).text).toBe('abc| count');
});

test('the arrows go round through none', () => {
  expect(chosen(-1, 3, 1)).toBe(0);
  expect(chosen(2, 3, 1)).toBe(-1);
  expect(chosen(-1, 3, -1)).toBe(2);
  expect(chosen(0, 3, -1)).toBe(-1);
  expect(chosen(-1, 0, 1)).toBe(-1);
});

test('the last answer serves on while a word grows', () => {
  const asked = { text: 'ü us and x', caret: 4 };
  const list = [suggests(asked.text, 'us', 'user.name:'), suggests(asked.text, 'us', 'status:')];
  const grown = { text: 'ü use and x', caret: 5 };
  const now = rebased(list, asked, grown);
  expect(now.map((s) => s.insert)).toEqual(['user.name:']);
  expect(now.map((s) => accepted(grown.text, s).text)).toEqual(['ü user.name: and x']);
  expect(rebased(list, asked, asked)).toBe(list);
  expect(rebased(list, asked, { text: 'ü us  and x', caret: 5 })).toEqual([]);
  expect(rebased(list, asked, { text: 'something else', caret: 3 })).toEqual([]);
});
