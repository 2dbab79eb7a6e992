// Putting a suggestion into the query that is being written.
import type { Suggestion } from '../api/search';
import { byteOffset, charOffset } from './window';

export type Typed = { text: string; caret: number };

/** The text with the suggestion in its place, and where writing goes on. */
export function accepted(text: string, s: Suggestion): Typed {
  const start = charOffset(text, s.start);
  const end = Math.max(start, charOffset(text, s.end));
  return { text: text.slice(0, start) + s.insert + text.slice(end), caret: start + s.insert.length };
}

/** Which line is chosen after a key: up from the first and down from the last lead back to none. */
export function chosen(at: number, count: number, by: 1 | -1): number {
  if (count === 0) return -1;
  const next = at + by;
  return next < -1 ? count - 1 : next >= count ? -1 : next;
}

/**
 * While the next answer is on its way, the last one serves on: what was written since belongs to the
 * same word, and only lines that still begin or contain it stay.
 */
export function rebased(list: Suggestion[], asked: Typed, now: Typed): Suggestion[] {
  if (asked.text === now.text && asked.caret === now.caret) return list;
  return list.flatMap((s) => {
    const start = charOffset(asked.text, s.start);
    const tail = asked.text.slice(charOffset(asked.text, s.end));
    if (now.text.slice(0, start) !== asked.text.slice(0, start) || !now.text.endsWith(tail)) return [];
    const end = now.text.length - tail.length;
    const word = now.text.slice(start, end);
    if (end < start || /\s/.test(word) || !s.insert.toLowerCase().includes(word.toLowerCase())) return [];
    return [{ ...s, end: byteOffset(now.text, end) }];
  });
}
