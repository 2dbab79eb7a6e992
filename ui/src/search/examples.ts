// Examples of the language that find something here: made of the fields and values that are stored.
import type { FieldStats } from '../api/search';
import { fieldName, quote, term } from '../display/query';

export type Example = { q: string; says: string };

const isAddress = (v: string): boolean => /^\d{1,3}(\.\d{1,3}){3}$/.test(v);

/** At most eight, each of another part of the language. */
export function examples(stats: FieldStats | null): Example[] {
  const stat = (name: string) => stats?.items.find((f) => f.field === name);
  const value = (name: string) => stat(name)?.values.find((v) => v.value !== '')?.value;
  // Of the first field that is there.
  const some = (...names: string[]) => names.find((n) => value(n) !== undefined);
  const out: Example[] = [];
  const add = (q: string, says: string) => out.push({ q, says });

  const who = some('user.name', 'target_user.name');
  const where = some('host.name', 'source');
  const address = some('src.ip', 'dst.ip', 'peer');
  if (value('outcome') !== undefined && stat('outcome')?.values.some((v) => v.value === 'failure'))
    add('outcome:failure', 'what failed');
  if (who) add(term(who, value(who) ?? ''), 'one field, one value');
  if (where && who)
    add(`${fieldName(who)}:* not ${term(where, value(where) ?? '')}`, 'has a user, elsewhere');
  else if (where) add(term(where, value(where) ?? ''), 'one field, one value');
  const several = stat(who ?? where ?? '')?.values.slice(0, 2) ?? [];
  if (several.length === 2)
    add(
      `${fieldName(who ?? where ?? '')}:(${several.map((v) => quote(v.value)).join(' or ')})`,
      'one of two',
    );
  const ip = address ? (value(address) ?? '') : '';
  if (address && isAddress(ip)) add(`${address}:${ip.replace(/\.\d+$/, '.0')}/24`, 'a network');
  const counted = address ?? who ?? where;
  if (counted) add(`* | top 10 ${fieldName(counted)}`, 'the ten commonest, with a chart');
  add(`* | timechart count${where ? ` by ${fieldName(where)}` : ''}`, 'counts over time');
  add('severity:>=high', 'severities have an order');
  return out.slice(0, 8);
}

export const syntax: [string, string][] = [
  ['failed password', 'both words, anywhere in the record'],
  ['"failed password"', 'the phrase'],
  ['*pass*', 'a part of a word'],
  ['user.name:alice', 'a field'],
  ['user:(alice or bob)', 'one of several'],
  ['host.name:web-*', '* any text, ? one character'],
  ['not outcome:success', 'the opposite; -outcome:success is the same'],
  ['src.ip:10.0.0.0/8', 'an address range'],
  ['http.status:>=500', 'comparison; also [400 TO 499]'],
  ['severity:>=high', 'severities in their order'],
  ['url.path:/^\\/api\\//', 'a regular expression (RE2)'],
  ['user.name:*', 'the field is there'],
  ['time:>now-15m', 'a time; the window beside is quicker'],
];

export const pipeSyntax: [string, string][] = [
  ['| count by host.name', 'how many of each'],
  ['| top 10 src.ip', 'the commonest values'],
  ['| timechart span=5m count by outcome', 'over time'],
  ['| stats dc(user.name) as users by src.ip', 'figures: sum, avg, min, max, dc, median, p95…'],
  ['| where users > 3', 'keeps rows of the table'],
  ['| sort -users | head 5', 'the largest five'],
  ['| dedup user.name', 'the newest of each'],
  ['| fields user.name, src.ip', 'these columns only'],
];
