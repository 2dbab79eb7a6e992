import { expect, test } from 'vitest';
import type { LookItem, Session } from '../../api/lookback';
import { byDay, lines, placed, sessionText, wished } from './look';

const [from, to] = ['2026-11-22T00:00:00Z', '2026-11-22T10:00:00Z'];
const session = (o: Partial<Session>): Session => ({
  user: 'alice',
  host: 'web-1',
  src_ip: '',
  start: '2026-11-22T01:00:00Z',
  end: '2026-11-22T03:00:00Z',
  how: 'logout',
  events: 1,
  login_id: 'a',
  logout_id: 'b',
  failed_before: 0,
  ...o,
});
const item = (o: Partial<LookItem>): LookItem => ({
  at: '2026-11-22T01:00:00Z',
  kind: 'login',
  entity: { kind: 'user', value: 'alice' },
  text: 'logged in',
  event_id: 'e1',
  source: 'vpn',
  count: 1,
  last: '',
  ...o,
});

test('a session is a bar from its login to its logout', () => {
  expect(placed(session({}), from, to)).toEqual({ left: 10, width: 20 });
  expect(placed(session({ end: null, how: 'open' }), from, to)).toEqual({ left: 10, width: 90 });
  expect(placed(session({ start: '2026-11-20T00:00:00Z' }), from, to)).toEqual({ left: 0, width: 30 });
  const short = placed(session({ start: to, end: to }), from, to);
  expect(short.left + short.width).toBeCloseTo(100);
  expect(short.width).toBeGreaterThan(0);
});

test('how it ended is said, and what failed before it', () => {
  expect(sessionText(session({}))).toBe('2 h, then logged out');
  expect(sessionText(session({ end: null, how: 'open', failed_before: 4 }))).toBe(
    'no logout was seen; 4 failed attempts before it',
  );
  expect(sessionText(session({ how: 'replaced' }))).toBe('2 h, until the next login');
});

test('one line for a person on a machine, in the order of time', () => {
  const all = lines(
    [
      session({ start: '2026-11-22T05:00:00Z' }),
      session({ host: 'db-1' }),
      session({ start: '2026-11-22T00:30:00Z' }),
    ],
    [],
  );
  expect(all.map((l) => [l.host, l.sessions.length])).toEqual([
    ['web-1', 2],
    ['db-1', 1],
  ]);
  expect(all[0]?.sessions[0]?.start).toBe('2026-11-22T00:30:00Z');
});

test('the sessions that the case is about come before those of others on its host', () => {
  const all = lines(
    [
      session({ user: 'ann', start: '2026-11-22T00:10:00Z' }),
      session({ user: 'root', start: '2026-11-22T00:30:00Z' }),
      session({ user: 'bob', start: '2026-11-22T00:20:00Z' }),
    ],
    [{ value: 'web-1' }, { value: 'ROOT' }],
  );
  expect(all.map((l) => l.user)).toEqual(['root', 'ann', 'bob']);
});

test('what is to be seen', () => {
  const items = [
    item({}),
    item({ kind: 'failure', text: 'failed password' }),
    item({ entity: { kind: 'host', value: 'db' } }),
  ];
  const nothing = { without: new Set<string>(), entity: '', words: '' };
  expect(wished(items, nothing)).toHaveLength(3);
  expect(wished(items, { ...nothing, without: new Set(['failure']) })).toHaveLength(2);
  expect(wished(items, { ...nothing, entity: 'host:db' })).toHaveLength(1);
  expect(wished(items, { ...nothing, words: 'PASSWORD alice' })).toHaveLength(1);
});

test('days begin with the oldest', () => {
  const days = byDay([item({ at: '2026-11-22T00:10:00Z' }), item({ at: '2026-11-21T23:50:00Z' }), item({})]);
  expect(days.map((d) => [d.day, d.items.length])).toEqual([
    ['2026-11-21', 1],
    ['2026-11-22', 2],
  ]);
});
