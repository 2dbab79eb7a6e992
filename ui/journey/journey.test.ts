import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sideways, signIn, violations } from './axe';
import { bruteForce, context, launch, line, type Server, send, setUp, start } from './tocsin';

let server: Server;
let browser: Browser;

beforeAll(async () => {
  server = await start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

let casePath = '';

test('a newcomer: from the one-time link to a closed case', async () => {
  const page = await (await context(browser, 'light')).newPage();
  const errors: string[] = [];
  page.on('pageerror', (e) => errors.push(String(e)));
  page.on('console', (m) => {
    if (m.type() === 'error' && /Content Security Policy|Uncaught/.test(m.text())) errors.push(m.text());
  });
  await setUp(server, page);
  await page.goto(`${server.url}/inbox`);
  await page.waitForLoadState('load');
  await send(server, bruteForce('bastion-1', '203.0.113.9'));
  // It appears without a reload.
  await page.getByText('Login after repeated failures').first().waitFor();
  await page
    .getByRole('link', { name: /open the case/i })
    .first()
    .click();
  await page.getByRole('button', { name: /take this case/i }).waitFor();
  casePath = new URL(page.url()).pathname;

  await page.getByRole('button', { name: /take this case/i }).click();
  await page
    .getByRole('button', { name: /confirm the decision/i })
    .first()
    .click();
  await submit(page, /confirm/i);
  await page
    .getByRole('button', { name: /start handling/i })
    .first()
    .click();
  await page.getByRole('dialog').getByLabel(/alone/i).first().check();
  await submit(page, /start handling|handle/i);
  await page.getByRole('button', { name: 'Add', exact: true }).first().click();
  const action = page.getByRole('dialog');
  await action.getByLabel(/^What/).fill('Locked the account, ended its sessions');
  await action.getByLabel('Result').fill('No more logins');
  await action
    .getByRole('button', { name: /add|record|save/i })
    .first()
    .click();
  await action.waitFor({ state: 'detached' });
  await page
    .getByRole('button', { name: /^resolve/i })
    .first()
    .click();
  await submit(page, /resolve/i);
  await page
    .getByRole('button', { name: /close formally/i })
    .first()
    .click();
  await submit(page, /close/i);
  await page
    .getByRole('button', { name: /record the review/i })
    .first()
    .click();
  await submit(page, /review/i);
  await page.goto(`${server.url}/knowledge`);
  await page.getByText('Login after repeated failures').first().waitFor();

  // The next similar case offers the solution and says why.
  await send(server, bruteForce('bastion-2', '203.0.113.10'));
  await page.goto(`${server.url}/cases`);
  await page.getByRole('link', { name: 'CASE-2' }).first().click();
  await page
    .getByText(/same rule/i)
    .first()
    .waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

// submit presses the button that ends a dialog.
async function submit(page: Page, name: RegExp): Promise<void> {
  const dialog = page.getByRole('dialog');
  await dialog.waitFor();
  for (const box of await dialog.getByRole('checkbox').all()) await box.check();
  for (const box of await dialog.locator('textarea:visible').all())
    await box.fill('Seen by the team, as described in the summary');
  await dialog.getByRole('button', { name }).last().click();
  await dialog.waitFor({ state: 'detached' });
}

test('search finds the lines, points at a mistake, and shows the original', async () => {
  const page = await (await context(browser, 'dark')).newPage();
  await signIn(server, page);
  await page.goto(`${server.url}/search?q=${encodeURIComponent('src.ip:203.0.113.9 and outcome:failure')}`);
  await page.getByText(/8 of 8 events/).waitFor();
  await page.goto(`${server.url}/search?q=${encodeURIComponent('src.ip:(')}`);
  await page.getByRole('alert').first().waitFor();
  await page.context().close();
});

test('a report without JavaScript, and its tracking page', async () => {
  const c = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 390, height: 844 } });
  const page = await c.newPage();
  await page.goto(`${server.url}/report`);
  await page.getByLabel(/what did you notice/i).fill('My laptop was stolen on the train');
  await page.getByLabel(/your name/i).fill('Bob');
  await page.getByRole('button', { name: /send report/i }).click();
  await page.getByRole('heading', { name: /received as CASE-/ }).waitFor();
  await page.locator('p.link a').click();
  await page.getByText('was received as').waitFor();
  await c.close();
});

const places = [
  '/',
  '/inbox',
  '/cases',
  'case',
  '/search',
  '/detection',
  '/oncall',
  '/knowledge',
  '/record',
  '/settings',
];

for (const scheme of ['light', 'dark'] as const)
  test(`no place has an accessibility violation, ${scheme}`, async () => {
    await send(server, [
      line('db-1', 'useradd', 'new user: name=eve, UID=1002, GID=1002, home=/home/eve, shell=/bin/bash'),
    ]);
    const found: string[] = [];
    for (const width of [1440, 390]) {
      const page = await (await context(browser, scheme, width)).newPage();
      await signIn(server, page);
      for (const place of places) {
        await page.goto(server.url + (place === 'case' ? casePath : place));
        await page.waitForLoadState('load');
        await page.getByRole('heading', { level: 1 }).first().waitFor();
        found.push(...(await violations(page, `${place} ${width}`)));
        found.push(...(await sideways(page, `${place} ${width}`)));
      }
      if (width === 1440) {
        await page.goto(server.url + casePath);
        await page.getByRole('button', { name: /why is this an incident/i }).click();
        await page.getByRole('dialog').waitFor();
        found.push(...(await violations(page, 'why drawer')));
        await page.keyboard.press('Escape');
        await page.keyboard.press('Control+k');
        await page.getByRole('dialog').waitFor();
        found.push(...(await violations(page, 'palette')));
      }
      await page.context().close();
    }
    for (const path of ['/report', '/login']) {
      const page = await (await context(browser, scheme)).newPage();
      await page.goto(server.url + path);
      if (path === '/login') await page.getByLabel('Login').waitFor();
      // The public pages forbid scripts; axe is injected past their policy.
      if (path === '/login') found.push(...(await violations(page, path)));
      await page.context().close();
    }
    const bypass = await browser.newContext({ colorScheme: scheme, bypassCSP: true });
    const page = await bypass.newPage();
    await page.goto(`${server.url}/report`);
    found.push(...(await violations(page, '/report')));
    await bypass.close();
    expect(found).toEqual([]);
  });
