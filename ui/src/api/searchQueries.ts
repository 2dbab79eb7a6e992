import { queryOptions } from '@tanstack/react-query';
import { seg } from './client';
import { one } from './queries';
import type * as S from './search';

export const suggestions = (q: string, pos: number, from: string, to: string) =>
  queryOptions({
    ...one<{ items: S.Suggestion[] }>(['events', 'suggest', q, pos, from, to], '/search/suggest', {
      q,
      pos,
      from,
      to,
    }),
    staleTime: 30_000,
    retry: false,
  });

export const check = (q: string) =>
  queryOptions({
    ...one<S.Check>(['events', 'check', q], '/search/check', { q }),
    staleTime: 5 * 60_000,
    retry: false,
  });

/** The whole answer at once, for places that need one number of it. */
export const searchOnce = (q: string, from: string, to: string, limit: number) =>
  one<S.SearchAnswer>(['events', 'once', q, from, to, limit], '/search', { q, from, to, limit });

export const entity = (kind: string, value: string, from: string, to: string) =>
  queryOptions({
    ...one<S.EntityPage>(['events', 'entity', kind, value, from, to], `/entities/${seg(kind)}`, {
      value,
      from,
      to,
    }),
    staleTime: 60_000,
  });

const unfinished: S.ExportState[] = ['waiting', 'running'];
export const isExporting = (e: S.Export | undefined): boolean =>
  e !== undefined && unfinished.includes(e.state);

export const exportList = queryOptions({
  ...one<{ items: S.Export[] }>(['exports'], '/exports'),
  refetchInterval: (q) => (q.state.data?.items.some(isExporting) ? 1000 : false),
});
export const exportOne = (id: string) =>
  queryOptions({
    ...one<S.Export>(['exports', id], `/exports/${seg(id)}`),
    refetchInterval: (q) => (isExporting(q.state.data) ? 1000 : false),
  });
