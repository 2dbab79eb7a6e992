import { expect, test } from 'vitest';
import { affected, affectedByAll } from './affected';

const entry = (kind: string, subject: string, id = 'x') => ({ seq: 1, kind, subject, subject_id: id });

test('an entry about a case refreshes that case and the lists it stands in', () => {
  const keys = affected(entry('case.classified', 'case', 'c1'));
  expect(keys).toContainEqual(['case', 'c1']);
  expect(keys).toContainEqual(['inbox']);
  expect(keys).toContainEqual(['cases']);
  expect(keys).not.toContainEqual(['case']);
});

test('an unknown subject is guessed from the kind', () => {
  expect(affected(entry('policy.published', 'document'))).toContainEqual(['policy']);
});

test('every entry is in the record, and nothing else is guessed', () => {
  expect(affected(entry('moon.rose', 'moon'))).toEqual([['record']]);
});

test('a burst names each query once', () => {
  const keys = affectedByAll([entry('case.note', 'case', 'c1'), entry('case.note', 'case', 'c1')]);
  expect(new Set(keys.map((k) => JSON.stringify(k))).size).toBe(keys.length);
});
