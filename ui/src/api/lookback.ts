// What came before a case, and its evidence; written by hand until it is generated from the server's description.
import { seg } from './client';
import { one } from './queries';
import type { EntityKind } from './search';

export type Session = {
  user: string;
  host: string;
  src_ip: string;
  start: string;
  end: string | null;
  how: 'logout' | 'open' | 'replaced';
  events: number;
  login_id: string;
  logout_id: string;
  failed_before: number;
};
export type LookKind = 'login' | 'logout' | 'failure' | 'process' | 'network' | 'account' | 'alert' | 'other';
export type LookItem = {
  at: string;
  kind: LookKind;
  entity: { kind: EntityKind | ''; value: string };
  text: string;
  event_id: string;
  source: string;
  count: number;
  last: string;
};
export type Lookback = {
  from: string;
  to: string;
  entities: { kind: EntityKind; value: string }[];
  sessions: Session[];
  items: LookItem[];
  truncated: boolean;
  incomplete: boolean;
  reason: string;
  took_ms: number;
};

export type Custody = { at: string; by_name: string; act: string; detail: string };
export type Evidence = {
  id: string;
  case_id: string;
  kind: 'snapshot';
  title: string;
  note: string;
  q: string;
  from: string;
  to: string;
  events: number;
  bytes: number;
  sha256: string;
  /** What could not be read when it was taken. */
  incomplete: string;
  /** Part of its proof waits for the record's next signature, and is added by itself. */
  pending: boolean;
  copies: { where: string; ok: boolean; detail: string; checked: string }[];
  by: string;
  by_name: string;
  at: string;
  custody: Custody[];
  verified: { at: string; ok: boolean; detail: string } | null;
};

export const lookback = (id: string, hours: number) => ({
  ...one<Lookback>(['case', id, 'lookback', hours], `/cases/${seg(id)}/lookback`, { hours }),
  staleTime: 60_000,
});
export const evidence = (caseId: string) =>
  one<{ items: Evidence[] }>(['case', caseId, 'evidence'], `/cases/${seg(caseId)}/evidence`);
