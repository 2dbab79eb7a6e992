// The shapes of the HTTP API, version 1. Times are RFC 3339 in UTC, "" when unset.

export type Ref = { id: string; name: string };

export type Problem = {
  type?: string;
  title: string;
  status: number;
  detail: string;
  kind: string;
  errors?: { name: string; detail: string }[];
  missing?: string[];
  /** Where in a query the fault is, in bytes of UTF-8. */
  offset?: number;
  length?: number;
};

export type List<T> = { items: T[]; next: string };

export type Permission =
  | 'cases.read'
  | 'cases.write'
  | 'cases.manage'
  | 'events.read'
  | 'alerts.read'
  | 'detection.write'
  | 'oncall.read'
  | 'oncall.write'
  | 'knowledge.read'
  | 'knowledge.write'
  | 'people.read'
  | 'people.admin'
  | 'tokens.own'
  | 'tokens.admin'
  | 'sources.read'
  | 'sources.admin'
  | 'retention.read'
  | 'retention.admin'
  | 'policy.read'
  | 'policy.admin'
  | 'record.read'
  | 'exercises.run';

export type Role = 'reporter' | 'analyst' | 'responder' | 'manager' | 'auditor' | 'administrator';

export type Me = {
  person: { id: string; name: string; login: string; email: string; roles: Role[] };
  csrf: string;
  permissions: Permission[];
};

export type CaseState =
  | 'reported'
  | 'assessing'
  | 'classified'
  | 'handling'
  | 'resolved'
  | 'closed'
  | 'reviewed';
export type Decision = '' | 'event' | 'incident' | 'weakness';
export type Level = '' | 'critical' | 'serious' | 'mild';
export type Track = '' | 'formal' | 'light';
export type Disposition = '' | 'true' | 'false_positive' | 'benign' | 'authorised' | 'duplicate';
export type EffectGrade = '' | 'claimed' | 'likely' | 'confirmed';
export type Effects = {
  confidentiality: EffectGrade;
  integrity: EffectGrade;
  availability: EffectGrade;
};

export type Case = {
  id: string;
  number: string;
  title: string;
  state: CaseState;
  decision: Decision;
  type: string;
  lead: string;
  track: Track;
  disposition: Disposition;
  impact: number;
  urgency: number;
  priority: number;
  level: Level;
  provisional: boolean;
  owner: Ref | null;
  exercise: string;
  decide_by: string;
  snoozed_until: string;
  created: string;
  updated: string;
  version: number;
  alert_count: number;
  report_count: number;
  summary: string;
};

export type InboxItem = Case & {
  waiting_since: string;
  reason_waiting: 'to assess' | 'to confirm' | 'undetermined';
  first_alert: { summary: string; rule_title: string; severity: string; count: number } | null;
};

export type Step = { verb: string; label: string; missing: string[] };
export type Verb = Step & { allowed: boolean };

export type Assessment = {
  id: string;
  view: 'reporter' | 'policy' | 'analyst' | 'manager';
  actor: Ref;
  at: string;
  impact: number;
  urgency: number;
  breadth: number | string;
  intent: string;
  type: string;
  confidence: number | string;
  decision: Decision;
  effects: Effects;
  reason: string;
  criterion: string;
  policy_version: number | string;
};

export type CaseAlert = {
  id: string;
  rule: string;
  rule_title: string;
  severity: string;
  summary: string;
  count: number;
  first_seen: string;
  last_seen: string;
  cleared: string;
  reason_joined: string;
};

export type Report = {
  id: string;
  kind: 'event' | 'weakness';
  channel: string;
  anonymous: boolean;
  reachable: boolean;
  name: string;
  email: string;
  what: string;
  place: string;
  noticed: string;
  created: string;
  informed_closing: string | boolean;
  waiver: string;
  messages: { from_reporter: boolean; body: string; at: string }[];
};

export type Phase = 'investigate' | 'contain' | 'eradicate' | 'recover' | 'communicate';
export type Action = {
  id: string;
  phase: Phase;
  what: string;
  target: string;
  result: string;
  state: 'planned' | 'done';
  actor: Ref;
  at: string;
  version: number;
};

export type Note = { id: string; author: Ref; body: string; at: string; edited: string; version: number };
export type Entity = { kind: string; value: string; role: string };

export type Message = {
  id: string;
  kind: 'page' | 'reporter' | 'info';
  channel: string;
  recipient: string;
  state: 'queued' | 'sending' | 'sent' | 'failed' | 'cancelled';
  attempt: number;
  created: string;
  sent: string;
  error: string;
};

export type CaseRun = {
  id: string;
  state: 'paging' | 'acknowledged' | 'exhausted' | 'ended';
  step: number;
  round: number;
  acked_by: Ref | null;
  acked_at: string;
};

export type Resolution = {
  cause: string;
  solution: string;
  third_parties: '' | 'alone' | 'third_parties';
  third_parties_reason: string;
  statement: string;
  cost_hours: number;
  cost_money: number;
  currency: string;
  business_impact: string;
  lessons: string;
  recovery_verified: boolean | string;
};

export type Similar = {
  kind: 'article' | 'case';
  id: string;
  number: string;
  title: string;
  solution: string;
  score: number;
  reasons: string[];
};

export type Anchors = Partial<
  Record<
    | 'occurred'
    | 'detected'
    | 'reported'
    | 'acknowledged'
    | 'classified'
    | 'declared'
    | 'handling'
    | 'resolved'
    | 'closed'
    | 'reviewed',
    string
  >
