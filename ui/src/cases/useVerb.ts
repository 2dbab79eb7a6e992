import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { toast, useAct } from '../api/act';
import { post, seg } from '../api/client';
import { isStale } from '../api/problem';
import { caseDetail } from '../api/queries';
import type { CaseDetail } from '../api/types';

export function keep(client: QueryClient, detail: CaseDetail): void {
  client.setQueryData(caseDetail(detail.case.id).queryKey, detail);
  void client.invalidateQueries({ queryKey: ['case', detail.case.id, 'timeline'] });
  for (const key of ['cases', 'inbox', 'oncall']) void client.invalidateQueries({ queryKey: [key] });
}

export type Deed = { id: string; verb: string; version: number; body: unknown };

export const doVerb = (d: Deed): Promise<CaseDetail> =>
  post<CaseDetail>(`/cases/${seg(d.id)}/${d.verb}`, d.body, { version: d.version });

/** Does a verb. The whole case comes back, so the screen is right at once. */
export function useVerb(o: { quiet?: boolean; after?: (d: CaseDetail) => void } = {}) {
  const client = useQueryClient();
  return useAct<Deed & { done: string }, CaseDetail>({
    run: doVerb,
    quiet: o.quiet,
    after: (detail, v) => {
      keep(client, detail);
      toast(`${detail.case.number}: ${v.done}`);
      o.after?.(detail);
    },
  });
}

/** The same act on many cases; each stands or falls by itself. */
export async function doMany(
  client: QueryClient,
  deeds: Deed[],
): Promise<{ done: number; failed: { id: string; stale: boolean }[] }> {
  const failed: { id: string; stale: boolean }[] = [];
  let done = 0;
  for (const deed of deeds) {
    try {
      keep(client, await doVerb(deed));
      done++;
    } catch (e) {
      failed.push({ id: deed.id, stale: isStale(e) });
    }
  }
  return { done, failed };
}
