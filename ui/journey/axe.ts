// What axe finds, and the way in.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { passphrase, type Server } from './tocsin';

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

// violations runs axe over what is on screen: WCAG 2.2 AA and its ancestors.
export async function violations(page: Page, where: string): Promise<string[]> {
  await page.waitForTimeout(400); // transitions end
  await page.evaluate(axeSource);
  const found = await page.evaluate(async () => {
    // biome-ignore lint/suspicious/noExplicitAny: axe defines itself on window
    const result = await (window as any).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    });
    return result.violations.map(
      (v: { id: string; nodes: { target: string[]; html: string }[] }) =>
        `${v.id}: ${v.nodes.map((n) => `${n.target} ${n.html}`).join(' | ')}`,
    );
  });
  return found.map((f: string) => `${where}: ${f}`);
}

// sideways says by how much the page is wider than the screen.
export async function sideways(page: Page, where: string): Promise<string[]> {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  return over > 1 ? [`${where}: scrolls sideways by ${over} px`] : [];
}

export async function signIn(server: Server, page: Page): Promise<void> {
  await page.goto(`${server.url}/login`);
  await page.getByLabel('Login').fill('ann');
  await page.getByLabel('Passphrase').fill(passphrase);
  await page.getByRole('button', { name: /sign in/i }).click();
  await page.waitForURL(`${server.url}/`);
}
