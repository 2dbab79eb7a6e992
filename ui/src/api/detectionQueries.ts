import { queryOptions } from '@tanstack/react-query';
import { get, seg } from './client';
import type * as D from './detection';
import { one } from './queries';
import type { Alert, EventRow, List } from './types';

/** All rules with their figures. The server gives a thousand at a time. */
export const ruleBook = queryOptions({
  queryKey: ['rules', 'book'],
  queryFn: async ({ signal }): Promise<D.RulePage> => {
    const first = await get<D.RulePage>('/rules', { limit: 1000 }, signal);
    const items = [...first.items];
    for (let next = first.next; next; ) {
      const page = await get<D.RulePage>('/rules', { limit: 1000, cursor: next }, signal);
      items.push(...page.items);
      next = page.next;
    }
    return { ...first, items, next: '' };
  },
  staleTime: 60_000,
});

/** Rules that the server finds by words, in their descriptions too, which the list leaves out. */
export const rulesByWords = (q: string) =>
  queryOptions({
    ...one<D.RulePage>(['rules', 'words', q], '/rules', { q, limit: 1000 }),
    staleTime: 60_000,
  });

export const rule = (id: string) => one<D.RuleDetail>(['rules', 'one', id], `/rules/${seg(id)}`);
export const ruleHits = (id: string, days: number) =>
  queryOptions({
    ...one<{ items: D.HitBucket[] }>(['rules', 'hits', id, days], `/rules/${seg(id)}/hits`, { days }),
    staleTime: 5 * 60_000,
  });
export const explain = (id: string, event: string) =>
  one<D.Explain>(['rules', 'explain', id, event], `/rules/${seg(id)}/explain/${seg(event)}`);

export const filters = one<{ items: D.Filter[] }>(['rule-filters'], '/rule-filters', { limit: 1000 });
export const packs = one<{ items: D.Pack[] }>(['rule-packs'], '/rule-packs');
export const pack = (name: string) =>
  one<{ pack: D.Pack; history: D.History[] }>(['rule-packs', name], `/rule-packs/${seg(name)}`);
export const packVersion = (name: string, version: string) =>
  one<D.PackVersionDetail>(
    ['rule-packs', name, version],
    `/rule-packs/${seg(name)}/versions/${seg(version)}`,
  );
export const coverage = queryOptions({
  ...one<D.Coverage>(['rules', 'coverage'], '/coverage'),
  staleTime: 60_000,
});

const unfinished: D.BacktestState[] = ['queued', 'running', 'cancelling'];
export const isGoing = (b: D.Backtest | undefined): boolean =>
  b !== undefined && unfinished.includes(b.state);

export const backtests = queryOptions({
  ...one<{ items: D.Backtest[] }>(['backtests'], '/backtests'),
  refetchInterval: (q) => (q.state.data?.items.some(isGoing) ? 1000 : false),
});
export const backtest = (id: string) =>
  queryOptions({
    ...one<D.Backtest>(['backtests', id], `/backtests/${seg(id)}`),
    refetchInterval: (q) => (isGoing(q.state.data) ? 1000 : false),
  });

export const alert = (id: string) => one<Alert>(['alerts', 'one', id], `/alerts/${seg(id)}`);
/** The list knows words only, so the rule is picked out of what its title finds. */
export const alertsOfRule = (title: string) =>
  one<List<Alert>>(['alerts', 'of', title], '/alerts', { q: title.slice(0, 200), limit: 50 });
export const event = (id: string) => one<EventRow>(['events', 'one', id], `/events/${seg(id)}`);