>;

export type CaseDetail = {
  case: Case;
  anchors: Anchors;
  next_step: Step | null;
  verbs: Verb[];
  explanation: {
    criterion: string;
    title: string;
    reason: string;
    policy_version: number | string;
    inputs: { name: string; value: unknown }[];
  } | null;
  matrix: number[][];
  cell: { impact: number; urgency: number } | null;
  assessments: Assessment[];
  alerts: CaseAlert[];
  reports: Report[];
  actions: Action[];
  notes: Note[];
  entities: Entity[];
  people: { id: string; name: string; role: string }[];
  run: CaseRun | null;
  messages: Message[];
  resolution: Resolution | null;
  similar: Similar[];
};

export type TimelineItem = {
  seq: number;
  at: string;
  actor: Ref;
  kind: string;
  text: string;
  data: Record<string, unknown> | null;
};

export type EventRow = {
  id: string;
  time: string;
  received: string;
  time_quality: string;
  source: string;
  source_type: string;
  transport: string;
  peer: string;
  parser: string;
  status: string;
  class: string;
  severity: string;
  outcome: string;
  exercise: string;
  message: string;
  raw: string;
  raw_base64: string | boolean;
  raw_sha256: string;
  columns: Record<string, string | number>;
  fields: Record<string, unknown>;
};

export type EventPage = {
  items: EventRow[];
  next: string;
  incomplete: boolean;
  reason: string;
  took_ms: number;
};
export type Histogram = {
  interval_ms: number;
  buckets: { start: string; count: number; failure: number }[];
  total: number;
};
export type TopValue = { value: string; count: number };
export type Column = { name: string; type: string; entity: string; aliases: string[] | null };

export type Alert = {
  id: string;
  rule: string;
  rule_title: string;
  severity: string;
  summary: string;
  count: number;
  first_seen: string;
  last_seen: string;
  cleared: string;
  exercise: string;
  rule_version: string;
  pack: string;
  pack_version: string;
  tags: string[];
  /** Of the first event: what made the rule match. */
  fields: { name: string; value: string }[];
  /** Oldest first; only where one alert is asked for. */
  events?: string[];
  /** Of a correlation or a rule of the unusual, in plain words. */
  why?: string;
  case?: { id: string; number: string } | null;
};

export type Duty = {
  id: string;
  name: string;
  zone: string;
  person: Ref | null;
  since: string;
  until: string;
  next: Ref | null;
};
export type Run = {
  id: string;
  case: { id: string; number: string; title: string; level: Level };
  state: CaseRun['state'];
  step: number;
  next_at: string;
  created: string;
  exercise: string;
};
export type OncallNow = { schedules: Duty[]; runs: Run[]; messages: Message[] };

export type Rotation = {
  people: string[];
  shift: 'daily' | 'weekly' | 'hourly';
  length: number;
  start: string;
};
export type Override = { id: string; person: string; starts: string; ends: string };
export type Schedule = {
  id: string;
  name: string;
  zone: string;
  rotation: Rotation;
  overrides: Override[];
  version: number;
};
export type Shift = { person: Ref; starts: string; ends: string; override: boolean };
export type EscalationStep = {
  targets: { kind: 'schedule' | 'person'; id: string }[];
  delay_seconds: number;
};
export type EscalationPolicy = {
  id: string;
  name: string;
  steps: EscalationStep[];
  repeat: number;
  version: number;
};

export type Channel = 'email' | 'webhook' | 'ntfy';
export type Contact = { id: string; channel: Channel; address: string; position: number };
export type Person = {
  id: string;
  name: string;
  login: string;
  email: string;
  roles: Role[];
  active: boolean;
  version: number;
  contacts: Contact[];
};
export type Token = {
  id: string;
  name: string;
  scopes: string[];
  person: Ref | string | null;
  created: string;
  expires: string;
  last_used: string;
  revoked: string;
};
export type Command = { label: string; command: string };
export type Source = {
  name: string;
  kind: 'syslog' | 'http';
  description: string;
  created: string;
  last_event: string;
  events_24h: number;
  transport: string;
  commands: Command[];
  source_types: string[];
};
export type Policy = {
  version: number;
  hash: string;
  effective: string;
  author: Ref | string;
  body: string;
  bands: unknown;
  matrix: number[][];
  criteria: { id: string; title: string; text: string }[];
};
export type PolicyCheck = {
  ok: boolean;
  errors: { line: number; column: number; detail: string }[];
  examples: { passed: number; failed: number };
};
export type Article = {
  id: string;
  title: string;
  type: string;
  symptoms: string;
  cause: string;
  solution: string;
  case: { id: string; number: string } | null;
  created: string;
  updated: string;
  version: number;
};
export type RecordRow = {
  seq: number;
  at: string;
  actor: Ref;
  kind: string;
  subject: string;
  subject_id: string;
  data: unknown;
};
export type Checkpoint = { size: number; at: string; note: string; public_key: string };
export type Exercise = {
  id: string;
  scenario: string;
  name?: string;
  started?: string;
  created?: string;
  ended?: string;
  real?: string | boolean;
  state?: string;
  cases?: number;
};
export type Status = {
  version: string;
  journal: { lag_batches: number; bytes: number; max_bytes: number; failing: string | boolean };
  store: { hot_rows: number; segments: number; bytes: number; last_error: string };
  rules: { loaded: number; rejected: number };
  alarms: { kind: string; text: string; since: string }[];
};
export type FeedEntry = { seq: number; kind: string; subject: string; subject_id: string };
