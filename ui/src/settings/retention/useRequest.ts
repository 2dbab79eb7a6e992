import { useAct } from '../../api/act';
import { create } from '../../api/client';
import type { Change } from '../../api/retention';

export type Wanted = {
  kind: Exclude<Change['kind'], 'hold_release'>;
  reason: string;
  name?: string;
  days?: number;
  max_bytes?: number;
  floor_days?: number;
  id?: string;
  source?: string;
  source_type?: string;
  class?: string;
};

/** Asks for a change. What lengthens is in effect at once; what shortens waits, and the answer says so. */
export function useRequest(after: () => void) {
  return useAct<Wanted, Change>({
    run: (w) => create<Change>('/retention/changes', w),
    quiet: true,
    refresh: [['retention']],
    done: (c) =>
      c.state === 'applied'
        ? 'In effect'
        : 'Asked for; another person must approve it before anything is dropped',
    after,
  });
}
