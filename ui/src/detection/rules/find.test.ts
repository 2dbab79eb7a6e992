import { expect, test } from 'vitest';
import type { Rule } from '../../api/detection';
import { facets, find, isNarrowed, logsourceText } from './find';

const rule = (over: Partial<Rule>): Rule => ({
  id: over.title ?? 'id',
  title: 'Rule',
  level: 'medium',
  status: 'stable',
  tags: [],
  logsource: { category: '', product: '', service: '' },
  version: '',
  file: '',
  origin: 'pack',
  pack: 'core',
  pack_version: '1',
  author: '',
  license: '',
  correlation: false,
  overrides: false,
  replaces: '',
  filters: 0,
  state: 'live',
  state_reason: '',
  disabled: '',
  hits: 0,
  last_hit: '',
  alerts: 0,
  false_positives: { verdicts: 0, false: 0, harmless: 0, rate: null, enough: false },
  cost: { evaluations: 0, matches: 0, nanos: 0, nanos_per_event: 0 },
  ...over,
});

const judged = (rate: number) => ({ verdicts: 9, false: 1, harmless: 0, rate, enough: true });
const all = [
  rule({ title: 'Beta', level: 'critical', hits: 3, last_hit: '2026-01-02', tags: ['attack.t1059.001'] }),
  rule({ title: 'alpha', hits: 9, last_hit: '2026-01-01', state: 'blind', false_positives: judged(0.5) }),
  rule({ title: 'Gamma', level: 'low', origin: 'own', pack: '', false_positives: judged(0.1) }),
];
const titles = (want: Parameters<typeof find>[1], described?: Set<string>) =>
  find(all, want, described).map((r) => r.title);

test('the order puts what matters first and what is not known last', () => {
  expect(titles({})).toEqual(['alpha', 'Beta', 'Gamma']);
  expect(titles({ sort: 'hits' })).toEqual(['alpha', 'Beta', 'Gamma']);
  expect(titles({ sort: 'last_hit' })).toEqual(['Beta', 'alpha', 'Gamma']);
  expect(titles({ sort: 'level' })).toEqual(['Beta', 'alpha', 'Gamma']);
  expect(titles({ sort: 'false_positives' })).toEqual(['alpha', 'Gamma', 'Beta']);
  expect(titles({ sort: 'nonsense' })).toEqual(['alpha', 'Beta', 'Gamma']);
});

test('filters narrow together, letter case aside', () => {
  expect(titles({ state: 'blind' })).toEqual(['alpha']);
  expect(titles({ level: 'Critical', hits: 'yes' })).toEqual(['Beta']);
  expect(titles({ hits: 'no' })).toEqual(['Gamma']);
  expect(titles({ origin: 'own' })).toEqual(['Gamma']);
});

test('a technique finds its sub-techniques, and no other that begins alike', () => {
  expect(titles({ tag: 'T1059' })).toEqual(['Beta']);
  expect(titles({ tag: 'T1059.001' })).toEqual(['Beta']);
  expect(titles({ tag: 'T105' })).toEqual([]);
});

test('words may stand apart; a description is found by the server', () => {
  expect(titles({ q: 'core BETA' })).toEqual(['Beta']);
  expect(titles({ q: 'shadow' })).toEqual([]);
  expect(titles({ q: 'shadow' }, new Set(['Gamma']))).toEqual(['Gamma']);
});

test('choices are counted; levels keep their order', () => {
  expect(facets(all, 'level')).toEqual([
    { value: 'critical', count: 1 },
    { value: 'medium', count: 1 },
    { value: 'low', count: 1 },
  ]);
  expect(facets(all, 'pack')).toEqual([{ value: 'core', count: 2 }]);
  expect(isNarrowed({ sort: 'hits', rule: 'x' })).toBe(false);
  expect(isNarrowed({ q: 'x' })).toBe(true);
  expect(logsourceText({ category: 'proxy', product: '', service: '' })).toBe('proxy');
});
