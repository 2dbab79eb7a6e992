import { expect, test } from 'vitest';
import type { Coverage, Technique } from '../../api/detection';
import { cellText, grade, pick, sentenceOf, technique, totals } from './cover';

const counts = (live = 0, waiting = 0, blind = 0, hits = 0) => ({
  rules: live + waiting + blind,
  live,
  waiting,
  blind,
  disabled: 0,
  hits,
});
const tech = (id: string, name: string, c = counts(), subs?: Technique[]): Technique => ({
  id,
  name,
  rule_ids: [],
  sub_techniques: subs,
  ...c,
});
const tactic = (id: string, ...techniques: Technique[]) => ({
  id,
  short: id,
  name: id,
  covered: 0,
  techniques,
  ...counts(),
});
const brute = tech('T1110', 'Brute Force', counts(2, 1, 0, 7), [tech('T1110.001', 'Password Guessing')]);
const phishing = tech('T1566', 'Phishing', counts(0, 0, 3));
const empty = tech('T1200', 'Hardware Additions');
const coverage = {
  version: '19.1',
  source: '',
  tactics: [tactic('TA1', brute, phishing), tactic('TA2', brute, empty)],
  untagged: 0,
  unknown: [],
  replaced: [],
} as Coverage;

test('a cell says the best that its rules can do, in words', () => {
  expect([brute, phishing, empty].map(grade)).toEqual(['live', 'blind', 'none']);
  expect([brute, phishing, empty].map(cellText)).toEqual(['2/3 live', '3 blind', 'none']);
  expect(cellText({ ...counts(), disabled: 2 })).toBe('2 off');
  expect(sentenceOf(brute)).toBe('2 live, 1 waiting, 0 blind; 7 hits in 30 days');
});

test('words find sub-techniques by their technique', () => {
  const ids = (q: string, show: 'all' | 'covered' | 'uncovered' | 'hits' = 'all') =>
    pick(coverage.tactics, q, show).map((t) => t.techniques.map((x) => x.id));
  expect(ids('guessing')).toEqual([['T1110'], ['T1110']]);
  expect(ids('', 'uncovered')).toEqual([['T1566'], ['T1200']]);
  expect(ids('', 'hits')).toEqual([['T1110'], ['T1110']]);
  expect(ids('nothing')).toEqual([]);
});

test('a technique counts once, in however many tactics it stands', () => {
  expect(totals(coverage)).toEqual({ techniques: 3, live: 1, waiting: 0, blind: 1, none: 1 });
  expect(technique(coverage, 'T1110.001')?.name).toBe('Password Guessing');
  expect(technique(coverage, 'T9')).toBeUndefined();
});
