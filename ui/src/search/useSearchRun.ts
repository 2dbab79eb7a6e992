import { useEffect, useMemo, useSyncExternalStore } from 'react';
import { type Ask, type Found, SearchRun } from './run';

/** Runs a search while the screen shows it; `nonce` makes the same search run again. */
export function useSearchRun({ q, from, to, tz }: Ask, nonce: number): [Found, SearchRun] {
  // biome-ignore lint/correctness/useExhaustiveDependencies: the nonce alone asks for a new run
  const run = useMemo(() => new SearchRun({ q, from, to, tz }), [q, from, to, tz, nonce]);
  useEffect(() => {
    run.start();
    return () => run.stop();
  }, [run]);
  return [useSyncExternalStore(run.subscribe, run.get), run];
}
