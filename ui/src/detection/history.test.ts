import { expect, test } from 'vitest';
import { historyDetail, historyWords } from './history';

test('an entry says what was done, also of a kind that is new', () => {
  expect(historyWords('rule.disabled')).toBe('Switched off');
  expect(historyWords('rule_pack.signed_off')).toBe('Signed off');
});

test('from what to what, and why', () => {
  expect(historyDetail({ from: 1, to: 2, reason: 'too loud' })).toBe('1 → 2 · too loud');
  expect(historyDetail({ from: '', to: '2025-01' })).toBe('none → 2025-01');
  expect(historyDetail({ version: '1.2', hash: 'x' })).toBe('version 1.2');
  expect(historyDetail(null)).toBe('');
});
