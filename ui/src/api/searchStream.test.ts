import { expect, test, vi } from 'vitest';
import { ApiError } from './problem';
import type { StreamMessage } from './search';
import { follow, understand } from './searchStream';

const said = (event: string, data: unknown) => understand({ event, data: JSON.stringify(data), id: '' });

async function all(): Promise<StreamMessage[]> {
  const out: StreamMessage[] = [];
  for await (const m of follow('/search/stream', { q: 'a' }, new AbortController().signal)) out.push(m);
  return out;
}

test('lists that the server left out are empty', () => {
  expect(said('rows', { items: null })).toEqual({ kind: 'rows', items: [] });
  expect(said('fields', { items: [{ field: 'a', values: null }], sampled: 1 })).toMatchObject({
    fields: { items: [{ field: 'a', values: [] }] },
  });
  expect(said('table', { columns: null, rows: null, chart: 'none' })).toMatchObject({
    table: { columns: [], rows: [] },
  });
  expect(said('something new', {})).toBeNull();
});

test('a stream is open before it says anything, and what it says comes in order', async () => {
  vi.stubGlobal('fetch', () =>
    Promise.resolve(
      new Response(': still here\n\nevent: rows\ndata: {"items":[]}\n\nevent: done\ndata: {"next":""}\n\n'),
    ),
  );
  expect((await all()).map((m) => m.kind)).toEqual(['open', 'rows', 'done']);
});

test('a refusal is the problem document', async () => {
  vi.stubGlobal('fetch', () =>
    Promise.resolve(new Response(JSON.stringify({ detail: 'Too many searches.' }), { status: 429 })),
  );
  await expect(all()).rejects.toMatchObject({ status: 429, message: 'Too many searches.' });
  await expect(all()).rejects.toBeInstanceOf(ApiError);
});
