// What a table looks like as a picture: lines over time, bars by value, or one figure.
import type { Cell, ResultTable, TableColumn } from '../../api/search';
import { duration, utc } from '../../display/time';
import { number } from '../../display/words';

export type Picture =
  | { kind: 'time'; times: number[]; series: { name: string; values: (number | null)[] }[] }
  | { kind: 'bars'; name: string; value: string; bars: { label: string; value: number; row: number }[] }
  | { kind: 'figure'; name: string; value: number }
  | null;

const mostSeries = 10;
export const others = 'all others';

const isNumber = (c: TableColumn): boolean => c.type === 'number' || c.type === 'duration';
const asNumber = (v: Cell | undefined): number | null => {
  const n = typeof v === 'number' ? v : typeof v === 'string' && v !== '' ? Number(v) : Number.NaN;
  return Number.isFinite(n) ? n : null;
};

/** A time of a cell (RFC 3339) in milliseconds. */
export const timeOf = (v: Cell | undefined): number => Date.parse(String(v));

/** A cell as it is read: times in UTC, durations (milliseconds) in their units, numbers in groups of three. */
export function cellText(value: Cell | undefined, type: TableColumn['type']): string {
  if (value === null || value === undefined || value === '') return '–';
  const n = asNumber(value);
  if (type === 'time') {
    const at = timeOf(value);
    return Number.isNaN(at) ? String(value) : utc(new Date(at).toISOString());
  }
  if (type === 'duration' && n !== null) return duration(n);
  if (type === 'number' && n !== null) return Number.isInteger(n) ? number(n) : n.toPrecision(4);
  return String(value);
}

export function picture(t: ResultTable): Picture {
  const at = (test: (c: TableColumn) => boolean) =>
    t.columns.map((c, i) => (test(c) ? i : -1)).filter((i) => i >= 0);
  const [times, texts, figures] = [at((c) => c.type === 'time'), at((c) => c.type === 'text'), at(isNumber)];
  const figure = figures[0];
  if (figure === undefined || t.rows.length === 0) return null;
  const time = times[0];
  if (t.columns.length === 1 && t.rows.length === 1)
    return { kind: 'figure', name: t.columns[0]?.name ?? '', value: asNumber(t.rows[0]?.[0]) ?? 0 };
  if (t.chart === 'none') return null;
  if (time !== undefined && t.chart === 'line') return overTime(t, time, texts, figures);
  const labels = [...texts, ...(texts.length === 0 ? times : [])];
  if (labels.length === 0) return null;
  return {
    kind: 'bars',
    name: labels.map((i) => t.columns[i]?.name).join(', '),
    value: t.columns[figure]?.name ?? '',
    bars: t.rows.map((r, row) => ({
      label: labels.map((i) => cellText(r[i], t.columns[i]?.type ?? 'text')).join(', '),
      value: asNumber(r[figure]) ?? 0,
      row,
    })),
  };
}

/** Either a column a series, or a row for each time and name. */
function overTime(t: ResultTable, time: number, texts: number[], figures: number[]): Picture {
  const stamps = [...new Set(t.rows.map((r) => timeOf(r[time])))]
    .filter((n) => !Number.isNaN(n))
    .sort((a, b) => a - b);
  const index = new Map(stamps.map((s, i) => [s, i]));
  const found = new Map<string, (number | null)[]>();
  const put = (name: string, r: Cell[], figure: number) => {
    const i = index.get(timeOf(r[time]));
    const v = asNumber(r[figure]);
    if (i === undefined || v === null) return;
    const values = found.get(name) ?? new Array<number | null>(stamps.length).fill(null);
    values[i] = (values[i] ?? 0) + v;
    found.set(name, values);
  };
  for (const r of t.rows)
    if (texts.length > 0 && figures[0] !== undefined)
      put(texts.map((i) => cellText(r[i], 'text')).join(', '), r, figures[0]);
    else for (const f of figures) put(t.columns[f]?.name ?? '', r, f);
  const series = [...found].map(([name, values]) => ({ name, values }));
  return { kind: 'time', times: stamps, series: largest(series, t.other ?? false) };
}

type Series = { name: string; values: (number | null)[] };
const sum = (s: Series): number => s.values.reduce<number>((n, v) => n + (v ?? 0), 0);

/**
 * A picture with fifty lines says nothing: the largest stay, the rest is one. With other, the last of them is
 * what the server has left out already.
 */
function largest(all: Series[], other: boolean): Series[] {
  if (all.length <= mostSeries) return all;
  const named = (other ? all.slice(0, -1) : all).toSorted((a, b) => sum(b) - sum(a));
  const rest = [...named.slice(mostSeries - 1), ...(other ? all.slice(-1) : [])];
  const values = (rest[0]?.values ?? []).map((_, i) => rest.reduce((n, s) => n + (s.values[i] ?? 0), 0));
  return [...named.slice(0, mostSeries - 1), { name: others, values }];
}

/** Rows in the order of a column; what is empty comes last either way. */
export function sortedRows(t: ResultTable, by: number, down: boolean): number[] {
  const numeric = t.columns[by] ? isNumber(t.columns[by]) : false;
  const key = (i: number): Cell | undefined => t.rows[i]?.[by];
  return t.rows
    .map((_, i) => i)
    .sort((x, y) => {
      const [a, b] = [key(x), key(y)];
      const [noA, noB] = [
        a === null || a === undefined || a === '',
        b === null || b === undefined || b === '',
      ];
      if (noA || noB) return noA === noB ? x - y : noA ? 1 : -1;
      const order = numeric
        ? (asNumber(a) ?? 0) - (asNumber(b) ?? 0)
        : String(a).localeCompare(String(b), 'en', { numeric: true });
      return order === 0 ? x - y : down ? -order : order;
    });
}
