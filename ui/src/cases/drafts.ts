import { useCallback, useState } from 'react';

// What was written and not yet kept by the server survives a reload, a closed
// tab and a lost connection.

const prefix = 'tocsin.draft.';

export function readDraft(key: string): string {
  try {
    return localStorage.getItem(prefix + key) ?? '';
  } catch {
    return '';
  }
}

export function writeDraft(key: string, text: string): void {
  try {
    if (text) localStorage.setItem(prefix + key, text);
    else localStorage.removeItem(prefix + key);
  } catch {
    // Storage is full or forbidden: the text still stands in the field.
  }
}

/** A text that is kept in this browser until it is cleared. */
export function useDraft(key: string): [string, (text: string) => void] {
  const [text, setText] = useState(() => readDraft(key));
  const set = useCallback(
    (next: string) => {
      setText(next);
      writeDraft(key, next);
    },
    [key],
  );
  return [text, set];
}
