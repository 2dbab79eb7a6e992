import { expect, test } from 'vitest';
import { only, parseParams, printParams } from '../shell/urlState';
import { readState, type SearchParams, searchNames, shareLink, usualCols, writeState } from './state';

const keep = only(...searchNames);

test('nothing said is the usual, and the usual is not said', () => {
  const usual = readState({});
  expect(usual).toMatchObject({ q: '', tz: 'UTC', histogram: true, fields: undefined, cols: usualCols });
  expect(writeState(usual)).toEqual({});
  expect(writeState({ ...usual, from: 'now-24h', to: undefined })).toEqual({});
});

test('the whole state goes through the URL and back', () => {
  const all: SearchParams = {
    q: 'user.name:"a b" /x|y/ | top 10 src.ip',
    from: '2026-11-22T01:00:00.000Z',
    to: '2026-11-22T02:00:00.000Z',
    tz: 'Europe/Prague',
    view: 'raw',
    cols: 'user.name,src.ip',
    event: '01JD',
    hist: 'off',
    side: 'off',
    chart: 'table',
  };
  expect(Object.keys(all)).toEqual([...searchNames]);
  expect(writeState(readState(keep(parseParams(printParams(all)))))).toEqual(all);
});

test('a table without any column is said too', () => {
  expect(writeState({ ...readState({}), cols: [] })).toEqual({ cols: '-' });
  expect(readState({ cols: '-' }).cols).toEqual([]);
});

test('a mistyped link still opens', () => {
  const s = readState(keep(parseParams('?q=x&view=upside&cols=,,a&nonsense=1')));
  expect(s).toMatchObject({ q: 'x', view: undefined, cols: ['a'] });
});

test('a link to share keeps the range as it is, or pins it', () => {
  const s = readState({ q: 'x', from: 'now-1h' });
  expect(shareLink('https://t.example', s)).toBe('https://t.example/search?q=x&from=now-1h');
  expect(
    shareLink('https://t.example', s, { from: '2026-11-22T01:00:00.000Z', to: '2026-11-22T02:00:00.000Z' }),
  ).toBe('https://t.example/search?q=x&from=2026-11-22T01:00:00.000Z&to=2026-11-22T02:00:00.000Z');
});
