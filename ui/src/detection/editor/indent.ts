// Moving whole lines in or out by two spaces, as YAML wants them.

const step = '  ';

/** The text after the lines of a selection were moved, and where the selection is then. */
export function indent(
  text: string,
  start: number,
  end: number,
  inwards: boolean,
): { text: string; start: number; end: number } {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  // A selection that ends at the beginning of a line does not include it.
  const last = end > start && text[end - 1] === '\n' ? end - 1 : end;
  const stop = text.indexOf('\n', last);
  const to = stop < 0 ? text.length : stop;
  const before = text.slice(from, to).split('\n');
  const after = before.map((l) => (inwards ? step + l : l.replace(/^ {1,2}/, '')));
  const firstMoved = (after[0]?.length ?? 0) - (before[0]?.length ?? 0);
  const moved = after.join('\n').length - (to - from);
  return {
    text: text.slice(0, from) + after.join('\n') + text.slice(to),
    start: Math.max(from, start + firstMoved),
    end: Math.max(from, end + moved),
  };
}
