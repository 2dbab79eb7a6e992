import { expect, test } from 'vitest';
import { caseNumber } from './Palette';
import { only, parseParams, printParams, safeNext } from './urlState';

test('the URL reads as one would type it, and comes back the same', () => {
  const params = { q: 'user.name:alice src.ip:10.0.0.0/8', from: 'now-24h', cols: 'user.name,src.ip' };
  const url = printParams(params);
  expect(url).toBe('?q=user.name:alice+src.ip:10.0.0.0/8&from=now-24h&cols=user.name,src.ip');
  expect(parseParams(url)).toEqual(params);
});

test('what would break a URL survives it', () => {
  for (const q of ['a & b = c', '100%', 'x#y', '"quoted + plus"', 'ü 日本', '12']) {
    expect(parseParams(printParams({ q }))).toEqual({ q });
  }
});

test('what is not set is not there', () => {
  expect(printParams({ q: undefined, from: '', to: null })).toBe('');
  expect(parseParams('')).toEqual({});
});

test('a screen takes the parameters that it knows', () => {
  expect(only('q', 'tab')({ q: 'x', tab: '', other: 'y' })).toEqual({ q: 'x' });
});

test('after signing in one lands on this site', () => {
  const leads = (next: string | undefined, to: string) => expect(safeNext(next)).toBe(to);
  leads('/cases/12?lens=all', '/cases/12?lens=all');
  leads(undefined, '/');
  leads('https://evil.example/', '/');
  leads('//evil.example/', '/');
  leads('/\\evil.example', '/');
});

test('the palette knows a case by its number', () => {
  const means = (text: string, number: string | null) => expect(caseNumber(text)).toBe(number);
  means('12', 'CASE-12');
  means('case 12', 'CASE-12');
  means('ex-3', 'EX-3');
  means('ransom', null);
});
