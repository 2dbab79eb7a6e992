import { useQueryClient } from '@tanstack/react-query';
import { useRouter } from '@tanstack/react-router';
import { useAct } from '../api/act';
import { post, setCsrf } from '../api/client';
import { me } from '../api/queries';
import type { Me } from '../api/types';
import { safeNext } from '../shell/urlState';

/** Signs in by one of the three doors, then opens what was asked for. */
export function useEnter<V>(door: '/login' | '/setup' | '/invitation', next?: string) {
  const client = useQueryClient();
  const router = useRouter();
  return useAct<V, Me>({
    run: (v) => post<Me>(door, v),
    quiet: true,
    after: (m) => {
      setCsrf(m.csrf);
      client.clear();
      client.setQueryData(me.queryKey, m);
      router.history.push(safeNext(next));
    },
  });
}

export const passphraseHint = 'At least 12 characters. Four words that nobody would put together do well.';
