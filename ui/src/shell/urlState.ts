// The URL holds what is on the screen, as plain readable parameters:
// ?q=user:alice&from=now-24h rather than JSON in quotes.

export type Params = Record<string, string>;

export function parseParams(search: string): Params {
  const out: Params = {};
  for (const [k, v] of new URLSearchParams(search)) if (v !== '') out[k] = v;
  return out;
}

export function printParams(params: Record<string, unknown>): string {
  const p = new URLSearchParams();
  for (const [k, v] of Object.entries(params)) {
    if (v !== undefined && v !== null && v !== '') p.set(k, String(v));
  }
  const s = p
    .toString()
    // Left readable where a URL allows it.
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%2F', '/');
  return s ? `?${s}` : '';
}

/** Keeps the named parameters and drops the rest, so a mistyped link still opens. */
export const only =
  <K extends string>(...names: K[]) =>
  (given: Record<string, unknown>): Partial<Record<K, string>> => {
    const out: Partial<Record<K, string>> = {};
    for (const n of names) {
      const v = given[n];
      if (v !== undefined && v !== null && v !== '') out[n] = String(v);
    }
    return out;
  };

/** Where to go after signing in: a path of this site and nothing else. */
export function safeNext(next: string | undefined): string {
  if (!next?.startsWith('/') || next.startsWith('//') || next.includes('\\')) return '/';
  return next;
}
