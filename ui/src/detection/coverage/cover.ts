// What a cell of the matrix says.
import type { Counts, Coverage, Tactic, Technique } from '../../api/detection';
import { number } from '../../display/words';

export type Grade = 'live' | 'waiting' | 'blind' | 'none';
export type Show = 'all' | 'covered' | 'uncovered' | 'hits';

/** The best that any rule of it can do. */
export function grade(c: Counts): Grade {
  if (c.live > 0) return 'live';
  if (c.waiting > 0) return 'waiting';
  return c.blind > 0 ? 'blind' : 'none';
}

export const gradeWords: Record<Grade, string> = {
  live: 'live: a rule can fire',
  waiting: 'waiting: rules, but no event of their sources yet',
  blind: 'blind: rules that cannot fire',
  none: 'none: no rule',
};

/** "3 of 5 live" says more than a colour. */
export function cellText(c: Counts): string {
  if (c.rules === 0) return c.disabled > 0 ? `${number(c.disabled)} off` : 'none';
  if (c.live > 0)
    return c.live === c.rules ? `${number(c.live)} live` : `${number(c.live)}/${number(c.rules)} live`;
  return c.waiting > 0 ? `${number(c.waiting)} waiting` : `${number(c.blind)} blind`;
}

export function sentenceOf(c: Counts): string {
  const parts = [`${number(c.live)} live`, `${number(c.waiting)} waiting`, `${number(c.blind)} blind`];
  if (c.disabled > 0) parts.push(`${number(c.disabled)} switched off`);
  return `${parts.join(', ')}; ${number(c.hits)} hits in 30 days`;
}

const says = (t: Technique, words: string): boolean =>
  `${t.id} ${t.name}`.toLowerCase().includes(words) || (t.sub_techniques ?? []).some((s) => says(s, words));

function wanted(t: Technique, show: Show): boolean {
  if (show === 'covered') return t.live > 0;
  if (show === 'uncovered') return t.live === 0;
  return show !== 'hits' || t.hits > 0;
}

/** The tactics with the techniques that fit; a tactic that has none left is left out. */
export function pick(tactics: Tactic[], q: string, show: Show): Tactic[] {
  const words = q.trim().toLowerCase();
  if (!words && show === 'all') return tactics;
  return tactics
    .map((tac) => ({
      ...tac,
      techniques: tac.techniques.filter((t) => wanted(t, show) && (!words || says(t, words))),
    }))
    .filter((tac) => tac.techniques.length > 0);
}

/** A technique or sub-technique by its id, wherever it stands. */
export function technique(c: Coverage, id: string): Technique | undefined {
  for (const tac of c.tactics)
    for (const t of tac.techniques) {
      if (t.id === id) return t;
      const sub = t.sub_techniques?.find((s) => s.id === id);
      if (sub) return sub;
    }
  return undefined;
}

export type Totals = { techniques: number; live: number; waiting: number; blind: number; none: number };

/** Each technique once, in however many tactics it stands. */
export function totals(c: Coverage): Totals {
  const seen = new Map<string, Grade>();
  for (const tac of c.tactics) for (const t of tac.techniques) seen.set(t.id, grade(t));
  const out: Totals = { techniques: seen.size, live: 0, waiting: 0, blind: 0, none: 0 };
  for (const g of seen.values()) out[g]++;
  return out;
}
