import { expect, test } from 'vitest';
import type { Saved } from '../../api/saved';
import { readState } from '../state';
import { bodyOf, changedParts, draftFrom, draftOf, missing, newPlan } from './draft';

test('the search on the screen becomes a draft', () => {
  expect(
    draftOf(readState({ q: 'a | count', from: 'now-7d', view: 'raw', cols: 'user.name' })),
  ).toMatchObject({
    q: 'a | count',
    range: '7d',
    columns: ['user.name'],
    view: 'raw',
    shared: false,
    schedule: null,
  });
});

test('what only the server knows is not sent back', () => {
  const saved = {
    ...draftOf(readState({ q: 'a' })),
    id: 's1',
    version: 4,
    owner: 'p1',
    owner_name: 'Ann',
    created: '',
    updated: '',
    schedule: {
      ...newPlan('x'),
      last_run: 'then',
      last_count: 3,
      last_error: '',
      next_run: '',
      last_alert: '',
    },
  } as Saved;
  const draft = draftFrom(saved);
  expect(draft).toMatchObject({ id: 's1', version: 4, schedule: newPlan('x') });
  const fresh = bodyOf(draftOf(readState({})));
  expect('schedule' in fresh).toBe(false);
  expect(Object.keys(bodyOf(draft)).sort()).toEqual([...Object.keys(fresh), 'schedule'].sort());
  expect(bodyOf(draft).schedule).toEqual(newPlan('x'));
});

test('it says what is missing', () => {
  const d = { ...draftOf(readState({ q: 'a' })), name: 'x' };
  expect(missing({ ...d, name: ' ' })).toBe('a name');
  expect(missing(d)).toBe('');
  expect(missing({ ...d, schedule: newPlan('') })).toBe('a title for its alerts');
  expect(missing({ ...d, schedule: { ...newPlan('t'), op: '<', count: 0 } })).toContain('above 0');
  expect(missing({ ...d, schedule: { ...newPlan('t'), op: '=', count: 0 } })).toBe('');
  expect(missing({ ...d, schedule: { ...newPlan(''), enabled: false } })).toBe('');
});

test('two versions are told apart by their parts', () => {
  expect(changedParts({ a: 1, b: '', version: 1, c: [1] }, { a: 2, b: null, version: 2, c: [1] })).toEqual([
    { name: 'a', before: '1', now: '2' },
  ]);
});
