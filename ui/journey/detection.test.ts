// The place Detection: a rule is written, tried, tuned, switched off; a pack
// comes in two versions; coverage and alerts lead back to the rules.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sideways, signIn, violations } from './axe';
import { bruteForce, context, launch, line, type Server, send, setUp, start } from './tocsin';
import { zip } from './zip';

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

const ruleID = '0f3a6c1e-52b7-4c55-9d0a-6f1f0d7f2b11';
const own = `title: Root comes in by password
id: ${ruleID}
status: experimental
description: Root was let in over ssh with a password.
tags: [attack.t1110]
logsource:
  product: linux
detection:
  root:
    message|contains: 'Accepted password for root'
  condition: root
falsepositives:
  - A machine that is being set up
level: high
`;

const packRule = (n: number, level: string) => `title: Invented rule ${n}
id: 0f3a6c1e-52b7-4c55-9d0a-6f1f0d7f2c0${n}
status: test
description: Made up for this test.
author: Nobody
tags: [attack.t1059]
logsource: {product: windows, category: process_creation}
detection:
  s:
    CommandLine|contains: 'invented-${n}'
  condition: s
level: ${level}
`;

// save the places that were visited for axe.
const visited: Record<string, string> = {};
const here = (page: Page) => new URL(page.url()).pathname;

