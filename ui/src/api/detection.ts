// What the API says about rules, packs, filters, coverage and back-tests.
import type { Ref } from './types';

export type Logsource = { category: string; product: string; service: string };
export type RuleState = 'live' | 'waiting' | 'blind' | 'disabled';
export type Origin = 'starter' | 'pack' | 'directory' | 'own';

export type Verdicts = {
  verdicts: number;
  false: number;
  harmless: number;
  rate: number | null;
  enough: boolean;
};
export type Cost = { evaluations: number; matches: number; nanos: number; nanos_per_event: number };

export type Rule = {
  id: string;
  title: string;
  level: string;
  status: string;
  tags: string[];
  logsource: Logsource;
  version: string;
  file: string;
  origin: Origin;
  pack: string;
  pack_version: string;
  author: string;
  license: string;
  correlation: boolean;
  overrides: boolean;
  replaces: string;
  filters: number;
  state: RuleState;
  state_reason: string;
  disabled: string;
  /** In the last seven days. */
  hits: number;
  last_hit: string;
  /** Raised in the last thirty days. */
  alerts: number;
  false_positives: Verdicts;
  cost: Cost;
};

export type RejectedRule = { file: string; line: number; column: number; rule: string; reason: string };

export type RulePage = {
  items: Rule[];
  next: string;
  total: number;
  states: Partial<Record<RuleState, number>>;
  rejected: RejectedRule[];
  warnings: string[];
  loaded: string;
};

export type Filter = {
  id: string;
  title: string;
  yaml: string;
  state: 'active' | 'expired' | 'retired';
  owner: Ref | null;
  author: Ref | null;
  reason: string;
  created: string;
  expires: string;
  retired: string;
  retired_reason: string;
  rules: string[];
};

export type OwnVersion = {
  number: number;
  body: string;
  hash: string;
  note: string;
  actor: Ref;
  at: string;
  active: boolean;
};
export type OwnRule = { version: number; active: number; deleted: string; versions: OwnVersion[] };
export type History = { at: string; actor: Ref; kind: string; data: Record<string, unknown> | null };
export type HitBucket = { start: string; hits: number };

export type Proposal = {
  Type: string;
  Impact: number;
  Urgency: number;
  Intent: string;
  Proof: boolean;
  Dedup: string[] | null;
  Summary: string;
};

export type RuleDetail = {
  rule: Rule;
  loaded: boolean;
  yaml: string;
  yaml_problem: string;
  description: string;
  references: string[];
  known_false_positives: string[];
  date: string;
  modified: string;
  fields: string[];
  needs: string[][];
  correlates: string[];
  techniques: string[];
  tests: { name: string; hits: string }[];
  filters: Filter[];
  hits_by_day: HitBucket[];
  hits_total: number;
  disabled_by: Ref | null;
  disabled_at: string;
  own: OwnRule | null;
  history: History[];
  proposal: Proposal;
};

export type Mistake = { line: number; column: number; detail: string };
export type RuleRef = { id: string; title: string; origin: string };
export type Check = {
  ok: boolean;
  kind: '' | 'rule' | 'correlation' | 'filter';
  id: string;
  title: string;
  level: string;
  logsource: Logsource;
  needs: string[][];
  errors: Mistake[];
  warnings: Mistake[];
  replaces: RuleRef | null;
  applies: RuleRef[];
};

export type Reload = { ok: boolean; error: string; loaded: number; rejected: number };
export type ChangedRule = { id: string; title: string; number: number; version: number; reload: Reload };

export type ExplainItem = {
  field: string;
  test: string;
  line: number;
  held: boolean;
  negated: boolean;
  present: boolean;
  value: string;
};
export type Explain = {
  rule: string;
  event: string;
  matched: boolean;
  routed: boolean;
  condition: boolean;
  stopped_by: string[];
  selections: { name: string; negated: boolean; items: ExplainItem[] }[];
};

export type PackVersion = {
  name: string;
  version: string;
  title?: string;
  author?: string;
  license?: string;
  source?: string;
  hash: string;
  files: number;
  rules: number;
  rejected: number;
  notices: string[];
  authors: number;
  actor: Ref;
  installed: string;
  active: boolean;
};
export type Pack = {
  name: string;
  title: string;
  active: string;
  previous: string;
  versions: PackVersion[];
  updated: string;
};
export type ChangedPack = { pack: Pack; version: string; reload: Reload };
export type Change = 'same' | 'new' | 'changed' | 'gone';
export type PackRule = {
  id: string;
  title: string;
  level: string;
  file: string;
  author: string;
  change: Change;
};
export type PackVersionDetail = {
  version: PackVersion;
  against: string;
  rules: PackRule[];
  counts: Partial<Record<Change, number>>;
  rejected: RejectedRule[];
};

export type Counts = {
  rules: number;
  live: number;
  waiting: number;
  blind: number;
  disabled: number;
  hits: number;
};
export type Technique = Counts & {
  id: string;
  name: string;
  rule_ids: string[];
  sub_techniques?: Technique[];
};
export type Tactic = Counts & {
  id: string;
  short: string;
  name: string;
  techniques: Technique[];
  covered: number;
};
export type Coverage = {
  version: string;
  source: string;
  tactics: Tactic[];
  untagged: number;
  unknown: { tag: string; rules: number }[];
  replaced: { was: string; now: string; rules: number }[];
};

export type BacktestState = 'queued' | 'running' | 'cancelling' | 'done' | 'failed' | 'cancelled';
export type BacktestSpec = {
  kind: 'rule' | 'set' | 'pack';
  rule_yaml?: string;
  pack?: string;
  version?: string;
  from: string;
  to: string;
  query?: string;
};
export type Sample = { event: string; time: string; summary: string; change: 'new' | 'gone' | 'same' };
export type BacktestRule = {
  id: string;
  title: string;
  level: string;
  correlation: boolean;
  in_use: boolean;
  hits: number;
  hits_active: number;
  new: number;
  gone: number;
  alerts: number;
  alerts_per_day: number;
  alerts_active: number;
  over_time: { start: string; hits: number; hits_active: number }[];
  samples: Sample[];
  evaluations: number;
  nanos_per_event: number;
};
export type BacktestResult = {
  rules: BacktestRule[];
  loaded: number;
  left: number;
  days: number;
  hits: number;
  hits_active: number;
  alerts: number;
  nanos_per_event: number;
  rejected: string[];
  cut: boolean;
};
export type Backtest = {
  id: string;
  state: BacktestState;
  error: string;
  spec: BacktestSpec;
  progress: { read: number; about: number; at: string };
  actor: Ref;
  created: string;
  started: string;
  ended: string;
  result: BacktestResult | null;
};
