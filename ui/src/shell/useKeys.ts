import { useEffect, useRef, useSyncExternalStore } from 'react';
import { type Binding, isForUs, isPress, type Pending, press } from './keys';

type Layer = { bindings: Binding[] };

const layers: Layer[] = [];
const listeners = new Set<() => void>();
let snapshot: Binding[] = [];
let pending: Pending | null = null;

function changed(): void {
  snapshot = layers.flatMap((l) => l.bindings);
  for (const f of listeners) f();
}

const storageKey = 'tocsin.keys';
/** Single keys can be switched off (WCAG 2.1.4): speech input and tremor press them by accident. */
export const keysOn = (): boolean => localStorage.getItem(storageKey) !== 'off';
export function setKeysOn(on: boolean): void {
  localStorage.setItem(storageKey, on ? 'on' : 'off');
  changed();
}

function onKey(e: KeyboardEvent): void {
  // Escape leaves a field, so that the keys work again; in a dialog it closes that.
  if (e.key === 'Escape' && e.target instanceof HTMLElement && !e.target.closest('[role="dialog"]'))
    e.target.blur();
  if (!keysOn() || !isForUs(e) || isPress(e.key, e.target)) return;
  // A dialog or menu on top has the keyboard to itself.
  if (document.querySelector('[role="dialog"][aria-modal="true"], [role="menu"]')) return;
  const key = e.key.length === 1 ? e.key.toLowerCase() : e.key;
  const step = press(key, pending, snapshot, Date.now());
  pending = step.pending;
  if (step.run || step.pending) e.preventDefault();
  step.run?.run();
}

/** Binds keys while the component is on the screen. The functions may change at each render. */
export function useKeys(bindings: Binding[]): void {
  const layer = useRef<Layer>({ bindings: [] });
  const latest = useRef(bindings);
  latest.current = bindings;
  const shape = bindings.map((b) => `${b.keys}\t${b.label}`).join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: shape stands for the bindings
  useEffect(() => {
    const own = layer.current;
    own.bindings = latest.current.map((b, i) => ({ ...b, run: () => latest.current[i]?.run() }));
    if (layers.length === 0) window.addEventListener('keydown', onKey);
    layers.push(own);
    changed();
    return () => {
      layers.splice(layers.indexOf(own), 1);
      if (layers.length === 0) window.removeEventListener('keydown', onKey);
      changed();
    };
  }, [shape]);
}

/** All keys that do something now, for the overlay. */
export const useBindings = (): Binding[] =>
  useSyncExternalStore(
    (f) => {
      listeners.add(f);
      return () => listeners.delete(f);
    },
    () => snapshot,
  );
