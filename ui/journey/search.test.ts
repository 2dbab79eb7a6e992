// The place Search: a question is written and narrowed, events go onto a case,
// a search is kept, shared and exported.
import { createConnection } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signIn } from './axe';
import { bruteForce, context, launch, line, type Server, send, setUp, start } from './tocsin';

let server: Server;
let browser: Browser;
let casePath = '';

beforeAll(async () => {
  server = await start();
  browser = await launch();
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

const attacker = '203.0.113.9';
const here = (page: Page) => new URL(page.url()).pathname;
const query = (page: Page) => page.getByRole('textbox', { name: 'Query', exact: true });
const events = (page: Page) => page.getByRole('table', { name: 'Events' });

async function search(page: Page, q: string, more = ''): Promise<void> {
  await page.goto(`${server.url}/search?q=${encodeURIComponent(q)}${more}`);
}

// watch gathers what the browser complains about.
function watch(page: Page): string[] {
  const errors: string[] = [];
  page.on('pageerror', (e) => errors.push(String(e)));
  page.on('console', (m) => {
    if (m.type() === 'error' && /Content Security Policy|Uncaught/.test(m.text())) errors.push(m.text());
  });
  return errors;
}

test('a question is written with suggestions, run, narrowed and opened by key', async () => {
  const page = await (await context(browser, 'light')).newPage();
  const errors = watch(page);
  await setUp(server, page);
  await send(server, [
    ...bruteForce('bastion-1', attacker),
    ...Array.from({ length: 40 }, (_, i) =>
      line(`web-${i % 3}`, 'sshd', `Failed password for alice from 198.51.100.7 port ${5000 + i} ssh2`),
    ),
  ]);
  await page.goto(`${server.url}/cases`);
  await page
    .getByRole('link', { name: /CASE-1/ })
    .first()
    .click();
  await page.waitForURL(/cases\/./);
  casePath = here(page);

  await page.goto(`${server.url}/search`);
  await events(page).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('outc');
  await page
    .getByRole('option', { name: /outcome/ })
    .first()
    .waitFor();
  await page.keyboard.press('Tab');
  await page.keyboard.type('failure');
  await page.keyboard.press('Escape');
  await query(page).focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(/q=outcome:failure/);
  await page.getByText(/48 of 48 events/).waitFor();

  // A value of a field narrows it.
  const fields = page.getByRole('complementary', { name: 'Fields' });
  await fields.getByRole('button', { name: /^src\.ip/ }).click();
  await fields.getByRole('button', { name: `Only src.ip ${attacker}` }).click();
  await page.getByText(/8 of 8 events/).waitFor();
  await page.goBack();
  await page.getByText(/48 of 48 events/).waitFor();

  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await page.waitForURL(/event=/);
  await page.getByText('How it came').waitFor();
  await page.keyboard.press('r');
  await page.waitForURL(/view=raw/);
  await page.keyboard.press('t');
  await page.keyboard.press('h');
  await page.waitForURL(/hist=off/);
  expect(errors).toEqual([]);
  await page.context().close();
});

test('a fault is marked, and nothing found teaches', async () => {
  const page = await (await context(browser, 'dark')).newPage();
  await signIn(server, page);
  await search(page, 'src.ip:(');
  await page.getByRole('alert').first().waitFor();
  expect(await query(page).getAttribute('aria-invalid')).toBe('true');
  await search(page, 'nothingofthiskind');
  await page.getByText('No event fits in this window').waitFor();
  await page.getByRole('list', { name: 'Queries to try' }).getByRole('button').first().click();
  await page.waitForURL((u) => u.searchParams.get('q') !== 'nothingofthiskind');
  await page.context().close();
});

test('a span of the histogram becomes the window, by mouse and by key', async () => {
  const page = await (await context(browser, 'light')).newPage();
  await signIn(server, page);
  await search(page, 'failed');
  const plot = page.getByRole('slider', { name: /events over time/ });
  await plot.focus();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Shift+ArrowLeft');
  await page.keyboard.press('Enter');
  await page.waitForURL(/from=.*to=/);
  await page.goBack();
  await events(page).waitFor();
  const box = await plot.boundingBox();
  if (!box) throw new Error('the histogram has no place');
  await page.mouse.move(box.x + box.width - 80, box.y + 30);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 4, box.y + 30, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/from=.*to=/);
  await page.getByRole('button', { name: 'The window before' }).click();
  await page.context().close();
});

test('pipes make a table with a chart beside it', async () => {
  const page = await (await context(browser, 'light')).newPage();
  await signIn(server, page);
  await search(page, 'failed | top 10 src.ip');
  await page.getByRole('list', { name: /Bars by src.ip/ }).waitFor();
  await page.getByRole('button', { name: '198.51.100.7' }).first().click();
  await page.getByRole('menuitem', { name: 'Only with this value' }).click();
  await page.waitForURL((u) => /198\.51\.100\.7.*\| top/.test(u.searchParams.get('q') ?? ''));
  await search(page, 'failed | timechart count by host.name');
  await page.getByRole('img', { name: /over time/ }).waitFor();
  await page.context().close();
});

test('chosen events go onto a case as evidence', async () => {
  const page = await (await context(browser, 'light')).newPage();
  const errors = watch(page);
  await signIn(server, page);
  await search(page, `src.ip:${attacker}`);
  await events(page).waitFor();
  for (const key of ['j', 'x', 'j', 'x']) await page.keyboard.press(key);
  await page.getByText('2 chosen').waitFor();
  await page.getByRole('button', { name: 'Add to a case' }).first().click();
  const drawer = page.getByRole('dialog');
  await drawer.getByRole('radio', { name: /CASE-1/ }).check();
  await drawer.getByLabel(/^What it shows/).fill('The first two tries');
  await drawer.getByRole('button', { name: 'Add to the case' }).click();
  await drawer.waitFor({ state: 'detached' });
  await page.goto(server.url + casePath);
  const panel = page.getByRole('region', { name: 'Evidence' });
  await panel.getByText('The first two tries').first().waitFor();
  await panel.getByRole('button', { name: /^Verify/ }).click();
  await panel.getByText('whole', { exact: true }).first().waitFor();
  expect(errors).toEqual([]);
  await page.context().close();
});

test('a search is kept, shared by link, and looks by itself', async () => {
  const page = await (await context(browser, 'light')).newPage();
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.url });
  await signIn(server, page);
  await search(page, 'failed', '&cols=user.name');
  await events(page).waitFor();
  await page.getByRole('button', { name: 'Share' }).click();
  await page.getByRole('menuitem', { name: /times fixed/ }).click();
  await page.getByText('Link copied').waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(
    /\/search\?q=failed&from=\d{4}-.*&to=\d{4}-.*&cols=user\.name/,
  );
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const form = page.getByRole('dialog');
  await form.getByLabel(/^Name/).fill('Failed logins');
  await form.getByRole('switch', { name: /It looks by itself/ }).check();
  await form.getByLabel(/^Title of the alert/).fill('Logins fail');
  await form.getByRole('button', { name: 'Save' }).click();
  await form.waitFor({ state: 'detached' });
  await page.goto(`${server.url}/search/saved`);
  await page.getByRole('link', { name: 'Failed logins' }).waitFor();
  await page.getByRole('button', { name: 'More of Failed logins' }).click();
  await page.getByRole('menuitem', { name: 'Look now' }).click();
  await page.getByRole('link', { name: 'Its last alert' }).waitFor();
  await page.context().close();
});

