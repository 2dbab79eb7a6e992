import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ApiError } from '../../api/problem';
import type { StreamMessage } from '../../api/search';
import type { EventRow } from '../../api/types';
import { Feed, mostKept } from './feed';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const rows = (...ids: string[]): StreamMessage => ({
  kind: 'rows',
  items: ids.map((id) => ({ id, received: `2026-11-22T05:00:0${'abc'.indexOf(id)}Z` }) as EventRow),
});

/** A feed whose stream says what it is told, once for each connection. */
function feed(...connections: (StreamMessage[] | Error)[]) {
  let tries = 0;
  const f = new Feed('x', {
    follow: async function* (_p, _q, signal) {
      const now = connections[tries++];
      if (now instanceof Error) throw now;
      yield* now ?? [];
      if (tries >= connections.length)
        await new Promise((_, stop) => signal.addEventListener('abort', () => stop(new Error('aborted'))));
    },
  });
  f.start();
  return { f, ids: () => f.get().rows.map((r) => r.id), tries: () => tries };
}

test('the newest stands last, whichever way a batch comes', async () => {
  const { f, ids } = feed([rows('b', 'a'), rows('c')]);
  const straight = feed([rows('a', 'b'), rows('c')]);
  await vi.advanceTimersByTimeAsync(300);
  expect(ids()).toEqual(['a', 'b', 'c']);
  expect(straight.ids()).toEqual(['a', 'b', 'c']);
  straight.f.stop();
  expect(f.get()).toMatchObject({ connection: 'live', seen: 3, rate: 0.3 });
  await vi.advanceTimersByTimeAsync(10_000);
  expect(f.get().rate).toBe(0);
  f.stop();
});

test('it is live before anything comes', async () => {
  const { f } = feed([{ kind: 'open' }]);
  await vi.advanceTimersByTimeAsync(10);
  expect(f.get().connection).toBe('live');
  f.stop();
});

test('what comes while it stands still is counted, and shown when it goes on', async () => {
  let say: (m: StreamMessage) => void = () => {};
  const f = new Feed('x', {
    follow: async function* () {
      for (;;) yield await new Promise<StreamMessage>((r) => (say = r));
    },
  });
  f.start();
  say(rows('a'));
  await vi.advanceTimersByTimeAsync(300);
  f.pause(true);
  say(rows('b'));
  await vi.advanceTimersByTimeAsync(300);
  expect(f.get()).toMatchObject({ waiting: 1, paused: true });
  expect(f.get().rows).toHaveLength(1);
  f.pause(false);
  expect(f.get().rows.map((r) => r.id)).toEqual(['a', 'b']);
  expect(f.get().waiting).toBe(0);
  f.stop();
});

test('only the newest are kept, and what the server left out is counted', async () => {
  const many = rows(...Array.from({ length: mostKept + 5 }, (_, i) => `r${i}`));
  const { f, ids } = feed([many, { kind: 'dropped', count: 7 }, { kind: 'dropped', count: 1 }]);
  await vi.advanceTimersByTimeAsync(300);
  expect(ids()).toHaveLength(mostKept);
  expect(ids()[0]).toBe('r5');
  expect(f.get().dropped).toBe(8);
  f.stop();
});

test('a lost connection is taken up again, a refused query is not', async () => {
  const lost = feed(new TypeError('reset'), [rows('a')]);
  await vi.advanceTimersByTimeAsync(300);
  expect(lost.f.get().connection).toBe('lost');
  await vi.advanceTimersByTimeAsync(1000);
  expect(lost.f.get().connection).toBe('live');
  lost.f.stop();

  const wrong = feed(new ApiError({ title: '', status: 400, detail: 'no such field', kind: '' }), [
    rows('a'),
  ]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(wrong.f.get()).toMatchObject({ connection: 'refused' });
  expect(wrong.tries()).toBe(1);
  wrong.f.stop();
});
