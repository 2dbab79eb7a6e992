// The other screens of Search: tail, entities, dashboards; retention and the
// look back from a case; and what axe finds on all of them.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sideways, signIn, violations } from './axe';
import { bruteForce, context, launch, line, type Server, send, setUp, start } from './tocsin';

let server: Server;
let browser: Browser;
let casePath = '';

beforeAll(async () => {
  server = await start();
  browser = await launch();
  const page = await (await context(browser, 'light')).newPage();
  await setUp(server, page);
  await send(server, bruteForce('bastion-1', attacker));
  await page.goto(`${server.url}/cases`);
  await page
    .getByRole('link', { name: /CASE-1/ })
    .first()
    .click();
  await page.waitForURL(/cases\/./);
  casePath = new URL(page.url()).pathname;
  await page.context().close();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const attacker = '203.0.113.9';
const events = (page: Page) => page.getByRole('table', { name: 'Events' });

test('tail shows what comes in, and stands still when told', async () => {
  const page = await (await context(browser, 'dark')).newPage();
  await signIn(server, page);
  await page.goto(`${server.url}/search/tail?q=tailed`);
  await page.getByText('Listening; nothing came yet').waitFor();
  await send(server, [line('web-9', 'app', 'first tailed line')]);
  await page.getByText('first tailed line').waitFor();
  await page.keyboard.press('p');
  await page.getByText('Paused', { exact: true }).waitFor();
  await send(server, [line('web-9', 'app', 'second tailed line')]);
  await page.getByRole('button', { name: /Go on, 1 waiting/ }).click();
  await page.getByText('second tailed line').waitFor();
  await page.getByRole('button', { name: 'Pin', exact: true }).first().click();
  await page.getByRole('region', { name: 'Pinned' }).getByText('first tailed line').waitFor();
  await page.context().close();
});

test('an address has its page, which leads to its neighbours', async () => {
  const page = await (await context(browser, 'light')).newPage();
  await signIn(server, page);
  await page.goto(`${server.url}/search/entity/ip?value=${attacker}`);
  await page.getByText('Seen together with').waitFor();
  await page.getByRole('link', { name: 'root' }).first().click();
  await page.waitForURL(/entity\/user\?value=root/);
  await page.getByRole('heading', { name: 'root' }).waitFor();
  await page.context().close();
});

test('a dashboard is made, moved by key, saved and shown', async () => {
  const page = await (await context(browser, 'light')).newPage();
  await signIn(server, page);
  await page.goto(`${server.url}/search/dashboards/new/edit`);
  await page.getByLabel(/^Name/).fill('Mornings');
  await page.getByRole('button', { name: 'Add a panel' }).click();
  await page.getByRole('button', { name: 'Add a panel' }).click();
  await page
    .getByRole('button', { name: /^Events over time: column 1/ })
    .first()
    .focus();
  await page.keyboard.press('ArrowRight');
  await page.getByRole('button', { name: /^Events over time: column 2/ }).waitFor();
  await page.getByRole('button', { name: 'Save' }).click();
  await page.waitForURL((u) => /dashboards\/[^/]+$/.test(u.pathname));
  await page.getByRole('heading', { name: 'Mornings' }).waitFor();
  await page
    .getByRole('img', { name: /over time/ })
    .first()
    .waitFor();
  await page.context().close();
});

test('the case looks back', async () => {
  const page = await (await context(browser, 'light')).newPage();
  await signIn(server, page);
  await page.goto(server.url + casePath);
  await page.getByRole('link', { name: 'Look back' }).click();
  await page.getByRole('heading', { name: /Before CASE-1/ }).waitFor();
  await page.getByRole('region', { name: /What happened/ }).waitFor();
  await page.context().close();
});

test('a shorter class waits for a second person', async () => {
  const page = await (await context(browser, 'light')).newPage();
  await signIn(server, page);
  await page.goto(`${server.url}/settings?tab=retention`);
  await page.getByRole('button', { name: 'Change default' }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel(/^Kept for/).fill('30');
  await form.getByText('Events would go sooner.').waitFor();
  await form.getByLabel(/^Reason/).fill('A month is enough for these');
  await form.getByRole('button', { name: 'Ask for it' }).click();
  await page.getByText('waits for a second person').waitFor();
  expect(await page.getByRole('button', { name: 'Approve' }).count()).toBe(0);
  await page.getByRole('button', { name: 'Cancel the change' }).click();
  await page
    .getByRole('dialog')
    .getByLabel(/^Reason/)
    .fill('Asked too early');
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel the change' }).click();
  await page.getByText('waits for a second person').waitFor({ state: 'detached' });
  await page.context().close();
});

for (const scheme of ['light', 'dark'] as const)
  test(`no screen of Search has an accessibility violation, ${scheme}`, async () => {
    const found: string[] = [];
    const screens: Record<string, string> = {
      search: '/search',
      columns: '/search?q=failed&cols=user.name,src.ip&side=on',
      raw: '/search?q=failed&view=raw',
      'counts as a table': '/search?q=failed&chart=table',
      'top values': '/search?q=failed%20%7C%20top%2010%20src.ip',
      'over time': '/search?q=failed%20%7C%20timechart%20count%20by%20host.name',
      'a figure': '/search?q=failed%20%7C%20count',
      fault: '/search?q=src.ip:(',
      nothing: '/search?q=nothingofthiskind',
      tail: '/search/tail',
      entity: `/search/entity/ip?value=${attacker}`,
      'entity never seen': '/search/entity/user?value=nobody',
      saved: '/search/saved',
      'save drawer': '/search/saved?do=new',
      exports: '/search/exports',
      dashboards: '/search/dashboards',
      'new dashboard': '/search/dashboards/new/edit',
      retention: '/settings?tab=retention',
      holds: '/settings?tab=retention&show=holds',
      segments: '/settings?tab=retention&show=segments',
      dropped: '/settings?tab=retention&show=dropped',
      'look back': `${casePath}/lookback`,
      case: casePath,
    };
    for (const width of [1440, 390]) {
      const page = await (await context(browser, scheme, width)).newPage();
      await signIn(server, page);
      const look = async (name: string) => {
        found.push(...(await violations(page, `${name} ${width}`)));
        found.push(...(await sideways(page, `${name} ${width}`)));
      };
      for (const [name, path] of Object.entries(screens)) {
        await page.goto(server.url + path);
        await page.waitForLoadState('load');
        await page
          .getByRole('heading', { level: 1, includeHidden: true })
          .first()
          .waitFor({ state: 'attached' });
        if (/\?do=/.test(path)) await page.getByRole('dialog').waitFor();
        await page.waitForFunction(() => !document.querySelector('[aria-busy="true"]'));
        await look(name);
      }

      // What opens on top.
      await page.goto(`${server.url}/search?q=failed`);
      await events(page).waitFor();
      await page.getByRole('button', { name: /^Window:/ }).click();
      await look('window');
      await page.keyboard.press('Escape');
      await page.getByRole('button', { name: 'How to write a query' }).click();
      await look('syntax');
      await page.keyboard.press('Escape');
      const rows = events(page);
      await rows.getByLabel('Choose this event').first().click();
      await rows.getByRole('button', { expanded: false }).first().click();
      await page.getByText('How it came').waitFor();
      await look('an open row');
      await page.getByRole('button', { name: 'Add to a case' }).first().click();
      await page.getByRole('dialog').waitFor();
      await look('add to a case');
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'Export' }).click();
      await page.getByRole('dialog').waitFor();
      await look('export');
      await page.context().close();
    }
    expect(found).toEqual([]);
  }, 600_000);
