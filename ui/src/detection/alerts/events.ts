// The exact events of an alert as a search.

/** A query may have so many terms, less some room. */
const most = 150;

export function queryOfEvents(
  ids: string[],
  first: string,
  last: string,
): { q: string; from: string; to: string; all: boolean } | null {
  if (ids.length === 0) return null;
  const named = ids.slice(0, most);
  // The end is exclusive, and the clocks of sources are not exact.
  const from = new Date(Date.parse(first) - 60_000).toISOString();
  const to = new Date(Date.parse(last) + 60_000).toISOString();
  const q = named.length === 1 ? `id:${named[0]}` : `id:(${named.join(' or ')})`;
  return { q, from, to, all: named.length === ids.length };
}
