import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { get, type Query, seg, setCsrf } from './client';
import { ApiError } from './problem';
import type * as T from './types';

// Keys start with the subject of the record's entries, so that the feed can
// say which ones an entry touches (see affected.ts).

export const me = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }): Promise<T.Me | null> => {
    try {
      const m = await get<T.Me>('/me', undefined, signal);
      setCsrf(m.csrf);
      return m;
    } catch (e) {
      if (e instanceof ApiError && e.status === 401) return null;
      throw e;
    }
  },
  staleTime: 5 * 60_000,
});

export const one = <R>(queryKey: readonly unknown[], path: string, query?: Query) =>
  queryOptions({ queryKey, queryFn: ({ signal }) => get<R>(path, query, signal) });

const pages = <I, R extends T.List<I> = T.List<I>>(
  queryKey: readonly unknown[],
  path: string,
  query: Query,
) =>
  infiniteQueryOptions({
    queryKey,
    queryFn: ({ signal, pageParam }) => get<R>(path, { ...query, cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });

export const cases = (filter: Query) => pages<T.Case>(['cases', filter], '/cases', { limit: 50, ...filter });
export const casesOnce = (filter: Query) => one<T.List<T.Case>>(['cases', 'once', filter], '/cases', filter);
export const inbox = one<{ items: T.InboxItem[] }>(['inbox'], '/inbox', { limit: 200 });
export const caseDetail = (id: string) => one<T.CaseDetail>(['case', id], `/cases/${seg(id)}`);
export const caseTimeline = (id: string, lens: string) =>
  one<{ items: T.TimelineItem[] }>(['case', id, 'timeline', lens], `/cases/${seg(id)}/timeline`, { lens });
export const caseEvents = (id: string) =>
  one<{ items: T.EventRow[] }>(['case', id, 'events'], `/cases/${seg(id)}/events`);

export const alerts = (q: string) => pages<T.Alert>(['alerts', q], '/alerts', { limit: 50, q });
export const events = (q: string, from: string, to: string) =>
  pages<T.EventRow, T.EventPage>(['events', 'list', q, from, to], '/events', { q, from, to, limit: 200 });
export const histogram = (q: string, from: string, to: string) =>
  one<T.Histogram>(['events', 'histogram', q, from, to], '/events/histogram', { q, from, to, buckets: 60 });
export const topValues = (q: string, from: string, to: string, field: string) =>
  one<{ items: T.TopValue[] }>(['events', 'top', q, from, to, field], '/events/top', {
    q,
    from,
    to,
    field,
    limit: 10,
  });
export const columns = one<{ items: T.Column[] }>(['columns'], '/events/columns');

export const oncallNow = one<T.OncallNow>(['oncall', 'now'], '/oncall/now');
export const schedules = one<T.List<T.Schedule>>(['oncall', 'schedules'], '/oncall/schedules');
export const shifts = (id: string, from: string, to: string) =>
  one<{ items: T.Shift[] }>(['oncall', 'shifts', id, from, to], `/oncall/schedules/${seg(id)}/shifts`, {
    from,
    to,
  });
export const escalations = one<T.List<T.EscalationPolicy>>(['oncall', 'policies'], '/oncall/policies');

export const people = one<T.List<T.Person>>(['people'], '/people', { limit: 500 });
export const tokens = one<T.List<T.Token>>(['tokens'], '/tokens', { limit: 500 });
export const sources = one<T.List<T.Source>>(['sources'], '/sources');
export const policy = one<T.Policy>(['policy'], '/policy');
export const articles = (q: string) =>
  one<T.List<T.Article>>(['articles', q], '/articles', { q, limit: 100 });
export const article = (id: string) => one<T.Article>(['article', id], `/articles/${seg(id)}`);
export const record = (kind: string, after: number) =>
  one<T.List<T.RecordRow>>(['record', kind, after], '/record', { kind, after, limit: 100 });
export const checkpoint = one<T.Checkpoint>(['record', 'checkpoint'], '/record/checkpoint');
export const exercises = one<T.List<T.Exercise>>(['exercises'], '/exercises');
export const status = queryOptions({
  ...one<T.Status>(['status'], '/status'),
  refetchInterval: 15_000,
});
