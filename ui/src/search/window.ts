// The window of time of a search, as the URL says it and as the API wants it.
import { duration, utc } from '../display/time';

export const presets = [
  { value: 'now-15m', label: 'Last 15 minutes' },
  { value: 'now-1h', label: 'Last hour' },
  { value: 'now-4h', label: 'Last 4 hours' },
  { value: 'now-24h', label: 'Last 24 hours' },
  { value: 'now-7d', label: 'Last 7 days' },
  { value: 'now-30d', label: 'Last 30 days' },
  { value: 'now-90d', label: 'Last 90 days' },
];

export const units: Record<string, { ms: number; name: string }> = {
  s: { ms: 1000, name: 'seconds' },
  m: { ms: 60_000, name: 'minutes' },
  h: { ms: 3_600_000, name: 'hours' },
  d: { ms: 86_400_000, name: 'days' },
  w: { ms: 604_800_000, name: 'weeks' },
};

const relative = /^now(?:([+-])(\d{1,6})([smhdw]))?$/;

/** "now-24h" or an RFC 3339 time, in milliseconds; null when it is neither. */
export function instant(text: string, now: number): number | null {
  const m = relative.exec(text);
  if (m) {
    const by = m[3] ? Number(m[2]) * (units[m[3]]?.ms ?? 0) : 0;
    return now + (m[1] === '-' ? -by : by);
  }
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return null;
  const zoned = /([zZ]|[+-]\d{2}:?\d{2})$/.test(text) || !text.includes('T') ? text : `${text}Z`;
  const t = Date.parse(zoned);
  return Number.isNaN(t) ? null : t;
}

export const defaultFrom = 'now-24h';
const day = 86_400_000;

type Ends = { from: string; to: string };
const ends = (from: number, to: number): Ends => ({
  from: new Date(from).toISOString(),
  to: new Date(to).toISOString(),
});

/** Fixed ends for one run, so that list, histogram and counts speak of the same window. */
export function fixed(from: string | undefined, to: string | undefined, now: number): Ends {
  const end = instant(to ?? 'now', now) ?? now;
  const start = instant(from ?? defaultFrom, now) ?? end - day;
  return start <= end ? ends(start, end) : ends(end, start);
}

/** The window before (-1) or after (+1) this one, just as wide. It may reach beyond now: clocks differ. */
export function shifted(from: string, to: string, by: -1 | 1): Ends {
  const [a, b] = [Date.parse(from), Date.parse(to)];
  return ends(a + by * (b - a), b + by * (b - a));
}

/** Twice as wide about the same middle, but not past now unless it was already. */
export function widened(from: string, to: string, now: number): Ends {
  const [a, b] = [Date.parse(from), Date.parse(to)];
  const half = Math.max(b - a, 1000) / 2;
  const end = b <= now ? Math.min(b + half, now) : b + half;
  return ends(end - 4 * half, end);
}

/** A quarter of an hour to either side. */
export const around = (at: string, minutes = 15): Ends =>
  ends(Date.parse(at) - minutes * 60_000, Date.parse(at) + minutes * 60_000);

/** "Last 24 hours", "Last 36 h", or both ends. */
export function windowName(from: string | undefined, to: string | undefined, now: number): string {
  const start = from ?? defaultFrom;
  if (!to || to === 'now') {
    const preset = presets.find((p) => p.value === start);
    if (preset) return preset.label;
    const m = relative.exec(start);
    if (m?.[1] === '-' && m[3]) return `Last ${m[2]} ${units[m[3]]?.name}`;
  }
  const e = fixed(from, to, now);
  const [a, b] = [utc(e.from), utc(e.to)];
  const sameDay = a.slice(0, 10) === b.slice(0, 10);
  const fine = Date.parse(e.to) - Date.parse(e.from) < 600_000;
  const clock = (t: string) => t.slice(11, fine ? 19 : 16);
  return `${a.slice(0, 10)} ${clock(a)} – ${sameDay ? '' : `${b.slice(0, 10)} `}${clock(b)}`;
}

/** How wide it is, in words. */
export const widthName = (from: string, to: string): string => duration(Date.parse(to) - Date.parse(from));

const encoder = new TextEncoder();

/** Where in the text an offset in bytes of UTF-8 falls, for pointing at an error. */
export function charOffset(text: string, byteOffset: number): number {
  let bytes = 0;
  let at = 0;
  for (const ch of text) {
    if (bytes >= byteOffset) break;
    bytes += encoder.encode(ch).length;
    at += ch.length;
  }
  return at;
}

/** The other way round: how many bytes stand before a place in the text. */
export const byteOffset = (text: string, at: number): number => encoder.encode(text.slice(0, at)).length;
