import { useSyncExternalStore } from 'react';

// One timer for every age and countdown on the screen.
let now = Date.now();
let timer = 0;
const listeners = new Set<() => void>();

function tick(): void {
  now = Date.now();
  for (const f of listeners) f();
}

function subscribe(f: () => void): () => void {
  if (listeners.size === 0) {
    now = Date.now();
    timer = window.setInterval(tick, 5000);
  }
  listeners.add(f);
  return () => {
    listeners.delete(f);
    if (listeners.size === 0) window.clearInterval(timer);
  };
}

/** The present time, renewed every five seconds. */
export const useNow = (): number => useSyncExternalStore(subscribe, () => now);