test('a rule is written, tried over what is stored, put in use and switched off', async () => {
  const page = await (await context(browser, 'light')).newPage();
  const errors: string[] = [];
  page.on('pageerror', (e) => errors.push(String(e)));
  page.on('console', (m) => {
    if (m.type() === 'error' && /Content Security Policy|Uncaught/.test(m.text())) errors.push(m.text());
  });
  await setUp(server, page);
  await send(server, [
    ...bruteForce('bastion-1', '203.0.113.9'),
    line('mail-gw', 'clamd', '/var/spool/in/invoice.exe: Win.Trojan.Agent-9987 FOUND'),
  ]);

  await page.goto(`${server.url}/detection/new`);
  const editor = page.getByLabel('Rule (YAML)');
  await editor.fill(own.replace('condition: root', 'condition: rooot'));
  await page
    .getByRole('button', { name: /^line \d+/ })
    .first()
    .waitFor();
  await editor.fill(own);
  await page.getByText('It can be read: a rule.').waitFor();

  await page.getByRole('button', { name: 'Back-test the draft' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Start' }).click();
  await page.waitForURL(/backtests\/./);
  await page.getByText('Events that were hit').waitFor();
  await page.getByText('done', { exact: true }).waitFor();
  visited['back-test'] = here(page);
  await page
    .getByRole('button', { name: /Root comes in/ })
    .first()
    .click();
  await page.getByText('As it came').waitFor();

  // What was typed is still there.
  await page.goto(`${server.url}/detection/new`);
  await page.getByText('It can be read: a rule.').waitFor();
  await page.getByLabel(/^What it is for/).fill('Root has a key, no password');
  await page.getByRole('button', { name: 'Save and use it' }).click();
  await page.waitForURL(/detection\/rules\/./);
  await page.getByRole('heading', { name: 'Root comes in by password' }).waitFor();
  visited.rule = here(page);

  await page.keyboard.press('f');
  const filter = page.getByRole('dialog');
  await filter.getByLabel('Filter (YAML)').waitFor();
  const text = await filter.getByLabel('Filter (YAML)').inputValue();
  await filter
    .getByLabel('Filter (YAML)')
    .fill(text.replace(/known:\n.*\n/, "known:\n    host.name: 'lab-1'\n"));
  await filter.getByText('It applies to one rule').waitFor();
  await filter.getByLabel(/^Reason/).fill('The laboratory is rebuilt each night');
  await filter.getByRole('button', { name: 'Add the filter' }).click();
  await filter.waitFor({ state: 'detached' });
  await page.getByText('The laboratory is rebuilt each night').waitFor();

  await page.keyboard.press('d');
  const off = page.getByRole('dialog');
  await off.getByLabel(/^Reason/).fill('Until the keys are out');
  await off.getByRole('button', { name: 'Switch off' }).click();
  await page.getByText('It is switched off.').waitFor();
  await page.getByRole('button', { name: 'Switch on' }).waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

test('the list is found and walked through by key', async () => {
  const page = await (await context(browser, 'dark')).newPage();
  await signIn(server, page);
  await page.goto(`${server.url}/detection`);
  await page.getByRole('table', { name: 'Rules' }).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('clamav');
  await page.getByText(/^1 of \d+ rules/).waitFor();
  await page.waitForURL(/q=clamav/);
  await page.keyboard.press('Escape');
  await page.keyboard.press('j');
  await page.keyboard.press('p');
  await page.getByRole('region', { name: 'Preview' }).waitFor();
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Malware found by ClamAV' }).waitFor();
  await page.context().close();
});

test('a pack is installed, looked at, replaced and rolled back', async () => {
  const page = await (await context(browser, 'light')).newPage();
  await signIn(server, page);
  const install = async (version: string, files: Record<string, string>, use: boolean) => {
    await page.goto(`${server.url}/detection/packs?do=install`);
    const form = page.getByRole('dialog');
    await form.locator('input[type=file]').setInputFiles({
      name: 'pack.zip',
      mimeType: 'application/zip',
      buffer: zip(files),
    });
    await form.getByLabel(/^Name/).fill('invented');
    await form.getByLabel(/^Version/).fill(version);
    if (use) await form.getByLabel(/^Put it in use/).check();
    await form.getByRole('button', { name: 'Install' }).click();
    await page.waitForURL(/packs\/invented/);
  };
  await install('1', { 'a.yml': packRule(1, 'low'), 'b.yml': packRule(2, 'low'), 'c.yml': 'title: [' }, true);
  await page.getByText('1 rejected').waitFor();
  await install('2', { 'a.yml': packRule(1, 'high'), 'd.yml': packRule(3, 'low') }, false);
  await page.getByText('What changes against 1').waitFor();
  for (const change of ['new 1', 'changed 1', 'gone 1']) await page.getByText(change).waitFor();
  await page.getByRole('button', { name: 'Put 2 in use' }).click();
  await page
    .getByRole('dialog')
    .getByLabel(/^Reason/)
    .fill('Newer');
  await page.getByRole('dialog').getByRole('button', { name: 'Put in use' }).click();
  await page.getByText('2 in use', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Roll back to 1' }).click();
  await page
    .getByRole('dialog')
    .getByLabel(/^Reason/)
    .fill('Too loud');
  await page.getByRole('dialog').getByRole('button', { name: 'Roll back' }).click();
  await page.getByText('1 in use', { exact: true }).waitFor();
  visited.pack = `${here(page)}?version=2`;
  await page.context().close();
});

test('coverage leads to rules, an alert to its events and to why they matched', async () => {
  const page = await (await context(browser, 'light')).newPage();
  await signIn(server, page);
  await page.goto(`${server.url}/detection/coverage`);
  await page.getByRole('textbox', { name: 'Find a technique' }).fill('T1110');
  await page
    .getByRole('button', { name: /Brute Force/ })
    .first()
    .click();
  await page.getByRole('dialog').getByRole('link', { name: 'Repeated failed logins' }).waitFor();
  await page.goto(`${server.url}/detection/alerts?q=clamav`);
  await page.getByRole('link', { name: /Win.Trojan.Agent-9987/ }).click();
  await page.getByRole('link', { name: /why it matched/i }).waitFor();
  visited.alert = here(page);
  await page.getByRole('link', { name: /why it matched/i }).click();
  await page.getByText('It matches this event.').waitFor();
  visited.explained = here(page) + new URL(page.url()).search;
  await page.context().close();
});

for (const scheme of ['light', 'dark'] as const)
  test(`no screen of Detection has an accessibility violation, ${scheme}`, async () => {
    const found: string[] = [];
    const screens = {
      rules: '/detection',
      'rules, rejected': '/detection?show=rejected',
      preview: `/detection?rule=${ruleID}`,
      'nothing fits': '/detection?q=zzzz',
      'new rule': '/detection/new',
      edit: `/detection/rules/${ruleID}/edit`,
      'switch dialog': `/detection/rules/${ruleID}?do=switch`,
      'filter drawer': `/detection/rules/${ruleID}?do=filter`,
      'back-test drawer': `/detection/rules/${ruleID}?do=backtest`,
      'not found': '/detection/rules/none',
      coverage: '/detection/coverage',
      technique: '/detection/coverage?technique=T1110',
      tuning: '/detection/tuning',
      packs: '/detection/packs',
      install: '/detection/packs?do=install',
      'back-tests': '/detection/backtests',
      'new back-test': '/detection/backtests?do=new',
      alerts: '/detection/alerts',
      ...visited,
    };
    for (const width of [1440, 390]) {
      const page = await (await context(browser, scheme, width)).newPage();
      await signIn(server, page);
      for (const [name, path] of Object.entries(screens)) {
        await page.goto(server.url + path);
        await page.waitForLoadState('load');
        await page
          .getByRole('heading', { level: 1, includeHidden: true })
          .first()
          .waitFor({ state: 'attached' });
        if (/\?do=|technique=/.test(path)) await page.getByRole('dialog').waitFor();
        await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
        found.push(...(await violations(page, `${name} ${width}`)));
        found.push(...(await sideways(page, `${name} ${width}`)));
      }
      await page.context().close();
    }
    expect(found).toEqual([]);
  }, 600_000);
