import { expect, test } from 'vitest';
import { make } from './screenshots';

// Run by `make screenshots` only: it writes into docs.
test.runIf(process.env.TOCSIN_TEST_SCREENSHOTS)('screenshots for the README', async () => {
  const made = await make([1440], ['inbox', 'case', 'search', 'oncall']);
  expect(made.length).toBe(8);
});
