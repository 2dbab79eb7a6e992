// Server-sent events over fetch: errors are problem documents and closing cancels, which EventSource cannot do.

export type Message = { event: string; data: string; id: string };

/** A message larger than this is no answer of ours. */
const maxPending = 64 * 1024 * 1024;

/** Reads the text of a stream piece by piece; a piece may end anywhere, also between \r and \n. */
export class Reader {
  private rest = '';
  private event = '';
  private data: string[] = [];
  private id = '';
  private started = false;

  push(text: string): Message[] {
    let all = this.rest + text;
    if (!this.started && all !== '') {
      this.started = true;
      if (all.startsWith('\uFEFF')) all = all.slice(1);
    }
    if (all.length > maxPending) throw new Error('The stream sent a line without an end.');
    const out: Message[] = [];
    let from = 0;
    for (;;) {
      const end = lineEnd(all, from);
      if (!end) break;
      this.line(all.slice(from, end.at), out);
      from = end.next;
    }
    this.rest = all.slice(from);
    return out;
  }

  private line(line: string, out: Message[]): void {
    if (line === '') {
      if (this.data.length > 0)
        out.push({ event: this.event || 'message', data: this.data.join('\n'), id: this.id });
      this.event = '';
      this.data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment, which is the heartbeat
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (name === 'event') this.event = value;
    else if (name === 'data') this.data.push(value);
    else if (name === 'id' && !value.includes('\0')) this.id = value;
  }
}

/** The next line's end. A \r at the very end of what is there may be half of \r\n, so it waits. */
function lineEnd(text: string, from: number): { at: number; next: number } | null {
  const lf = text.indexOf('\n', from);
  const cr = text.indexOf('\r', from);
  if (cr < 0 || (lf >= 0 && lf < cr)) return lf < 0 ? null : { at: lf, next: lf + 1 };
  if (cr + 1 === text.length) return null;
  return { at: cr, next: text[cr + 1] === '\n' ? cr + 2 : cr + 1 };
}

/** The messages of an answer, in order, until it ends. A message that the end cuts off is dropped. */
export async function* messages(response: Response): AsyncGenerator<Message> {
  const body = response.body;
  if (!body) return;
  const bytes = body.getReader();
  const decoder = new TextDecoder();
  const reader = new Reader();
  try {
    for (;;) {
      const { done, value } = await bytes.read();
      if (done) return;
      yield* reader.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    // Whoever stops listening also stops the work on the server.
    await bytes.cancel().catch(() => {});
  }
}
