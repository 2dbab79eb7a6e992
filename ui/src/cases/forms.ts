import type { CaseDetail, Effects } from '../api/types';
import { dispositionName } from '../display/words';
import type { Field, Form, Option, Values } from './verbs';

const option = (value: string, label = value): Option => ({ value, label });
const noEffects: Effects = { confidentiality: '', integrity: '', availability: '' };

const decisions = [option('incident'), option('weakness'), option('event', 'event only')];
const undecided = [...decisions, option('', 'cannot say yet')];
const intents = ['malicious', 'suspected', 'accidental', 'none', 'unknown'].map((v) => option(v));
const dispositions = (['true', 'false_positive', 'benign', 'authorised', 'duplicate'] as const).map((v) =>
  option(v, dispositionName[v]),
);

const reason = (help: string): Field => ({
  name: 'reason',
  label: 'Reason',
  kind: 'lines',
  required: true,
  help,
});
const judgement: Field[] = [
  { name: 'grade', label: 'Impact and urgency', kind: 'matrix' },
  {
    name: 'effects',
    label: 'Effects',
    kind: 'effects',
    help: 'A confirmed effect on systems, data or services makes it an incident, whatever else is said.',
  },
  { name: 'intent', label: 'Intent', kind: 'choice', options: intents },
];

/** The judgement to start from: one's own latest view, else the newest of any. */
function latest(d: CaseDetail) {
  const own = d.assessments.findLast((a) => a.view === 'analyst' || a.view === 'manager');
  return own ?? d.assessments.at(-1);
}

function judged(d: CaseDetail): Values {
  const a = latest(d);
  return {
    impact: d.case.impact || a?.impact || 0,
    urgency: d.case.urgency || a?.urgency || 0,
    intent: a?.intent || 'unknown',
    effects: { ...noEffects, ...a?.effects },
    reason: '',
  };
}

const onlyReason = () => ({ reason: '' });

