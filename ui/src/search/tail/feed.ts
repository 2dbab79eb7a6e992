import { ApiError, sentence } from '../../api/problem';
import type { StreamMessage } from '../../api/search';
import { follow as followStream } from '../../api/searchStream';
import type { EventRow } from '../../api/types';

export const mostKept = 2000;

export type Tailed = {
  /** Oldest first, at most mostKept. */
  rows: EventRow[];
  /** What came while it stood still; shown when it goes on. */
  waiting: number;
  paused: boolean;
  seen: number;
  /** What the server left out because it came too fast. */
  dropped: number;
  /** Events a second, over the last ten. */
  rate: number;
  connection: 'connecting' | 'live' | 'lost' | 'refused';
  error: ApiError | null;
};

type Follow = (
  path: string,
  query: Record<string, string>,
  signal: AbortSignal,
) => AsyncGenerator<StreamMessage>;
type Options = { follow?: Follow; now?: () => number; beat?: number };

const window10 = 10_000;

/** A batch comes in the order of the journal; one that is newest first, as in a search, is turned round. */
function oldestFirst(rows: EventRow[]): EventRow[] {
  const [first, last] = [rows[0], rows.at(-1)];
  return first && last && first.received > last.received ? rows.toReversed() : rows;
}

/** Events as they come. It draws four times a second at most, however many there are. */
export class Feed {
  private held: EventRow[] = [];
  private arrivals: { at: number; count: number }[] = [];
  private state: Tailed = {
    rows: [],
    waiting: 0,
    paused: false,
    seen: 0,
    dropped: 0,
    rate: 0,
    connection: 'connecting',
    error: null,
  };
  private listeners = new Set<() => void>();
  private controller: AbortController | null = null;
  private timer = 0;
  private retry = 0;
  private readonly follow: Follow;
  private readonly now: () => number;
  private readonly beat: number;

  constructor(
    private readonly q: string,
    o: Options = {},
  ) {
    this.follow = o.follow ?? followStream;
    this.now = o.now ?? Date.now;
    this.beat = o.beat ?? 250;
  }

  subscribe = (f: () => void): (() => void) => {
    this.listeners.add(f);
    return () => this.listeners.delete(f);
  };
  get = (): Tailed => this.state;

  start(): void {
    this.controller = new AbortController();
    this.timer = window.setInterval(() => this.draw(), this.beat);
    void this.listen(this.controller.signal, 1000);
  }

  stop(): void {
    this.controller?.abort();
    window.clearInterval(this.timer);
    window.clearTimeout(this.retry);
  }

  pause(on: boolean): void {
    if (on === this.state.paused) return;
    this.state = { ...this.state, paused: on };
    this.draw(true);
  }

  clear(): void {
    this.held = [];
    this.state = { ...this.state, rows: [], waiting: 0 };
    this.draw(true);
  }

  private async listen(signal: AbortSignal, pause: number): Promise<void> {
    try {
      for await (const m of this.follow('/events/tail', { q: this.q }, signal)) {
        pause = 1000;
        this.take(m);
      }
    } catch (e) {
      if (signal.aborted) return;
      // A refusal stays one; all else passes.
      if (e instanceof ApiError && e.status >= 400 && e.status < 500 && e.status !== 429) {
        this.state = { ...this.state, connection: 'refused', error: e };
        this.draw(true);
        return;
      }
      this.state = {
        ...this.state,
        error:
          e instanceof ApiError ? e : new ApiError({ title: '', status: 0, detail: sentence(e), kind: '' }),
      };
    }
    if (signal.aborted || this.state.connection === 'refused') return;
    this.state = { ...this.state, connection: 'lost' };
    this.draw(true);
    this.retry = window.setTimeout(() => void this.listen(signal, Math.min(pause * 2, 30_000)), pause);
  }

  private take(m: StreamMessage): void {
    if (this.state.connection !== 'live') {
      this.state = { ...this.state, connection: 'live', error: null };
      this.draw(true);
    }
    if (m.kind === 'rows') {
      this.held.push(...oldestFirst(m.items));
      if (this.held.length > mostKept) this.held.splice(0, this.held.length - mostKept);
      this.arrivals.push({ at: this.now(), count: m.items.length });
      this.state = { ...this.state, seen: this.state.seen + m.items.length };
    } else if (m.kind === 'dropped') this.state = { ...this.state, dropped: this.state.dropped + m.count };
    else if (m.kind === 'failed')
      this.state = { ...this.state, connection: 'refused', error: new ApiError(m.problem) };
  }

  private draw(always = false): void {
    const now = this.now();
    this.arrivals = this.arrivals.filter((a) => now - a.at < window10);
    const rate = this.arrivals.reduce((n, a) => n + a.count, 0) / (window10 / 1000);
    const before = this.state;
    if (!before.paused && this.held.length > 0) {
      this.state = { ...before, rows: [...before.rows, ...this.held].slice(-mostKept), waiting: 0, rate };
      this.held = [];
    } else if (always || before.rate !== rate || before.waiting !== this.held.length)
      this.state = { ...before, rate, waiting: before.paused ? this.held.length : 0 };
    else return;
    for (const f of this.listeners) f();
  }
}
