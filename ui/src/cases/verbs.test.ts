import { expect, test } from 'vitest';
import { filterOf } from './filter';
import { forms } from './forms';
import { sampleCase, sampleDetail } from './sample';
import { differences, unfilled } from './verbs';

const form = (verb: string) => {
  const f = forms[verb];
  if (!f) throw new Error(`no form ${verb}`);
  return f;
};

test('every form fills each of its fields to begin with', () => {
  for (const [verb, f] of Object.entries(forms)) {
    const values = f.initial(sampleDetail());
    for (const field of f.fields) {
      if (field.kind === 'matrix') expect(values, verb).toMatchObject({ impact: 0, urgency: 0 });
      else expect(values, `${verb}.${field.name}`).toHaveProperty(field.name);
    }
  }
});

test('a decision cannot be sent without its reason', () => {
  const f = form('classify');
  const values = { ...f.initial(sampleDetail()), decision: 'incident', type: 'availability/outage' };
  expect(unfilled(f, values)).toEqual(['Reason']);
  expect(unfilled(f, { ...values, reason: '  ' })).toEqual(['Reason']);
  expect(unfilled(f, { ...values, reason: 'The service was down for an hour.' })).toEqual([]);
});

test('zero is an answer', () => {
  const f = form('close');
  const values = { ...f.initial(sampleDetail()), statement: 's', business_impact: 'none', lessons: 'l' };
  expect(unfilled(f, values)).toEqual([]);
});

test('an assessment begins from the newest judgement', () => {
  const detail = sampleDetail({
    assessments: [
      {
        id: '1',
        view: 'policy',
        actor: { id: '', name: '' },
        at: '',
        impact: 3,
        urgency: 2,
        breadth: 2,
        intent: 'malicious',
        type: 'malicious-code/ransomware',
        confidence: 3,
        decision: 'incident',
        effects: { confidentiality: '', integrity: 'likely', availability: '' },
        reason: 'r',
        criterion: 'C1',
        policy_version: 1,
      },
    ],
  });
  expect(form('assess').initial(detail)).toMatchObject({
    impact: 3,
    urgency: 2,
    intent: 'malicious',
    decision: 'incident',
    reason: '',
    effects: { integrity: 'likely' },
  });
});

test('a conflict names what changed and nothing else', () => {
  const before = sampleDetail();
  const now = sampleDetail({
    case: sampleCase({ state: 'classified', owner: { id: 'p', name: 'Ana' }, version: 4 }),
  });
  expect(differences(before, now)).toEqual([
    { name: 'state', before: 'assessing', now: 'classified' },
    { name: 'owner', before: 'nobody', now: 'Ana' },
  ]);
  expect(differences(before, before)).toEqual([]);
});

test('the list shows open cases of the real world unless told otherwise', () => {
  expect(filterOf({})).toMatchObject({ open: 'true', exercise: 'none' });
  expect(filterOf({ open: 'any' }).open).toBeUndefined();
  expect(filterOf({ state: 'closed' }).open).toBeUndefined();
  expect(filterOf({ exercise: 'only', level: 'critical' })).toMatchObject({
    exercise: 'only',
    level: 'critical',
  });
});
