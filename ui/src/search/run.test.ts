import { expect, test, vi } from 'vitest';
import type { Query } from '../api/client';
import { ApiError } from '../api/problem';
import type { StreamMessage } from '../api/search';
import type { EventRow } from '../api/types';
import { SearchRun } from './run';

const ask = { q: 'failed', from: '2026-11-22T01:00:00Z', to: '2026-11-22T02:00:00Z', tz: 'UTC' };
const rows = (...ids: string[]): StreamMessage => ({
  kind: 'rows',
  items: ids.map((id) => ({ id }) as EventRow),
});
const done = (next = '', incomplete = false): StreamMessage => ({
  kind: 'done',
  done: { next, incomplete, reason: '', took_ms: 3, matched: 2 },
});

/** A server that is told step by step what to send. */
function server() {
  const asked: Query[] = [];
  const signals: AbortSignal[] = [];
  let feed: (m: StreamMessage | 'end' | Error) => void = () => {};
  async function* follow(_path: string, query: Query, signal: AbortSignal): AsyncGenerator<StreamMessage> {
    asked.push(query);
    signals.push(signal);
    const waiting: (StreamMessage | 'end' | Error)[] = [];
    let wake = () => {};
    feed = (m) => {
      waiting.push(m);
      wake();
    };
    signal.addEventListener('abort', () => feed(new DOMException('', 'AbortError') as Error));
    for (;;) {
      const m = waiting.shift();
      if (m === undefined) await new Promise<void>((r) => (wake = r));
      else if (m === 'end') return;
      else if (m instanceof Error || m instanceof DOMException) throw m;
      else yield m;
    }
  }
  return { asked, signals, follow, send: (m: StreamMessage | 'end' | Error) => feed(m) };
}

const settle = () => new Promise((r) => setTimeout(r, 0));
const ids = (run: SearchRun) => run.get().rows.map((r) => r.id);

test('rows appear as they come, each once, and older ones go below', async () => {
  const s = server();
  const run = new SearchRun(ask, { follow: s.follow });
  run.start();
  expect(run.get().phase).toBe('running');
  s.send(rows('c', 'b'));
  await settle();
  expect(ids(run)).toEqual(['c', 'b']);
  expect(run.get().phase).toBe('running');
  s.send(done('after-b'));
  s.send('end');
  await settle();
  expect(run.get().phase).toBe('done');

  run.older();
  expect(run.get().phase).toBe('older');
  expect(s.asked[1]).toMatchObject({ q: 'failed', cursor: 'after-b', buckets: 0, fields: 'none' });
  s.send(rows('b', 'a'));
  s.send({ kind: 'histogram', histogram: { interval_ms: 1, buckets: [], total: 1, partial: false } });
  s.send(done());
  await settle();
  expect(ids(run)).toEqual(['c', 'b', 'a']);
  expect(run.get().histogram).toBeNull();
  run.older();
  expect(s.asked).toHaveLength(2);
});

test('stopping closes the stream and keeps what came', async () => {
  const s = server();
  const run = new SearchRun(ask, { follow: s.follow });
  run.start();
  s.send(rows('a'));
  await settle();
  run.stop();
  await settle();
  expect(s.signals[0]?.aborted).toBe(true);
  expect(run.get()).toMatchObject({ phase: 'stopped', error: null });
  expect(ids(run)).toEqual(['a']);
});

test('starting again begins anew, and what the old stream still says is not heard', async () => {
  const s = server();
  const run = new SearchRun(ask, { follow: s.follow });
  run.start();
  s.send(rows('a'));
  await settle();
  run.start();
  expect(ids(run)).toEqual([]);
  s.send(rows('a', 'b'));
  await settle();
  expect(ids(run)).toEqual(['a', 'b']);
});

test('a fault in the query, an error and a cut connection are each said', async () => {
  const problem = {
    title: 'Bad',
    status: 400,
    detail: 'no such field',
    kind: 'invalid',
    offset: 3,
    length: 2,
  };
  const fails = async (m: StreamMessage | 'end' | Error, detail: RegExp) => {
    const s = server();
    const run = new SearchRun(ask, { follow: s.follow });
    run.start();
    s.send(rows('a'));
    s.send(m);
    await settle();
    expect(run.get().phase).toBe('failed');
    expect(run.get().error?.message).toMatch(detail);
    expect(ids(run)).toEqual(['a']);
  };
  await fails({ kind: 'failed', problem }, /no such field/);
  await fails(new ApiError({ ...problem, detail: 'too many' }), /too many/);
  await fails('end', /cannot be reached/);
});

test('many messages draw the screen once', async () => {
  vi.useFakeTimers();
  const s = server();
  const run = new SearchRun(ask, { follow: s.follow });
  const drawn = vi.fn();
  run.subscribe(drawn);
  run.start();
  drawn.mockClear();
  for (let i = 0; i < 50; i++) s.send(rows(`r${i}`));
  await vi.advanceTimersByTimeAsync(59);
  expect(drawn).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1);
  expect(drawn).toHaveBeenCalledTimes(1);
  expect(run.get().rows).toHaveLength(50);
  vi.useRealTimers();
});