test('a result is exported and fetched', async () => {
  const page = await (await context(browser, 'light')).newPage();
  await signIn(server, page);
  await search(page, 'failed');
  await events(page).waitFor();
  await page.getByRole('button', { name: 'Export' }).click();
  await page.getByRole('button', { name: 'Start the export' }).click();
  const link = page.getByRole('dialog').getByRole('link', { name: 'Download' });
  await link.waitFor();
  const [file] = await Promise.all([page.waitForEvent('download'), link.click()]);
  expect(await file.failure()).toBeNull();
  await page.goto(`${server.url}/search/exports`);
  await page.getByText('done', { exact: true }).first().waitFor();
  await page.context().close();
});

// fill sends many lines without waiting for each.
function fill(count: number): Promise<void> {
  const [host, port] = server.syslog.split(':');
  return new Promise((resolve, reject) => {
    const c = createConnection(Number(port), host, () => {
      for (let i = 0; i < count; i++) c.write(`${line('bulk', 'app', `bulk line ${i}`)}\n`);
      c.end();
    });
    c.on('close', () => resolve());
    c.on('error', reject);
  });
}

test('ten thousand rows are walked through by key', async () => {
  await fill(11_000);
  const page = await (await context(browser, 'light')).newPage();
  await signIn(server, page);
  await expect
    .poll(
      async () => {
        await search(page, 'bulk');
        await events(page).waitFor();
        return page.getByText(/of 11 000 events/).count();
      },
      { timeout: 60_000, interval: 1000 },
    )
    .toBe(1);
  const rows = async () => Number(await events(page).getAttribute('aria-rowcount'));
  const scroller = events(page).locator('..');
  for (let i = 0; i < 40 && (await rows()) <= 10_000; i++) {
    await scroller.evaluate((el) => el.scrollTo(0, el.scrollHeight));
    await page.waitForTimeout(200);
  }
  expect(await rows()).toBeGreaterThan(10_000);
  const took = await page.evaluate(async () => {
    const times: number[] = [];
    for (let i = 0; i < 60; i++) {
      const begun = performance.now();
      window.dispatchEvent(new KeyboardEvent('keydown', { key: 'j' }));
      // The screen is drawn when a task runs after the frame.
      await new Promise((r) => requestAnimationFrame(() => setTimeout(r)));
      times.push(performance.now() - begun);
    }
    return times.sort((a, b) => a - b);
  });
  console.log(`bench ui.search_key_ms ${took[30]?.toFixed(1)} ms`); // a frame is 17 ms of it
  await page.keyboard.press('x');
  const chosen = events(page).locator('[role=row][aria-selected=true]');
  expect(Number(await chosen.getAttribute('aria-rowindex'))).toBeGreaterThan(55);
  await page.context().close();
}, 240_000);
