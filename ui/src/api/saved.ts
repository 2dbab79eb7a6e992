// Saved searches, written by hand until they are generated from the server's description.
import { seg } from './client';
import { one } from './queries';
import type { List } from './types';

export type Op = '>=' | '>' | '=' | '<';
export type Plan = {
  enabled: boolean;
  every_s: number;
  over_s: number;
  op: Op;
  count: number;
  severity: string;
  title: string;
  group_by: string;
};
export type PlanState = {
  last_run: string;
  last_count: number;
  last_error: string;
  next_run: string;
  last_alert: string;
};
export type SavedBody = {
  name: string;
  description: string;
  q: string;
  /** "24h", "7d"; "" when from and to are set. */
  range: string;
  from: string;
  to: string;
  columns: string[];
  view: 'table' | 'raw' | 'chart';
  shared: boolean;
  schedule: Plan | null;
};
export type Saved = Omit<SavedBody, 'schedule'> & {
  id: string;
  owner: string;
  owner_name: string;
  created: string;
  updated: string;
  version: number;
  schedule: (Plan & PlanState) | null;
};

export const savedList = one<List<Saved>>(['searches'], '/searches', { limit: 500 });
export const savedOne = (id: string) => one<Saved>(['searches', id], `/searches/${seg(id)}`);
