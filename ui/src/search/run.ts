import type { Query } from '../api/client';
import { ApiError, sentence, unreachable } from '../api/problem';
import type * as S from '../api/search';
import { follow } from '../api/searchStream';
import type { EventRow } from '../api/types';

export type Ask = { q: string; from: string; to: string; tz: string };

/** running: the first answer comes; older: more rows come below. */
export type Phase = 'running' | 'older' | 'done' | 'stopped' | 'failed';
export type Found = {
  phase: Phase;
  rows: EventRow[];
  histogram: S.StreamHistogram | null;
  fields: S.FieldStats | null;
  table: S.ResultTable | null;
  progress: S.SearchProgress | null;
  done: S.SearchDone | null;
  error: ApiError | null;
  startedAt: number;
};

type Follow = (path: string, query: Query, signal: AbortSignal) => AsyncGenerator<S.StreamMessage>;
type Options = { follow?: Follow; now?: () => number; gather?: number };

export const firstRows = 500;
export const olderRows = 1000;

/** What the screen holds at most; beyond it an export is the way. */
export const mostRows = 50_000;

/**
 * One search from the first row to the last page. It lives outside of React: messages are gathered for
 * some milliseconds, so that a fast answer does not draw the screen a hundred times.
 */
export class SearchRun {
  private found: Found;
  private controller: AbortController | null = null;
  private seen = new Set<string>();
  private listeners = new Set<() => void>();
  private timer = 0;
  private readonly follow: Follow;
  private readonly now: () => number;
  private readonly gather: number;

  constructor(
    private readonly ask: Ask,
    o: Options = {},
  ) {
    this.follow = o.follow ?? follow;
    this.now = o.now ?? Date.now;
    this.gather = o.gather ?? 60;
    this.found = this.empty();
  }

  subscribe = (f: () => void): (() => void) => {
    this.listeners.add(f);
    return () => this.listeners.delete(f);
  };
  get = (): Found => this.found;

  start(): void {
    this.seen.clear();
    this.found = this.empty();
    void this.read('running', { limit: firstRows, buckets: 80 });
  }

  /** Goes on below the last row, also after the time ran out. */
  older(): void {
    const next = this.found.done?.next;
    if (!next || this.isGoing() || this.found.rows.length >= mostRows) return;
    void this.read('older', { limit: olderRows, cursor: next, buckets: 0, fields: 'none' });
  }

  stop(): void {
    this.controller?.abort();
    this.controller = null;
    if (this.isGoing()) this.change({ phase: 'stopped' }, true);
  }

  private isGoing = (): boolean => this.found.phase === 'running' || this.found.phase === 'older';

  private empty = (): Found => ({
    phase: 'running',
    rows: [],
    histogram: null,
    fields: null,
    table: null,
    progress: null,
    done: null,
    error: null,
    startedAt: this.now(),
  });

  private async read(phase: 'running' | 'older', query: Query): Promise<void> {
    this.controller?.abort();
    const controller = new AbortController();
    this.controller = controller;
    this.change({ phase, error: null, startedAt: this.now() }, true);
    try {
      const tz = this.ask.tz === 'UTC' ? undefined : this.ask.tz;
      for await (const m of this.follow('/search/stream', { ...this.ask, tz, ...query }, controller.signal)) {
        if (controller.signal.aborted) return;
        this.take(m, phase);
      }
      // A stream that ends without having said so was cut off on the way.
      if (this.controller === controller && this.isGoing()) this.fail(unreachable());
    } catch (e) {
      if (controller.signal.aborted) return;
      this.fail(
        e instanceof ApiError
          ? e
          : new ApiError({ title: 'Error', status: 0, detail: sentence(e), kind: 'unreachable' }),
      );
    }
  }

  private take(m: S.StreamMessage, phase: 'running' | 'older'): void {
    // The list's end says nothing about the whole, which the first answer has counted.
    const first = phase === 'running';
    switch (m.kind) {
      case 'rows': {
        const fresh = m.items.filter((r) => !this.seen.has(r.id));
        for (const r of fresh) this.seen.add(r.id);
        if (fresh.length > 0) this.change({ rows: [...this.found.rows, ...fresh] });
        return;
      }
      case 'histogram':
        if (first) this.change({ histogram: m.histogram });
        return;
      case 'fields':
        if (first) this.change({ fields: m.fields });
        return;
      case 'table':
        this.change({ table: m.table });
        return;
      case 'progress':
        this.change({ progress: m.progress });
        return;
      case 'done':
        this.change({ phase: 'done', done: m.done }, true);
        return;
      case 'failed':
        this.fail(new ApiError(m.problem));
    }
  }

  private fail(error: ApiError): void {
    this.change({ phase: 'failed', error }, true);
  }

  private change(by: Partial<Found>, atOnce = false): void {
    this.found = { ...this.found, ...by };
    if (atOnce) this.tell();
    else if (!this.timer) this.timer = window.setTimeout(this.tell, this.gather);
  }

  private tell = (): void => {
    window.clearTimeout(this.timer);
    this.timer = 0;
    for (const f of this.listeners) f();
  };
}
