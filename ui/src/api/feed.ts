import type { QueryClient } from '@tanstack/react-query';
import { useEffect, useSyncExternalStore } from 'react';
import { affectedByAll } from './affected';
import { base } from './client';
import { me } from './queries';
import type { FeedEntry } from './types';

export type Connection = 'connecting' | 'live' | 'lost';

let connection: Connection = 'connecting';
const listeners = new Set<() => void>();

function say(next: Connection): void {
  if (next === connection) return;
  connection = next;
  for (const f of listeners) f();
}

export const useConnection = (): Connection =>
  useSyncExternalStore(
    (f) => {
      listeners.add(f);
      return () => listeners.delete(f);
    },
    () => connection,
  );

function readEntry(data: string): FeedEntry | null {
  try {
    return JSON.parse(data) as FeedEntry;
  } catch {
    return null;
  }
}

/**
 * Follows the record while someone is signed in. Entries are gathered for
 * 150 ms, so that a burst refreshes each query once. The browser reconnects by
 * itself with Last-Event-ID; when it gives up (an error status), this asks who
 * is signed in and starts again with growing pauses.
 */
export function useFeed(client: QueryClient, on: boolean): void {
  useEffect(() => {
    if (!on) return;
    let source: EventSource | null = null;
    let waiting: FeedEntry[] = [];
    let flushTimer = 0;
    let retryTimer = 0;
    let pause = 1000;
    let missed = false;

    const flush = () => {
      flushTimer = 0;
      for (const queryKey of affectedByAll(waiting)) void client.invalidateQueries({ queryKey });
      waiting = [];
    };
    const open = () => {
      source = new EventSource(`${base}/feed`);
      source.onopen = () => {
        pause = 1000;
        say('live');
        // What happened while nobody listened is not replayed to a new stream.
        if (missed) void client.invalidateQueries();
        missed = false;
      };
      source.onmessage = (m: MessageEvent<string>) => {
        const entry = readEntry(m.data);
        if (!entry) return;
        waiting.push(entry);
        if (!flushTimer) flushTimer = window.setTimeout(flush, 150);
      };
      source.onerror = () => {
        say('lost');
        if (source?.readyState !== EventSource.CLOSED) return;
        missed = true;
        void client.invalidateQueries({ queryKey: me.queryKey });
        retryTimer = window.setTimeout(open, pause);
        pause = Math.min(pause * 2, 30_000);
      };
    };
    open();
    return () => {
      source?.close();
      window.clearTimeout(flushTimer);
      window.clearTimeout(retryTimer);
      say('connecting');
    };
  }, [client, on]);
}
