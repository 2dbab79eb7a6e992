// Makes docs/screenshots: places, light and dark, of a fresh server after an
// invented attack.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { bruteForce, context, launch, line, passphrase, send, setUp, start } from './tocsin';

const out = process.env.TOCSIN_TEST_SCREENSHOTS ?? join(import.meta.dirname, '../../docs/screenshots');

export async function make(widths: number[], places: string[]): Promise<string[]> {
  mkdirSync(out, { recursive: true });
  const server = await start();
  const browser = await launch();
  const made: string[] = [];
  try {
    const first = await context(browser, 'light');
    const page = await first.newPage();
    await setUp(server, page);
    await send(server, [
      ...bruteForce('bastion-1', '203.0.113.9'),
      line('mail-gw', 'clamd', '/var/spool/in/invoice.exe: Win.Trojan.Agent-9987 FOUND'),
      line('db-1', 'useradd', 'new user: name=eve, UID=1002, GID=1002, home=/home/eve, shell=/bin/bash'),
      line('db-1', 'restic', 'Fatal: backup of nightly-db failed: no space left on device'),
    ]);
    await page.goto(`${server.url}/cases`);
    await page.getByText('Login after repeated failures').first().waitFor();
    await page
      .getByRole('link', { name: /CASE-1/ })
      .first()
      .click();
    await page.waitForURL(/cases\/./);
    const casePath = new URL(page.url()).pathname;
    for (const scheme of ['light', 'dark'] as const)
      for (const width of widths) {
        const c = await context(browser, scheme, width);
        const p = await c.newPage();
        await p.goto(`${server.url}/login`);
        await p.getByLabel('Login').fill('ann');
        await p.getByLabel('Passphrase').fill(passphrase);
        await p.getByRole('button', { name: /sign in/i }).click();
        await p.waitForURL(`${server.url}/`);
        for (const [name, path] of Object.entries({
          now: '/',
          inbox: '/inbox',
          cases: '/cases',
          case: casePath,
          search: '/search',
          detection: '/detection',
          oncall: '/oncall',
          knowledge: '/knowledge',
          record: '/record',
          settings: '/settings',
        }).filter(([n]) => places.includes(n))) {
          await p.goto(server.url + path);
          await p.waitForLoadState('load');
          await p.waitForTimeout(900);
          const file = join(out, `${name}-${scheme}${width < 500 ? '-narrow' : ''}.png`);
          await p.screenshot({ path: file });
          made.push(file);
        }
        await c.close();
      }
  } finally {
    await browser.close();
    await server.stop();
  }
  return made;
}
