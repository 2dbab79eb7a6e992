import { useSyncExternalStore } from 'react';

/** What somebody wants to put on a case: events, what a query finds, or a single value. */
export type Keepable =
  | { kind: 'events'; ids: string[]; q: string; from: string; to: string }
  | { kind: 'query'; q: string; from: string; to: string; about: number | undefined }
  | { kind: 'value'; value: string; what: string };

let wanted: Keepable | null = null;
const listeners = new Set<() => void>();

/** Opens the drawer that asks for the case; it stands in the shell, so that every menu can ask for it. */
export function keepOnCase(next: Keepable | null): void {
  wanted = next;
  for (const f of listeners) f();
}

export const useWanted = (): Keepable | null =>
  useSyncExternalStore(
    (f) => {
      listeners.add(f);
      return () => listeners.delete(f);
    },
    () => wanted,
  );
