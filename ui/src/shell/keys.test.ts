import { expect, test } from 'vitest';
import { type Binding, isForUs, isPress, type Pending, press } from './keys';

const bind = (keys: string): Binding => ({ keys, label: keys, group: '', run: () => {} });
const bindings = [bind('g i'), bind('g c'), bind('j'), bind('c'), bind('?'), bind('Enter')];

/** Presses keys one after the other and lists what they did. */
function type(...presses: [string, number][]): string[] {
  let pending: Pending | null = null;
  const did: string[] = [];
  for (const [key, at] of presses) {
    const step = press(key, pending, bindings, at);
    pending = step.pending;
    if (step.run) did.push(step.run.keys);
  }
  return did;
}

test('single keys and sequences', () => {
  expect(type(['j', 0], ['?', 10])).toEqual(['j', '?']);
  expect(type(['g', 0], ['i', 100])).toEqual(['g i']);
});

test('a sequence does not run the key it ends with', () => {
  expect(type(['g', 0], ['c', 100])).toEqual(['g c']);
  expect(type(['c', 0])).toEqual(['c']);
});

test('a broken or late sequence lets its last key speak', () => {
  expect(type(['g', 0], ['j', 100])).toEqual(['j']);
  expect(type(['g', 0], ['c', 5000])).toEqual(['c']);
  expect(type(['g', 0], ['z', 100])).toEqual([]);
});

test('what is bound later wins', () => {
  const inner = bind('j');
  expect(press('j', null, [...bindings, inner], 0).run).toBe(inner);
});

test('typing and browser shortcuts are not ours', () => {
  const event = (target: EventTarget | null, ctrlKey = false, key = 'j') => ({
    key,
    ctrlKey,
    altKey: false,
    metaKey: false,
    target,
  });
  expect(isForUs(event(document.body))).toBe(true);
  expect(isForUs(event(document.createElement('input')))).toBe(false);
  expect(isForUs(event(document.createElement('textarea')))).toBe(false);
  expect(isForUs(event(document.body, true))).toBe(false);
  const box = document.createElement('input');
  box.type = 'checkbox';
  expect(isForUs(event(box))).toBe(true);
  expect(isForUs(event(box, false, ' '))).toBe(false);
  expect(isForUs(event(box, false, 'ArrowDown'))).toBe(false);
});

test('Enter on a button presses the button', () => {
  expect(isPress('Enter', document.createElement('button'))).toBe(true);
  expect(isPress('Enter', document.body)).toBe(false);
  expect(isPress('j', document.createElement('button'))).toBe(false);
});
