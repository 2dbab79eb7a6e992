// What a class or a change means, said in words.
import type { Change, KeepClass } from '../../api/retention';
import { bytes } from '../../display/words';

export const daysText = (days: number): string =>
  days === 0 ? 'for ever' : days === 1 ? '1 day' : `${days} days`;
export const sizeText = (max: number): string => (max === 0 ? 'no limit' : `at most ${bytes(max)}`);

/** The part of its limit that a class uses, by age or by size, whichever is nearer; null without a limit. */
export function used(c: KeepClass, now: number): { part: number; of: string } | null {
  const parts: { part: number; of: string }[] = [];
  if (c.max_bytes > 0) parts.push({ part: c.bytes / c.max_bytes, of: sizeText(c.max_bytes) });
  if (c.days > 0 && c.oldest)
    parts.push({ part: (now - Date.parse(c.oldest)) / (c.days * 86_400_000), of: daysText(c.days) });
  const most = parts.sort((a, b) => b.part - a.part)[0];
  return most ? { ...most, part: Math.max(0, Math.min(1, most.part)) } : null;
}

const names: Record<string, string> = {
  days: 'kept',
  max_bytes: 'size',
  floor_days: 'early dropping by a full disk',
  source: 'source',
  source_type: 'source type',
  class: 'class',
};

function say(name: string, v: unknown): string {
  if (v === undefined || v === null || v === '') return 'any';
  if (name === 'days') return daysText(Number(v));
  if (name === 'max_bytes') return sizeText(Number(v));
  if (name === 'floor_days') return Number(v) === 0 ? 'never' : `from ${daysText(Number(v))} on`;
  return typeof v === 'object' ? JSON.stringify(v) : String(v);
}

/** Its parts, before and after; only what differs where there is both. */
export function parts(
  c: Pick<Change, 'before' | 'after'>,
): { name: string; before: string; after: string }[] {
  const keys = Object.keys({ ...c.before, ...c.after }).filter((k) => k in names);
  return keys
    .map((k) => ({
      name: names[k] ?? k,
      before: c.before ? say(k, c.before[k]) : '–',
      after: c.after ? say(k, c.after[k]) : '–',
    }))
    .filter((p) => p.before !== p.after);
}

export type Next = { text: string; approve: boolean; reject: boolean; cancel: boolean };

/** Where a change stands, and what the reader may do: who asked for it cannot approve it. */
export function next(c: Change, me: string, admin: boolean): Next {
  const none = { approve: false, reject: false, cancel: false };
  if (c.state === 'pending') {
    const mine = c.by === me;
    return {
      text: mine
        ? 'It waits for another person: somebody else with the right to change retention must approve it.'
        : 'It waits for a second person. You did not ask for it, so you may approve or reject it.',
      approve: admin && !mine,
      reject: admin && !mine,
      cancel: admin && mine,
    };
  }
  if (c.state === 'waiting')
    return { ...none, text: 'It is approved and takes effect by itself after the delay.', cancel: admin };
  const by = c.ended_by?.name ? ` by ${c.ended_by.name}` : '';
  const why = c.ended_reason ? `: ${c.ended_reason}` : '';
  if (c.state === 'rejected') return { ...none, text: `Rejected${by}${why}` };
  if (c.state === 'cancelled') return { ...none, text: `Cancelled${by}${why}` };
  return { ...none, text: 'In effect.' };
}
