// A back-test in words: what was tried, and how it stands.
import type { Backtest, BacktestState } from '../../api/detection';
import { duration } from '../../display/time';

/** The title of the first rule of a draft. */
function titleOf(yaml: string): string {
  const m = /^title:[ \t]*(.+)$/m.exec(yaml);
  return (m?.[1] ?? '').trim().replace(/^(['"])(.*)\1$/, '$2');
}

export function subject(b: Pick<Backtest, 'spec'>): string {
  const { kind, pack, version, rule_yaml: yaml } = b.spec;
  if (kind === 'pack') return `${pack} ${version || 'in use'}`;
  const title = yaml ? titleOf(yaml) || 'A draft' : '';
  if (kind === 'set') return title ? `${title}, with the rules in use` : 'The rules in use';
  return title || 'A draft';
}

export const stateTone: Record<BacktestState, 'none' | 'low' | 'good' | 'high' | 'medium'> = {
  queued: 'none',
  running: 'low',
  cancelling: 'medium',
  done: 'good',
  failed: 'high',
  cancelled: 'medium',
};

/** How much has been read, 0 to 1; null while that cannot be said. */
export function part(b: Pick<Backtest, 'state' | 'progress'>): number | null {
  if (b.state === 'done') return 1;
  const { read, about } = b.progress;
  return about > 0 ? Math.min(1, read / about) : null;
}

/** How long the rest may take, from how long the part before took. */
export function estimate(b: Pick<Backtest, 'state' | 'progress' | 'started'>, now: number): string {
  const p = part(b);
  const since = now - Date.parse(b.started);
  if (b.state !== 'running' || !p || p >= 1 || !(since > 3000)) return '';
  return `about ${duration(Math.max(1000, (since / p) * (1 - p)))} left`;
}

const day = 86_400_000;
const nice = [60_000, 300_000, 900_000, 3_600_000, 4 * 3_600_000, day, 7 * day];

/** Buckets added up to a width that a chart can show, empty ones included. */
export function spread(
  buckets: { start: string; hits: number; hits_active: number }[],
  from: string,
  to: string,
  most = 60,
): { width: number; bars: { start: number; value: number; second: number }[] } {
  const a = Date.parse(from);
  const z = Date.parse(to);
  const width = nice.find((n) => (z - a) / n <= most) ?? nice.at(-1) ?? day;
  const first = Math.floor(a / width) * width;
  const count = Math.max(1, Math.ceil((z - first) / width));
  const bars = Array.from({ length: Math.min(count, 1000) }, (_, i) => ({
    start: first + i * width,
    value: 0,
    second: 0,
  }));
  for (const b of buckets) {
    const bar = bars[Math.floor((Date.parse(b.start) - first) / width)];
    if (!bar) continue;
    bar.value += b.hits;
    bar.second += b.hits_active;
  }
  return { width, bars };
}

export const perDay = (n: number): string => {
  if (n === 0) return '0';
  if (n < 0.1) return 'under 0.1';
  return n < 10 ? n.toFixed(1) : String(Math.round(n));
};
