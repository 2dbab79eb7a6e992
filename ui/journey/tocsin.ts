// A running Tocsin and a browser for it: the real program on free ports with
// an empty data directory, and Debian's Chromium.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

export const passphrase = 'correct horse battery staple';

export interface Server {
  url: string;
  syslog: string;
  setup: string;
  stop(): Promise<void>;
}

export async function start(): Promise<Server> {
  const binary = process.env.TOCSIN_TEST_BINARY;
  if (!binary) throw new Error('TOCSIN_TEST_BINARY names the program to test; make test-browser sets it');
  const dir = mkdtempSync(join(tmpdir(), 'tocsin-journey-'));
  const child: ChildProcess = spawn(
    binary,
    ['serve', '--data', dir, '--http', '127.0.0.1:0', '--syslog', '127.0.0.1:0'],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let out = '';
  let err = '';
  child.stderr?.on('data', (b) => {
    err += b;
  });
  const ready = await new Promise<{ http: string; syslog: string }>((resolve, reject) => {
    child.stdout?.on('data', (b) => {
      out += b;
      if (out.includes('\n')) resolve(JSON.parse(out.slice(0, out.indexOf('\n'))));
    });
    child.on('exit', () => reject(new Error(`the server ended:\n${err}`)));
  });
  const setup = /http\S+\/setup\?token=\S+/.exec(err)?.[0] ?? '';
  return {
    url: `http://${ready.http}`,
    syslog: ready.syslog,
    setup,
    stop: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit');
        child.on('exit', () => {
          rmSync(dir, { recursive: true, force: true });
          resolve();
        });
        child.kill('SIGTERM');
      }),
  };
}

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.TOCSIN_TEST_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

// send writes syslog lines over TCP, as a machine would.
export function send(server: Server, lines: string[]): Promise<void> {
  const [host, port] = server.syslog.split(':');
  return new Promise((resolve, reject) => {
    const c = createConnection(Number(port), host, () => c.end(lines.map((l) => `${l}\n`).join('')));
    c.on('close', () => resolve());
    c.on('error', reject);
  });
}

export function line(host: string, app: string, message: string): string {
  return `<38>1 ${new Date().toISOString()} ${host} ${app} 77 - - ${message}`;
}

export function bruteForce(host: string, ip: string): string[] {
  const out = Array.from({ length: 8 }, (_, i) =>
    line(host, 'sshd', `Failed password for root from ${ip} port ${4000 + i} ssh2`),
  );
  out.push(line(host, 'sshd', `Accepted password for root from ${ip} port 4100 ssh2`));
  return out;
}

// setUp makes the first administrator through the one-time link.
export async function setUp(server: Server, page: Page): Promise<void> {
  await page.goto(server.setup);
  await page.getByLabel(/your name|^name/i).fill('Ann Analyst');
  await page.getByLabel(/login/i).fill('ann');
  await page.getByLabel(/e-?mail/i).fill('ann@example.org');
  for (const box of await page.locator('input[type=password]').all()) await box.fill(passphrase);
  await page.getByRole('button', { name: /create|set|start|continue/i }).click();
  await page.waitForURL(`${server.url}/`);
}

export async function context(
  browser: Browser,
  scheme: 'light' | 'dark',
  width = 1440,
): Promise<BrowserContext> {
  return browser.newContext({
    colorScheme: scheme,
    viewport: { width, height: width < 500 ? 844 : 900 },
    reducedMotion: 'reduce',
  });
}
