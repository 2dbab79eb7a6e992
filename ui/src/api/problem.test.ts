import { afterEach, expect, test, vi } from 'vitest';
import { create, get, newKey, put, queryString, setCsrf, whenUnauthorised } from './client';
import { ApiError, readProblem, sentence } from './problem';

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(typeof body === 'string' ? body : JSON.stringify(body), { status, headers });

afterEach(() => setCsrf(''));

test('a problem document keeps its detail, its fields and what is missing', async () => {
  const e = await readProblem(
    answer(409, {
      title: 'Conflict',
      detail: 'The case cannot be closed yet.',
      kind: 'guard-refused',
      missing: ['a lesson'],
      errors: [{ name: 'body.lessons', detail: 'is empty' }],
    }),
  );
  expect(e.status).toBe(409);
  expect(e.missing).toEqual(['a lesson']);
  expect(e.field('lessons')).toBe('is empty');
  expect(e.message).toBe('The case cannot be closed yet.');
});

test('what is no problem document still becomes a sentence', async () => {
  expect(sentence(await readProblem(answer(503, '<html>Bad gateway</html>')))).toContain(
    'cannot do this now',
  );
  expect(sentence(await readProblem(answer(418, 'null')))).toBe('The server answered 418.');
  expect(sentence(await readProblem(answer(429, {}, { 'Retry-After': '7' })))).toBe(
    'Too many attempts. Try again in 7 s.',
  );
});

test('no connection is said as such', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')));
  await expect(get('/status')).rejects.toMatchObject({ status: 0 });
});

test('changes carry the session proof and the version they are based on', async () => {
  const sent: RequestInit[] = [];
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    sent.push(init);
    return Promise.resolve(answer(200, {}));
  });
  setCsrf('proof');
  await put('/notes/1', { body: 'x' }, 7);
  expect(sent[0]?.headers).toMatchObject({ 'X-Tocsin-CSRF': 'proof', 'If-Match': '"7"' });
});

test('a creation whose answer was lost is asked for again with the same key', async () => {
  const keys: string[] = [];
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    keys.push((init.headers as Record<string, string>)['Idempotency-Key'] ?? '');
    return keys.length === 1
      ? Promise.reject(new TypeError('reset'))
      : Promise.resolve(answer(200, { id: '1' }));
  });
  await expect(create('/cases', {})).resolves.toEqual({ id: '1' });
  expect(keys).toHaveLength(2);
  expect(keys[0]).toBe(keys[1]);
  expect(keys[0]).not.toBe(newKey());
});

test('an ended session is noticed, a wrong passphrase is not one', async () => {
  const ended = vi.fn();
  whenUnauthorised(ended);
  vi.stubGlobal('fetch', () => Promise.resolve(answer(401, {})));
  await expect(get('/cases')).rejects.toBeInstanceOf(ApiError);
  await expect(get('/me')).rejects.toBeInstanceOf(ApiError);
  expect(ended).toHaveBeenCalledTimes(1);
  whenUnauthorised(() => {});
});

test('a query has only what is set', () => {
  expect(queryString({ q: 'a b', open: true, state: '', cursor: undefined, limit: 5 })).toBe(
    '?q=a+b&open=true&limit=5',
  );
  expect(queryString()).toBe('');
});

test('an empty list may come as null, and a field of a source stays what it was', async () => {
  vi.stubGlobal('fetch', () =>
    Promise.resolve(answer(200, { items: null, people: [{ roles: null, name: null }] })),
  );
  await expect(get('/people')).resolves.toEqual({ items: [], people: [{ roles: [], name: null }] });
  vi.stubGlobal('fetch', () => Promise.resolve(answer(200, { items: [{ fields: { people: null } }] })));
  await expect(get('/events')).resolves.toEqual({ items: [{ fields: { people: null } }] });
});
