import type { CaseDetail } from '../api/types';
import { dispositionName } from '../display/words';

// What a verb of a case asks for (forms.ts has the table). The server decides
// what may be done and what is missing; this says only how to ask.

export type Option = { value: string; label: string };

type Common = { name: string; label: string; help?: string; required?: boolean };
export type Field = Common &
  (
    | { kind: 'text' | 'lines' | 'number' | 'check' | 'time' | 'person' | 'grade' | 'effects' | 'type' }
    | { kind: 'choice'; options: Option[] }
    | { kind: 'matrix' }
  );

export type Values = Record<string, unknown>;
export type Form = {
  title: string;
  lead: string;
  fields: Field[];
  done: string;
  danger?: boolean;
  initial: (d: CaseDetail) => Values;
};

/** Verbs that are done at once, without a form. */
export const immediate: Record<string, { label: string; done: string }> = {
  acknowledge: { label: 'Take it', done: 'It is yours' },
};

/** What still has to be filled in before it is worth sending. */
export function unfilled(form: Form, values: Values): string[] {
  return form.fields
    .filter((f) => f.required && f.kind !== 'check')
    .filter((f) => {
      const v = values[f.name];
      return v === undefined || v === null || (typeof v === 'string' && v.trim() === '');
    })
    .map((f) => f.label);
}

/** What changed under the reader's hands, for a conflict. */
export function differences(
  before: CaseDetail,
  now: CaseDetail,
): { name: string; before: string; now: string }[] {
  const facts = (d: CaseDetail): [string, string][] => [
    ['state', d.case.state],
    ['decision', d.case.decision || 'not decided'],
    ['type', d.case.type || '–'],
    ['priority', d.case.priority ? `${d.case.priority} (${d.case.level})` : '–'],
    ['owner', d.case.owner?.name ?? 'nobody'],
    ['lead', d.case.lead || '–'],
    ['track', d.case.track || '–'],
    ['disposition', dispositionName[d.case.disposition]],
    ['assessments', String(d.assessments.length)],
    ['alerts', String(d.alerts.length)],
  ];
  const after = facts(now);
  return facts(before)
    .map(([name, value], i) => ({ name, before: value, now: after[i]?.[1] ?? '' }))
    .filter((r) => r.before !== r.now);
}
