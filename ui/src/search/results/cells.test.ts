import { expect, test } from 'vitest';
import type { EventRow } from '../../api/types';
import { cellValue, clampWidth, isBinary } from './cells';

const row = {
  id: '1',
  source: 'vpn',
  columns: { 'user.name': 'alice', 'http.status': 0 },
  fields: { EventData: { LogonType: 3, Groups: ['a', 'b'] }, 'a.b': 'dotted', flag: false, none: null },
} as unknown as EventRow;

test('a column is part of the envelope, understood, or the own field of the source', () => {
  const is = (name: string, want: string) => expect(cellValue(row, name)).toBe(want);
  is('source', 'vpn');
  is('user.name', 'alice');
  is('http.status', '0');
  is('EventData.LogonType', '3');
  is('EventData.Groups', '["a","b"]');
  is('a.b', 'dotted');
  is('flag', 'false');
  is('none', '');
  is('EventData.LogonType.deeper', '');
  is('absent', '');
  is('toString', '');
});

test('an original that is no text is known as such', () => {
  expect(isBinary({ ...row, raw_base64: '' } as EventRow)).toBe(false);
  expect(isBinary({ ...row, raw_base64: 'AAE=' } as EventRow)).toBe(true);
});

test('a width stays within reason', () => {
  expect([clampWidth(3), clampWidth(120.4), clampWidth(5000)]).toEqual([60, 120, 900]);
});
