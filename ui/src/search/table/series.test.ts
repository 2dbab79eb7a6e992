import { expect, test } from 'vitest';
import type { ResultTable, TableColumn } from '../../api/search';
import { cellText, others, picture, sortedRows } from './series';

const column = (name: string, type: TableColumn['type']): TableColumn => ({ name, type });
const table = (columns: TableColumn[], rows: ResultTable['rows'], chart: ResultTable['chart'] = 'bar') => ({
  columns,
  rows,
  chart,
});
const t = (h: number) => `2026-11-22T0${h}:00:00Z`;

test('a single figure is shown as such', () => {
  expect(picture(table([column('count', 'number')], [[42]], 'none'))).toEqual({
    kind: 'figure',
    name: 'count',
    value: 42,
  });
});

test('values with their counts are bars', () => {
  const p = picture(
    table(
      [column('src.ip', 'text'), column('count', 'number'), column('percent', 'number')],
      [
        ['10.0.0.1', 5, 50],
        [null, 3, 30],
      ],
    ),
  );
  expect(p).toMatchObject({ kind: 'bars', name: 'src.ip', value: 'count' });
  expect(p?.kind === 'bars' && p.bars.map((b) => [b.label, b.value, b.row])).toEqual([
    ['10.0.0.1', 5, 0],
    ['–', 3, 1],
  ]);
});

test('counts over time are lines, whether a series is a column or a word in each row', () => {
  const wide = table(
    [column('time', 'time'), column('a', 'number'), column('b', 'number')],
    [
      [t(2), 1, 2],
      [t(1), 3, null],
    ],
    'line',
  );
  expect(picture(wide)).toEqual({
    kind: 'time',
    times: [Date.parse(t(1)), Date.parse(t(2))],
    series: [
      { name: 'a', values: [3, 1] },
      { name: 'b', values: [null, 2] },
    ],
  });
  const long = table(
    [column('time', 'time'), column('host', 'text'), column('count', 'number')],
    [
      [t(1), 'x', 1],
      [t(2), 'x', 2],
      [t(2), 'y', 7],
    ],
    'line',
  );
  expect(picture(long)).toMatchObject({
    series: [
      { name: 'x', values: [1, 2] },
      { name: 'y', values: [null, 7] },
    ],
  });
});

test('too many lines become the largest and the rest', () => {
  const rows = Array.from({ length: 30 }, (_, i) => [t(1), `h${i}`, i]);
  const p = picture(
    table([column('time', 'time'), column('h', 'text'), column('n', 'number')], rows, 'line'),
  );
  const names = p?.kind === 'time' ? p.series.map((s) => s.name) : [];
  expect(names).toHaveLength(10);
  expect(names[0]).toBe('h29');
  expect(names.at(-1)).toBe(others);
  const total = p?.kind === 'time' ? p.series.reduce((n, s) => n + (s.values[0] ?? 0), 0) : 0;
  expect(total).toBe((29 * 30) / 2);
});

test('what the server has left out is part of the rest, not a line beside it', () => {
  const names = Array.from({ length: 10 }, (_, i) => `h${i}`);
  const columns = [column('time', 'time'), ...[...names, 'other'].map((n) => column(n, 'number'))];
  const p = picture({ ...table(columns, [[t(1), ...names.map((_, i) => i), 100]], 'line'), other: true });
  const series = p?.kind === 'time' ? p.series : [];
  expect(series.map((s) => s.name)).toEqual([...names.slice(1).reverse(), others]);
  expect(series.at(-1)?.values).toEqual([100]);
});

test('what has no figure, or wants no chart, has no picture', () => {
  expect(picture(table([column('a', 'text')], [['x']]))).toBeNull();
  expect(picture(table([column('a', 'text'), column('n', 'number')], [['x', 1]], 'none'))).toBeNull();
  expect(picture(table([column('a', 'text'), column('n', 'number')], []))).toBeNull();
});

test('rows are sorted by number or by word, the empty ones last', () => {
  const s = table(
    [column('a', 'text'), column('n', 'number')],
    [
      ['web-10', 9],
      ['web-9', 10],
      ['', null],
    ],
  );
  expect(sortedRows(s, 1, true)).toEqual([1, 0, 2]);
  expect(sortedRows(s, 1, false)).toEqual([0, 1, 2]);
  expect(sortedRows(s, 0, false)).toEqual([1, 0, 2]);
});

test('cells are written by their type', () => {
  expect(cellText(1234567, 'number')).toBe('1 234 567');
  expect(cellText(0.123456, 'number')).toBe('0.1235');
  expect(cellText(t(1), 'time')).toBe('2026-11-22 01:00:00');
  expect(cellText('never', 'time')).toBe('never');
  expect(cellText(90_000, 'duration')).toBe('1 min 30 s');
  expect(cellText(null, 'text')).toBe('–');
});
