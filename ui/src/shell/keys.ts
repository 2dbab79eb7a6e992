// The keyboard: single keys and two-key sequences such as "g i".

export type Binding = {
  /** "j", "g i", "?", "Enter". Letters are given in lower case. */
  keys: string;
  label: string;
  group: string;
  run: () => void;
};

export type Pending = { prefix: string; at: number };
export type Step = { run: Binding | null; pending: Pending | null };

const patience = 1200;

/** What a key press means, given what was pressed just before. Later bindings win. */
export function press(key: string, pending: Pending | null, bindings: Binding[], now: number): Step {
  const live = pending && now - pending.at < patience ? pending.prefix : '';
  const whole = live ? `${live} ${key}` : key;
  const found = bindings.findLast((b) => b.keys === whole);
  if (found) return { run: found, pending: null };
  if (bindings.some((b) => b.keys.startsWith(`${whole} `))) {
    return { run: null, pending: { prefix: whole, at: now } };
  }
  // A broken sequence still lets its last key speak for itself.
  return live ? press(key, null, bindings, now) : { run: null, pending: null };
}

/** Typing is not commanding, and a key held with Ctrl, Alt or Meta belongs to the browser. */
export function isForUs(e: {
  key: string;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
  defaultPrevented?: boolean;
  target: EventTarget | null;
}): boolean {
  if (e.ctrlKey || e.altKey || e.metaKey || e.defaultPrevented) return false;
  const t = e.target;
  if (!(t instanceof HTMLElement)) return true;
  if (t.isContentEditable) return false;
  // A box that was ticked keeps the focus; it needs Space and the arrows, and leaves the letters to us.
  if (t instanceof HTMLInputElement && ['checkbox', 'radio'].includes(t.type))
    return e.key.length === 1 && e.key !== ' ';
  return !['INPUT', 'TEXTAREA', 'SELECT'].includes(t.tagName);
}

/** Enter and Space on a button or link press that, whatever else is bound. */
export function isPress(key: string, target: EventTarget | null): boolean {
  if (key !== 'Enter' && key !== ' ') return false;
  return target instanceof HTMLElement && target.closest('a, button, summary, [role="menuitem"]') !== null;
}
