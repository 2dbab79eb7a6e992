import { expect, test, vi } from 'vitest';
import { type Message, messages, Reader } from './sse';

const reads = (...pieces: string[]): [string, string][] => {
  const r = new Reader();
  return pieces.flatMap((p) => r.push(p)).map((m) => [m.event, m.data]);
};

test('a message is its lines up to an empty one', () => {
  expect(reads('event: rows\ndata: {"items":[]}\n\n')).toEqual([['rows', '{"items":[]}']]);
  expect(reads('data: a\ndata: b\n\n')).toEqual([['message', 'a\nb']]);
  expect(reads('data:a\n\n')).toEqual([['message', 'a']]);
  expect(reads('data:  a\n\n')).toEqual([['message', ' a']]);
  expect(reads('data\n\n')).toEqual([['message', '']]);
});

test('what has no data is no message, and its name does not leak into the next', () => {
  expect(reads('event: rows\n\ndata: x\n\n')).toEqual([['message', 'x']]);
  expect(reads(': heartbeat\n\n: again\n\n')).toEqual([]);
});

test('lines may end as any system ends them', () => {
  expect(reads('event: a\r\ndata: 1\r\n\r\n')).toEqual([['a', '1']]);
  expect(reads('event: a\rdata: 1\r\rdata: 2\n\n')).toEqual([
    ['a', '1'],
    ['message', '2'],
  ]);
});

test('a piece may end anywhere', () => {
  const text = '\uFEFFevent: rows\r\ndata: one\r\ndata: two\r\n\r\nevent: done\ndata: {}\n\n';
  const whole = reads(text);
  expect(whole).toEqual([
    ['rows', 'one\ntwo'],
    ['done', '{}'],
  ]);
  for (let cut = 0; cut <= text.length; cut++)
    expect(reads(text.slice(0, cut), text.slice(cut))).toEqual(whole);
  expect(reads(...text)).toEqual(whole);
});

test('an id stays until the next one', () => {
  const r = new Reader();
  expect(r.push('id: 7\ndata: a\n\ndata: b\n\n').map((m) => m.id)).toEqual(['7', '7']);
});

function answer(pieces: Uint8Array[], cancel = () => {}): Response {
  let i = 0;
  return new Response(
    new ReadableStream({
      pull: (c) => {
        const piece = pieces[i++];
        if (piece) c.enqueue(piece);
        else c.close();
      },
      cancel,
    }),
  );
}

test('a character that is cut between two pieces is one character', async () => {
  const bytes = new TextEncoder().encode('data: žluťoučký 🙂\n\n');
  const pieces = Array.from(bytes, (b) => new Uint8Array([b]));
  const got: Message[] = [];
  for await (const m of messages(answer(pieces))) got.push(m);
  expect(got.map((m) => m.data)).toEqual(['žluťoučký 🙂']);
});

test('who stops listening closes the connection', async () => {
  const cancel = vi.fn();
  const piece = new TextEncoder().encode('data: a\n\n');
  for await (const m of messages(answer([piece, piece, piece], cancel))) {
    expect(m.data).toBe('a');
    break;
  }
  expect(cancel).toHaveBeenCalledTimes(1);
});
