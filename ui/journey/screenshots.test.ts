import { expect, test } from 'vitest';
import { make } from './screenshots';

// Run by `make screenshots` only: it writes into docs.
test.runIf(process.env.TOCSIN_TEST_SCREENSHOTS)('screenshots of every place', async () => {
  const made = await make([1440, 390]);
  expect(made.length).toBe(40);
});
