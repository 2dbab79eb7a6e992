// Times as a clock on the wall of some zone shows them. Everywhere else the interface speaks UTC.

export const browserZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC';

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en-GB', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}

/** UTC, the reader's own zone, then all others. */
export function zones(): string[] {
  const all = Intl.supportedValuesOf?.('timeZone') ?? [];
  return [...new Set(['UTC', browserZone(), ...all])];
}

/** What the wall shows at an instant: 2026-11-22T06:00. */
export function toWall(at: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(at);
  const get = (type: string) => parts.find((p) => p.type === type)?.value ?? '00';
  return `${get('year')}-${get('month')}-${get('day')}T${get('hour')}:${get('minute')}`;
}

/** The instant at which the wall shows this; in the hour that a clock skips, the one right after. */
export function fromWall(wall: string, zone: string): number | null {
  const asUTC = Date.parse(`${wall}Z`);
  if (!wall || Number.isNaN(asUTC)) return null;
  const off = (at: number) => Date.parse(`${toWall(at, zone)}Z`) - Math.floor(at / 60_000) * 60_000;
  // The offset before and after a change of the clock: one of the two fits, or none in a gap.
  const candidates = [off(asUTC - 86_400_000), off(asUTC + 86_400_000), off(asUTC)].map((o) => asUTC - o);
  return candidates.find((c) => toWall(c, zone) === wall.slice(0, 16)) ?? candidates[0] ?? null;
}

/** "UTC+02:00" at that instant. */
export function offsetName(at: number, zone: string): string {
  const part = new Intl.DateTimeFormat('en-GB', { timeZone: zone, timeZoneName: 'longOffset' })
    .formatToParts(at)
    .find((p) => p.type === 'timeZoneName')?.value;
  return (part ?? 'UTC').replace('GMT', 'UTC').replace('UTC+00:00', 'UTC');
}
