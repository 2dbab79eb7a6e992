import type { Plan, Saved, SavedBody } from '../../api/saved';
import type { State } from '../state';
import { keptRange } from './range';

/** A saved search as it is written: a new one, or a change to one that exists. */
export type Draft = SavedBody & { id?: string; version?: number };

export function draftOf(s: State): Draft {
  return {
    name: '',
    description: '',
    q: s.q,
    ...keptRange(s.from, s.to),
    columns: s.cols,
    view: s.view ?? 'table',
    shared: false,
    schedule: null,
  };
}

/** What is sent: no plan is left out, not null. */
export function bodyOf({ id: _id, version: _version, schedule, ...body }: Draft): Omit<
  SavedBody,
  'schedule'
> & {
  schedule?: Plan;
} {
  return schedule ? { ...body, schedule } : body;
}

/** A saved one without what the server keeps beside it. */
export function draftFrom(s: Saved): Draft {
  const { id, version, name, description, q, range, from, to, columns, view, shared } = s;
  return {
    ...{ id, version, name, description, q, range, from, to, columns, view, shared },
    schedule: s.schedule && planOf(s.schedule),
  };
}

function planOf(p: Plan): Plan {
  const { enabled, every_s, over_s, op, count, severity, title, group_by } = p;
  return { enabled, every_s, over_s, op, count, severity, title, group_by };
}

export const newPlan = (name: string): Plan => ({
  enabled: true,
  every_s: 300,
  over_s: 900,
  op: '>=',
  count: 1,
  severity: 'medium',
  title: name,
  group_by: '',
});

/** What still keeps it from being saved, in words; "" when nothing does. */
export function missing(d: Draft): string {
  if (!d.name.trim()) return 'a name';
  if (!d.schedule?.enabled) return '';
  if (!d.schedule.title.trim()) return 'a title for its alerts';
  if (d.schedule.count < 0 || !Number.isFinite(d.schedule.count)) return 'a count';
  if (d.schedule.op === '<' && d.schedule.count === 0) return 'a count above 0: less than none never is';
  return '';
}

/** Which parts differ between two versions, for whoever was overtaken. */
export function changedParts(before: object, now: object): { name: string; before: string; now: string }[] {
  const [a, b] = [before as Record<string, unknown>, now as Record<string, unknown>];
  const text = (v: unknown): string =>
    v === null || v === undefined || v === '' ? '–' : typeof v === 'object' ? JSON.stringify(v) : String(v);
  return [...new Set([...Object.keys(a), ...Object.keys(b)])]
    .filter((k) => k !== 'version' && text(a[k]) !== text(b[k]))
    .map((k) => ({ name: k, before: text(a[k]), now: text(b[k]) }));
}
