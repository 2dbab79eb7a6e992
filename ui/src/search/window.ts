// The window of time of a search, as the URL says it and as the API wants it.

export const presets = [
  { value: 'now-15m', label: 'Last 15 minutes' },
  { value: 'now-1h', label: 'Last hour' },
  { value: 'now-4h', label: 'Last 4 hours' },
  { value: 'now-24h', label: 'Last 24 hours' },
  { value: 'now-7d', label: 'Last 7 days' },
  { value: 'now-30d', label: 'Last 30 days' },
];

const units: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** "now-24h" or an RFC 3339 time, in milliseconds; null when it is neither. */
export function instant(text: string, now: number): number | null {
  if (text === 'now') return now;
  const m = /^now([+-])(\d{1,6})([smhdw])$/.exec(text);
  if (m) {
    const unit = units[m[3] ?? ''] ?? 0;
    return now + (m[1] === '-' ? -1 : 1) * Number(m[2]) * unit;
  }
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return null;
  const zoned = /([zZ]|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes('T') ? text : `${text}Z`;
  const t = Date.parse(zoned);
  return Number.isNaN(t) ? null : t;
}

export const defaultFrom = 'now-24h';

/** Fixed ends for one run, so that list, histogram and counts speak of the same window. */
export function fixed(
  from: string | undefined,
  to: string | undefined,
  now: number,
): { from: string; to: string } {
  const end = instant(to ?? 'now', now) ?? now;
  const start = instant(from ?? defaultFrom, now) ?? end - 86_400_000;
  const [a, b] = start <= end ? [start, end] : [end, start];
  return { from: new Date(a).toISOString(), to: new Date(b).toISOString() };
}

/** Where in the text an offset in bytes of UTF-8 falls, for pointing at an error. */
export function charOffset(text: string, byteOffset: number): number {
  const encoder = new TextEncoder();
  let bytes = 0;
  let at = 0;
  for (const ch of text) {
    if (bytes >= byteOffset) break;
    bytes += encoder.encode(ch).length;
    at += ch.length;
  }
  return at;
}

export const splitCols = (cols: string | undefined): string[] =>
  cols ? cols.split(',').filter(Boolean) : [];
