// Placing sessions on a line of time, and choosing among what happened.
import type { LookItem, LookKind, Session } from '../../api/lookback';
import { duration, utcDay } from '../../display/time';

/** Where a session stands between two ends, in per cent. It is at least wide enough to be seen. */
export function placed(s: Session, from: string, to: string): { left: number; width: number } {
  const [a, b] = [Date.parse(from), Date.parse(to)];
  const whole = Math.max(1, b - a);
  const clip = (n: number) => Math.max(0, Math.min(100, (100 * (n - a)) / whole));
  const left = clip(Date.parse(s.start));
  const right = clip(s.end ? Date.parse(s.end) : b);
  const width = Math.max(0.4, right - left);
  return { left: Math.min(left, 100 - width), width };
}

export function sessionText(s: Session): string {
  const long = s.end ? duration(Date.parse(s.end) - Date.parse(s.start)) : '';
  const end = {
    logout: `${long}, then logged out`,
    replaced: `${long}, until the next login`,
    open: 'no logout was seen',
  }[s.how];
  const failed = s.failed_before > 0 ? `; ${s.failed_before} failed attempts before it` : '';
  return `${end}${failed}`;
}

/**
 * Sessions of the same person on the same machine stand in one line. Those that most of the case's users, hosts
 * and addresses are in come first: a busy host has many sessions that mean nothing.
 */
export function lines(
  all: Session[],
  entities: { value: string }[],
): { who: string; user: string; host: string; sessions: Session[] }[] {
  const named = new Set(entities.map((e) => e.value.toLowerCase()));
  const of = (s: Session) => [s.user, s.host, s.src_ip].filter((v) => named.has(v.toLowerCase())).length;
  const found = new Map<string, Session[]>();
  for (const s of all.toSorted((a, b) => a.start.localeCompare(b.start))) {
    const key = `${s.user}\t${s.host}`;
    const list = found.get(key);
    if (list) list.push(s);
    else found.set(key, [s]);
  }
  const about = (sessions: Session[]) => Math.max(...sessions.map(of));
  return [...found]
    .toSorted(([, a], [, b]) => about(b) - about(a))
    .map(([key, sessions]) => {
      const [user = '', host = ''] = key.split('\t');
      return { who: key, user, host, sessions };
    });
}

export const kindName: Record<LookKind, string> = {
  login: 'Logins',
  logout: 'Logouts',
  failure: 'Failures',
  process: 'Processes',
  network: 'Network',
  account: 'Accounts',
  alert: 'Alerts',
  other: 'Other',
};
export const kinds = Object.keys(kindName) as LookKind[];

export type Wish = { without: ReadonlySet<string>; entity: string; words: string };

/** What is to be seen: not of a hidden kind, of the entity, with all the words. */
export function wished(items: LookItem[], w: Wish): LookItem[] {
  const words = w.words.toLowerCase().split(/\s+/).filter(Boolean);
  return items.filter(
    (i) =>
      !w.without.has(i.kind) &&
      (!w.entity || `${i.entity.kind}:${i.entity.value}` === w.entity) &&
      words.every((word) => `${i.text} ${i.entity.value} ${i.source}`.toLowerCase().includes(word)),
  );
}

/** By day, oldest first: a story is read from its beginning. */
export function byDay(items: LookItem[]): { day: string; items: LookItem[] }[] {
  const days: { day: string; items: LookItem[] }[] = [];
  for (const i of items.toSorted((a, b) => a.at.localeCompare(b.at))) {
    const day = utcDay(i.at);
    const last = days.at(-1);
    if (last?.day === day) last.items.push(i);
    else days.push({ day, items: [i] });
  }
  return days;
}
