import { type Query, stream } from './client';
import type * as S from './search';
import { type Message, messages } from './sse';
import type { EventRow, Problem } from './types';

/** One message of a search or a tail, with the lists that Go leaves out put back. Unknown names are null. */
export function understand({ event, data }: Message): S.StreamMessage | null {
  const body: unknown = JSON.parse(data);
  switch (event) {
    case 'rows':
      return { kind: 'rows', items: (body as { items: EventRow[] | null }).items ?? [] };
    case 'histogram': {
      const h = body as S.StreamHistogram;
      return { kind: 'histogram', histogram: { ...h, buckets: h.buckets ?? [] } };
    }
    case 'fields': {
      const f = body as S.FieldStats;
      const items = (f.items ?? []).map((i) => ({ ...i, values: i.values ?? [] }));
      return { kind: 'fields', fields: { ...f, items } };
    }
    case 'table': {
      const t = body as S.ResultTable;
      return { kind: 'table', table: { ...t, columns: t.columns ?? [], rows: t.rows ?? [] } };
    }
    case 'progress':
      return { kind: 'progress', progress: body as S.SearchProgress };
    case 'done':
      return { kind: 'done', done: body as S.SearchDone };
    case 'dropped':
      return { kind: 'dropped', count: (body as { count: number }).count };
    case 'failed':
      return { kind: 'failed', problem: body as Problem };
  }
  return null;
}

/** Follows a stream until it ends; leaving the loop or aborting the signal cancels it on the server. */
export async function* follow(
  path: string,
  query: Query,
  signal: AbortSignal,
): AsyncGenerator<S.StreamMessage> {
  const answer = await stream(path, query, signal);
  yield { kind: 'open' };
  for await (const m of messages(answer)) {
    const said = understand(m);
    if (said) yield said;
  }
}
