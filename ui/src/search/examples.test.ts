import { expect, test } from 'vitest';
import { examples } from './examples';

const stat = (field: string, ...values: string[]) => ({
  field,
  present: 10,
  distinct: values.length,
  values: values.map((value, i) => ({ value, count: 10 - i })),
});

test('examples are made of what is stored', () => {
  const made = examples({
    sampled: 20,
    items: [
      stat('user.name', 'alice', 'two words'),
      stat('host.name', 'web-1'),
      stat('src.ip', '203.0.113.9'),
      stat('outcome', 'success', 'failure'),
    ],
  }).map((e) => e.q);
  expect(made).toEqual([
    'outcome:failure',
    'user.name:alice',
    'user.name:* not host.name:web-1',
    'user.name:(alice or "two words")',
    'src.ip:203.0.113.0/24',
    '* | top 10 src.ip',
    '* | timechart count by host.name',
    'severity:>=high',
  ]);
});

test('without any field there is still something to try', () => {
  expect(examples(null).map((e) => e.q)).toEqual(['* | timechart count', 'severity:>=high']);
  expect(examples({ sampled: 1, items: [stat('outcome', 'success')] }).map((e) => e.q)).not.toContain(
    'outcome:failure',
  );
});
