/** The offset of a line and column, both counted from 1, as editors and YAML readers do. */
export function positionOf(text: string, line: number, column: number): number {
  let at = 0;
  for (let n = 1; n < line; n++) {
    const end = text.indexOf('\n', at);
    if (end < 0) return text.length;
    at = end + 1;
  }
  const end = text.indexOf('\n', at);
  return Math.min(at + Math.max(column - 1, 0), end < 0 ? text.length : end);
}
