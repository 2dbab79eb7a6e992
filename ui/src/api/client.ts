import { readProblem, unreachable } from './problem';

export const base = '/api/v1';

type Value = string | number | boolean | undefined | null;
export type Query = Record<string, Value>;

type Options = {
  accept?: string;
  body?: unknown;
  query?: Query;
  signal?: AbortSignal;
  /** The version that the change is based on. */
  version?: number;
  /** Repeating with the same key does the work once, so a lost answer is asked for again. */
  key?: string;
};

let csrf = '';
let onUnauthorised = () => {};

export const setCsrf = (token: string): void => {
  csrf = token;
};

/** What to do when the session turns out to have ended. */
export const whenUnauthorised = (f: () => void): void => {
  onUnauthorised = f;
};

export function queryString(query: Query = {}): string {
  const p = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== '') p.set(name, String(value));
  }
  const s = p.toString();
  return s ? `?${s}` : '';
}

/** A key for one intended creation. getRandomValues also exists on plain http, randomUUID does not. */
export function newKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

async function send(method: string, path: string, o: Options): Promise<Response> {
  const headers: Record<string, string> = { Accept: o.accept ?? 'application/json' };
  if (o.body !== undefined) headers['Content-Type'] = 'application/json';
  if (method !== 'GET') headers['X-Tocsin-CSRF'] = csrf;
  if (o.version !== undefined) headers['If-Match'] = `"${o.version}"`;
  if (o.key) headers['Idempotency-Key'] = o.key;
  try {
    return await fetch(base + path + queryString(o.query), {
      method,
      headers,
      credentials: 'same-origin',
      body: o.body === undefined ? undefined : JSON.stringify(o.body),
      signal: o.signal,
    });
  } catch (e) {
    if (e instanceof DOMException && e.name === 'AbortError') throw e;
    throw unreachable();
  }
}

const lists = new Set(
  `items verbs assessments alerts reports messages actions notes entities people similar inputs reasons missing
   roles permissions contacts scopes commands source_types criteria tags rejected steps targets overrides
   schedules runs buckets alarms aliases errors`.split(/\s+/),
);

/** An empty list may come as null. Events are left alone below the top: their fields are the source's own. */
function readBody<T>(text: string, path: string): T {
  if (/^\/(events|search|entities|evidence)\b/.test(path)) {
    const body = JSON.parse(text) as T & { items?: unknown };
    if (body.items === null) body.items = [];
    return body;
  }
  return JSON.parse(text, (name, value) => (value === null && lists.has(name) ? [] : value)) as T;
}

async function succeeded(response: Response, path: string): Promise<Response> {
  if (response.ok) return response;
  if (response.status === 401 && path !== '/login' && path !== '/me') onUnauthorised();
  throw await readProblem(response);
}

async function request<T>(method: string, path: string, o: Options = {}): Promise<T> {
  const first = send(method, path, o);
  const response = await succeeded(await (o.key ? first.catch(() => send(method, path, o)) : first), path);
  if (response.status === 204) return undefined as T;
  return readBody<T>(await response.text(), path);
}

export const get = <T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> =>
  request<T>('GET', path, { query, signal });
/** An answer that comes bit by bit (see sse.ts); aborting the signal closes it. */
export const stream = async (path: string, query: Query, signal: AbortSignal): Promise<Response> =>
  succeeded(await send('GET', path, { query, signal, accept: 'text/event-stream' }), path);
export const post = <T>(path: string, body: unknown = {}, o: Options = {}): Promise<T> =>
  request<T>('POST', path, { ...o, body });
export const create = <T>(path: string, body: unknown): Promise<T> => post<T>(path, body, { key: newKey() });
export const put = <T>(path: string, body: unknown, version: number): Promise<T> =>
  request<T>('PUT', path, { body, version });
/** Removes something versioned. */
export const remove = (path: string, version: number): Promise<void> =>
  request<void>('DELETE', path, { version });
export const del = (path: string): Promise<void> => request<void>('DELETE', path);

type Upload<T> = { done: Promise<T>; stop: () => void };

/** Sends a file with its progress, from 0 to 1; fetch cannot tell how far an upload is. */
export function upload<T>(
  path: string,
  file: Blob,
  query: Query,
  progress: (part: number) => void,
): Upload<T> {
  const x = new XMLHttpRequest();
  const done = new Promise<T>((resolve, reject) => {
    x.open('POST', base + path + queryString(query));
    x.setRequestHeader('Content-Type', 'application/zip');
    x.setRequestHeader('X-Tocsin-CSRF', csrf);
    x.setRequestHeader('Idempotency-Key', newKey());
    x.upload.onprogress = (e) => e.lengthComputable && progress(e.loaded / e.total);
    x.onerror = () => reject(unreachable());
    x.onabort = () => reject(new DOMException('stopped', 'AbortError'));
    x.onload = () => {
      if (x.status >= 200 && x.status < 300) resolve(readBody<T>(x.responseText, path));
      else readProblem(new Response(x.responseText, { status: x.status })).then(reject, reject);
    };
    x.send(file);
  });
  return { done, stop: () => x.abort() };
}

export const seg = encodeURIComponent;
