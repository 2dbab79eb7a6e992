// Which rules a person wants to see, and in which order. The whole list is in
// the browser, so an answer comes with the key press.
import type { Logsource, Rule, RuleState } from '../../api/detection';
import { filterNames, type Wanted } from './names';

export type { Wanted } from './names';

export const levels = ['critical', 'high', 'medium', 'low', 'informational'];
export const states: RuleState[] = ['live', 'waiting', 'blind', 'disabled'];
const levelRank = (level: string): number => levels.length - levels.indexOf(level);

const same = (want: string | undefined, have: string): boolean =>
  !want || want.toLowerCase() === have.toLowerCase();

const hasTag = (want: string | undefined, tags: string[]): boolean => {
  if (!want) return true;
  const w = want.toLowerCase();
  return tags.some((t) => {
    const have = t.toLowerCase();
    // A technique stands for its sub-techniques too.
    return have === w || have === `attack.${w}` || have.startsWith(`attack.${w}.`);
  });
};

/** Everything that words are looked for in, made once a rule. */
const texts = new WeakMap<Rule, string>();
function textOf(r: Rule): string {
  const known = texts.get(r);
  if (known !== undefined) return known;
  const l = r.logsource;
  const text = [r.title, r.id, r.author, r.file, r.pack, l.category, l.product, l.service, ...r.tags]
    .join('\n')
    .toLowerCase();
  texts.set(r, text);
  return text;
}

export function mentions(r: Rule, words: string): boolean {
  const text = textOf(r);
  return words.split(/\s+/).every((w) => text.includes(w));
}

/** The rules that fit. `described` are those that the server found by their description. */
export function find(rules: Rule[], want: Wanted, described?: ReadonlySet<string>): Rule[] {
  const q = (want.q ?? '').trim().toLowerCase();
  const found = rules.filter(
    (r) =>
      same(want.pack, r.pack) &&
      same(want.origin, r.origin) &&
      same(want.level, r.level) &&
      same(want.status, r.status) &&
      same(want.product, r.logsource.product) &&
      same(want.category, r.logsource.category) &&
      same(want.state, r.state) &&
      hasTag(want.tag, r.tags) &&
      (!want.hits || (want.hits === 'yes') === r.hits > 0) &&
      (!q || mentions(r, q) || described?.has(r.id)),
  );
  const order = orders[want.sort ?? ''] ?? orders.title;
  return found.sort((a, b) => order?.(a, b) || byTitle(a, b) || (a.id < b.id ? -1 : 1));
}

const collator = new Intl.Collator('en', { sensitivity: 'base', numeric: true });
const byTitle = (a: Rule, b: Rule): number => collator.compare(a.title, b.title);

/** The largest, latest and most pressing stand first; what is not known stands last. */
const orders: Record<string, (a: Rule, b: Rule) => number> = {
  title: byTitle,
  hits: (a, b) => b.hits - a.hits,
  last_hit: (a, b) => (a.last_hit < b.last_hit ? 1 : a.last_hit > b.last_hit ? -1 : 0),
  false_positives: (a, b) => (b.false_positives.rate ?? -1) - (a.false_positives.rate ?? -1),
  cost: (a, b) => b.cost.nanos - a.cost.nanos,
  level: (a, b) => levelRank(b.level) - levelRank(a.level),
  state: (a, b) => states.indexOf(a.state) - states.indexOf(b.state),
};

export type Facet = { value: string; count: number };
export type FacetName = 'pack' | 'origin' | 'level' | 'status' | 'product' | 'category';

const facetOf: Record<FacetName, (r: Rule) => string> = {
  pack: (r) => r.pack,
  origin: (r) => r.origin,
  level: (r) => r.level,
  status: (r) => r.status,
  product: (r) => r.logsource.product,
  category: (r) => r.logsource.category,
};

/** What can be chosen, and how many rules each choice would leave. */
export function facets(rules: Rule[], name: FacetName): Facet[] {
  const counts = new Map<string, number>();
  for (const r of rules) {
    const v = facetOf[name](r);
    if (v) counts.set(v, (counts.get(v) ?? 0) + 1);
  }
  const out = [...counts].map(([value, count]) => ({ value, count }));
  return name === 'level'
    ? out.sort((a, b) => levels.indexOf(a.value) - levels.indexOf(b.value))
    : out.sort((a, b) => b.count - a.count || collator.compare(a.value, b.value));
}

export const isNarrowed = (want: Wanted): boolean =>
  filterNames.some((n) => n !== 'sort' && n !== 'rule' && Boolean(want[n]));

export const logsourceText = (l: Logsource): string =>
  [l.product, l.category, l.service].filter(Boolean).join(' / ') || 'any log source';
