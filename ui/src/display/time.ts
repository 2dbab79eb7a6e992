// Times are shown in UTC, always, so that two people in two places speak of the same one.

const two = (n: number): string => String(n).padStart(2, '0');

export const isSet = (iso: string | undefined | null): iso is string =>
  Boolean(iso) && !Number.isNaN(Date.parse(iso as string));

/** 2026-11-22 05:00:12 */
export function utc(iso: string): string {
  if (!isSet(iso)) return '';
  const d = new Date(iso);
  return `${utcDay(iso)} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
}

/** 2026-11-22 */
export function utcDay(iso: string): string {
  if (!isSet(iso)) return '';
  const d = new Date(iso);
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`;
}

/** 05:00 */
export function utcClock(iso: string): string {
  return utc(iso).slice(11, 16);
}

/** 2026-11-22 05:00:12.345 */
export function utcMillis(iso: string): string {
  if (!isSet(iso)) return '';
  return `${utc(iso)}.${String(new Date(iso).getUTCMilliseconds()).padStart(3, '0')}`;
}

/** The reader's own clock, for the hover. */
export function local(iso: string): string {
  if (!isSet(iso)) return '';
  return `${new Date(iso).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'long' })} (your time)`;
}

const units: [string, number][] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/** The two largest units that say something: "2 d 4 h", "3 min", "12 s". */
export function duration(ms: number): string {
  let rest = Math.abs(ms);
  if (rest < 1000) return '0 s';
  const parts: string[] = [];
  for (const [i, [name, size]] of units.entries()) {
    const n = Math.floor(rest / size);
    rest -= n * size;
    if (n > 0) parts.push(`${n} ${name}`);
    else if (parts.length > 0) break;
    // Seconds beside minutes only while they matter.
    if (parts.length === 2 || (parts.length === 1 && i === 2 && n >= 10)) break;
  }
  return parts.join(' ');
}

/** "3 min ago", "in 2 h", "just now". Minutes are enough once there are any. */
export function age(iso: string, now: number): string {
  if (!isSet(iso)) return '';
  const ms = now - Date.parse(iso);
  if (Math.abs(ms) < 5000) return 'just now';
  const shown = Math.abs(ms) < 60_000 ? ms : Math.trunc(ms / 60_000) * 60_000;
  return ms > 0 ? `${duration(shown)} ago` : `in ${duration(shown)}`;
}

export type Countdown = { text: string; tone: 'late' | 'soon' | 'calm' };

/** How long until a decision is due; soon is within a quarter of an hour. */
export function countdown(iso: string, now: number): Countdown | null {
  if (!isSet(iso)) return null;
  const left = Date.parse(iso) - now;
  if (left <= 0) return { text: `${duration(left)} late`, tone: 'late' };
  return { text: `${duration(left)} left`, tone: left < 15 * 60_000 ? 'soon' : 'calm' };
}

/** What a datetime-local input holds, read as UTC. */
export const toInput = (iso: string): string => (isSet(iso) ? new Date(iso).toISOString().slice(0, 16) : '');
export const fromInput = (value: string): string => (value ? new Date(`${value}Z`).toISOString() : '');
