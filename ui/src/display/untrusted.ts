// Text from logs and strangers can hold characters that hide, reorder or fake
// what a reader sees. They are shown for what they are.

export type Piece = { text: string; special: false } | { text: string; special: true; name: string };

const names: Record<number, string> = {
  0: 'null',
  7: 'bell',
  8: 'backspace',
  9: 'tab',
  10: 'line feed',
  13: 'carriage return',
  27: 'escape',
  127: 'delete',
  173: 'soft hyphen',
  1564: 'Arabic letter mark',
  6158: 'Mongolian vowel separator',
  8203: 'zero width space',
  8204: 'zero width non-joiner',
  8205: 'zero width joiner',
  8206: 'left-to-right mark',
  8207: 'right-to-left mark',
  8232: 'line separator',
  8233: 'paragraph separator',
  8234: 'left-to-right embedding',
  8235: 'right-to-left embedding',
  8236: 'pop directional formatting',
  8237: 'left-to-right override',
  8238: 'right-to-left override',
  8288: 'word joiner',
  8294: 'left-to-right isolate',
  8295: 'right-to-left isolate',
  8296: 'first strong isolate',
  8297: 'pop directional isolate',
  65279: 'byte order mark',
  65533: 'replacement character',
};

// C0 and C1 controls, format characters (Cf: bidi, zero width, tags), line and
// paragraph separators, lone surrogates and private use.
const suspicious = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\u{FFFD}]/u;

const short: Record<number, string> = { 0: 'NUL', 7: 'BEL', 9: '→', 10: '↵', 13: 'CR', 27: 'ESC' };

function shown(code: number): string {
  return short[code] ?? `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
}

/** Splits text into what can be shown as it is and what must be named. `lines`: a line feed is a line's end. */
export function pieces(text: string, lines = false): Piece[] {
  if (!suspicious.test(text)) return text === '' ? [] : [{ text, special: false }];
  const out: Piece[] = [];
  let plain = '';
  for (const ch of text) {
    if (!suspicious.test(ch) || (lines && ch === '\n')) {
      plain += ch;
      continue;
    }
    if (plain) out.push({ text: plain, special: false });
    plain = '';
    const code = ch.codePointAt(0) ?? 0;
    const hex = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
    out.push({ text: shown(code), special: true, name: `${hex} ${names[code] ?? 'invisible character'}` });
  }
  if (plain) out.push({ text: plain, special: false });
  return out;
}

/** The same as one string, for titles, file names and the clipboard's label. */
export const escaped = (text: string): string =>
  pieces(text)
    .map((p) => (p.special ? `⟨${p.text}⟩` : p.text))
    .join('');
