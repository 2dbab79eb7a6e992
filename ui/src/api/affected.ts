import type { FeedEntry } from './types';

type Key = readonly unknown[];

const board: Key[] = [['cases'], ['inbox']];
const duty: Key[] = [['oncall']];

/** The queries that an entry of the record makes out of date. */
const bySubject: Record<string, (id: string) => Key[]> = {
  case: (id) => [['case', id], ...board, ...duty, ['articles']],
  alert: () => [['alerts'], ['case'], ...board],
  report: () => [['case'], ...board],
  note: () => [['case']],
  action: () => [['case']],
  assessment: () => [['case'], ...board],
  run: () => [['case'], ...duty],
  escalation: () => [['case'], ...duty],
  message: () => [['case'], ...duty],
  schedule: () => duty,
  oncall: () => duty,
  person: () => [['people'], ['me'], ...duty],
  contact: () => [['people']],
  session: () => [],
  token: () => [['tokens']],
  source: () => [['sources'], ['status']],
  policy: () => [['policy']],
  rule: () => [['rules'], ['status']],
  rules: () => [['rules'], ['status']],
  rule_pack: () => [['rule-packs'], ['rules'], ['status']],
  rule_filter: () => [['rule-filters'], ['rules']],
  backtest: () => [['backtests']],
  article: (id) => [['article', id], ['articles']],
  search: () => [['searches']],
  export: () => [['exports']],
  dashboard: () => [['dashboards']],
  retention: () => [['retention']],
  segment: () => [['retention']],
  hold: () => [['retention'], ['case']],
  evidence: () => [['case'], ['evidence']],
  exercise: () => [['exercises'], ...board],
};

/**
 * The kind's first word stands in where the subject is not known, so a new
 * kind of entry ("case.merged") refreshes what it speaks of.
 */
export function affected(entry: FeedEntry): Key[] {
  const always: Key[] = [['record']];
  const find =
    bySubject[entry.subject] ?? bySubject[entry.kind.split(/[._-]/)[0] ?? ''] ?? bySubject[`${entry.kind}`];
  return find ? [...find(entry.subject_id), ...always] : always;
}

/** Several entries at once, each query named once. */
export function affectedByAll(entries: FeedEntry[]): Key[] {
  const found = new Map<string, Key>();
  for (const e of entries) for (const k of affected(e)) found.set(JSON.stringify(k), k);
  return [...found.values()];
}