export const forms: Record<string, Form> = {
  assign: {
    title: 'Assign',
    lead: 'One named person owns the case. The hand-over is recorded.',
    fields: [{ name: 'owner', label: 'Owner', kind: 'person', required: true }],
    done: 'Assigned',
    initial: (d) => ({ owner: d.case.owner?.id ?? '' }),
  },
  assess: {
    title: 'Assess',
    lead: 'Your own view, kept beside the others. It does not decide the case.',
    fields: [
      { name: 'decision', label: 'What is it', kind: 'choice', options: undecided },
      ...judgement,
      { name: 'type', label: 'Type', kind: 'type' },
      { name: 'breadth', label: 'Breadth', kind: 'grade', help: 'How much of the organisation it touches' },
      { name: 'confidence', label: 'How sure', kind: 'grade' },
      reason('What you saw that makes you think so'),
    ],
    done: 'Assessment kept',
    initial: (d) => {
      const a = latest(d);
      return {
        ...judged(d),
        decision: a?.decision ?? '',
        type: a?.type || d.case.type,
        breadth: Number(a?.breadth) || 1,
        confidence: Number(a?.confidence) || 2,
      };
    },
  },
  classify: {
    title: 'Classify',
    lead: 'This decides: event only, weakness or incident. The reason stays with the case.',
    fields: [
      { name: 'decision', label: 'Decision', kind: 'choice', options: decisions, required: true },
      ...judgement,
      { name: 'type', label: 'Type', kind: 'type', required: true },
      {
        name: 'lead',
        label: 'Lead',
        kind: 'choice',
        options: ['security', 'operations', 'provider'].map((v) => option(v)),
      },
      { name: 'track', label: 'Track', kind: 'choice', options: [option('formal'), option('light')] },
      { name: 'disposition', label: 'Disposition', kind: 'choice', options: dispositions },
      reason('Which criterion decides, and why it is met or not'),
    ],
    done: 'Classified',
    initial: (d) => ({
      ...judged(d),
      decision: d.case.decision || latest(d)?.decision || '',
      type: d.case.type || latest(d)?.type || '',
      lead: d.case.lead || 'security',
      track: d.case.track || 'formal',
      disposition: d.case.disposition,
    }),
  },
  confirm: {
    title: 'Confirm the decision',
    lead: 'The policy decided provisionally. As an expert you confirm it.',
    fields: [reason('What you checked')],
    done: 'Decision confirmed',
    initial: onlyReason,
  },
  handle: {
    title: 'Start handling',
    lead: 'Can we do this alone, or are third parties needed?',
    fields: [
      {
        name: 'third_parties',
        label: 'Who handles it',
        kind: 'choice',
        required: true,
        options: [option('alone', 'we alone'), option('third_parties', 'with third parties')],
      },
      { name: 'third_parties_reason', label: 'Why', kind: 'lines', required: true },
    ],
    done: 'Handling has begun',
    initial: (d) => ({
      third_parties: d.resolution?.third_parties || 'alone',
      third_parties_reason: d.resolution?.third_parties_reason ?? '',
    }),
  },
  resolve: {
    title: 'Resolve',
    lead: 'The cause is known, the harm has ended and what was lost is back.',
    fields: [
      { name: 'cause', label: 'Root cause', kind: 'lines', required: true },
      {
        name: 'solution',
        label: 'Solution',
        kind: 'lines',
        required: true,
        help: 'Goes into the knowledge base, and is offered when something similar comes in.',
      },
      { name: 'recovery_verified', label: 'Recovery was verified', kind: 'check' },
    ],
    done: 'Resolved',
    initial: (d) => ({
      cause: d.resolution?.cause ?? '',
      solution: d.resolution?.solution ?? '',
      recovery_verified: Boolean(d.resolution?.recovery_verified),
    }),
  },
  close: {
    title: 'Close',
    lead: 'Formally: what it cost, what it did to the business, what is learnt. Reporters are told as it closes.',
    fields: [
      {
        name: 'statement',
        label: 'Closing statement',
        kind: 'lines',
        required: true,
        help: 'Sent to those who reported it',
      },
      { name: 'cost_hours', label: 'Hours spent', kind: 'number', required: true },
      { name: 'cost_money', label: 'Other cost', kind: 'number' },
      { name: 'currency', label: 'Currency', kind: 'text' },
      { name: 'business_impact', label: 'Impact on the business', kind: 'lines', required: true },
      { name: 'lessons', label: 'Lessons', kind: 'lines', required: true },
      {
        name: 'waiver',
        label: 'Waiver',
        kind: 'lines',
        help: 'Only where a reporter cannot be reached: why closing without telling is right',
      },
    ],
    done: 'Closed',
    initial: (d) => ({
      statement: d.resolution?.statement ?? '',
      cost_hours: d.resolution?.cost_hours ?? 0,
      cost_money: d.resolution?.cost_money ?? 0,
      currency: d.resolution?.currency || 'EUR',
      business_impact: d.resolution?.business_impact ?? '',
      lessons: d.resolution?.lessons ?? '',
      waiver: '',
    }),
  },
  dismiss: {
    title: 'Dismiss',
    lead: 'Event only: recorded with its reason, and closed.',
    fields: [
      {
        name: 'disposition',
        label: 'Disposition',
        kind: 'choice',
        required: true,
        options: dispositions.filter((o) => !['true', 'duplicate'].includes(o.value)),
      },
      reason('Why this needs nobody'),
    ],
    done: 'Dismissed',
    initial: () => ({ disposition: 'false_positive', reason: '' }),
  },
  reopen: {
    title: 'Reopen',
    lead: 'It is not over after all.',
    fields: [reason('What shows that it is not over')],
    done: 'Reopened',
    initial: onlyReason,
  },
  review: {
    title: 'Review',
    lead: 'After the fact: what went well, what did not, what changes.',
    fields: [
      { name: 'lessons', label: 'Lessons', kind: 'lines', required: true },
      {
        name: 'improvements',
        label: 'Improvements',
        kind: 'lines',
        required: true,
        help: 'What, by whom, by when',
      },
    ],
    done: 'Reviewed',
    initial: (d) => ({ lessons: d.resolution?.lessons ?? '', improvements: '' }),
  },
  snooze: {
    title: 'Snooze',
    lead: 'Out of the inbox until then. The decide-by clock keeps running.',
    fields: [{ name: 'until', label: 'Until', kind: 'time', required: true }, reason('What you wait for')],
    done: 'Snoozed',
    initial: () => ({ until: new Date(Date.now() + 3_600_000).toISOString(), reason: '' }),
  },
  duplicate: {
    title: 'Mark as duplicate',
    lead: 'Linked to the case that goes on; the link can be undone.',
    fields: [
      { name: 'of', label: 'Of case', kind: 'text', required: true, help: 'Its number, such as CASE-9' },
      reason('What they have in common'),
    ],
    done: 'Marked as duplicate',
    initial: () => ({ of: '', reason: '' }),
  },
};
