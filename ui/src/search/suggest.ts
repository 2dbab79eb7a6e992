// Putting a suggestion into the query that is being written.
import type { Suggestion } from '../api/search';
import { charOffset } from './window';

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
