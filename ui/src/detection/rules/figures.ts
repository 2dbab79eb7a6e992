// The figures of a rule, in words.
import type { Cost, HitBucket, RuleState, Verdicts } from '../../api/detection';
import { number } from '../../display/words';

export function rateText(v: Verdicts): string {
  return v.enough && v.rate !== null ? `${Math.round(v.rate * 100)} %` : 'not enough verdicts';
}

export function verdictsText(v: Verdicts): string {
  if (v.verdicts === 0) return 'no case of its alerts has been judged yet';
  const parts = [`${number(v.false)} false`, `${number(v.harmless)} benign or authorised`];
  return `${parts.join(', ')} of ${number(v.verdicts)} judged cases`;
}

/** CPU time in a unit that one can compare by eye. */
export function nanos(n: number): string {
  if (n === 0) return '–';
  if (n < 1000) return `${n < 10 ? n.toFixed(1) : Math.round(n)} ns`;
  if (n < 1e6) return `${(n / 1000).toFixed(n < 1e4 ? 1 : 0)} µs`;
  if (n < 1e9) return `${(n / 1e6).toFixed(n < 1e7 ? 1 : 0)} ms`;
  return `${(n / 1e9).toFixed(n < 1e10 ? 1 : 0)} s`;
}

export const costText = (c: Cost): string =>
  c.evaluations === 0
    ? 'not measured yet'
    : c.nanos === 0
      ? 'too little to measure'
      : `${nanos(c.nanos_per_event)} an event, ${nanos(c.nanos)} for ${number(c.evaluations)} events since the rules were loaded`;

export const stateWords: Record<RuleState, string> = {
  live: 'It is live.',
  waiting: 'It waits.',
  blind: 'It is blind: it cannot fire.',
  disabled: 'It is switched off.',
};

/** A reason of the server as a sentence. */
export function asSentence(reason: string): string {
  if (!reason) return '';
  const s = (reason[0]?.toUpperCase() ?? '') + reason.slice(1);
  return /[.!?]$/.test(s) ? s : `${s}.`;
}

const day = 86_400_000;

/** One number a day up to today, with the days in between that had none. */
export function byDay(buckets: HitBucket[], days: number, now: number): { start: number; hits: number }[] {
  const today = Math.floor(now / day) * day;
  const out = Array.from({ length: days }, (_, i) => ({ start: today - (days - 1 - i) * day, hits: 0 }));
  for (const b of buckets) {
    const at = days - 1 - Math.round((today - Math.floor(Date.parse(b.start) / day) * day) / day);
    const slot = out[at];
    if (slot) slot.hits += b.hits;
  }
  return out;
}

/** The outline of small bars in a box, as one path. */
export function sparkPath(values: number[], width: number, height: number): string {
  const top = Math.max(...values, 1);
  const step = width / values.length;
  return values
    .map((v, i) => {
      if (v === 0) return '';
      const h = Math.max(1.5, (v / top) * height);
      return `M${(i * step).toFixed(1)} ${height}v-${h.toFixed(1)}h${(step - 1).toFixed(1)}v${h.toFixed(1)}z`;
    })
    .join('');
}

export const originName: Record<string, string> = {
  starter: 'came with Tocsin',
  pack: 'pack',
  directory: 'rules folder',
  own: 'made here',
};
