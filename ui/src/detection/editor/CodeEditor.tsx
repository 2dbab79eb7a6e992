import { type KeyboardEvent, type Ref, useImperativeHandle, useMemo, useRef } from 'react';
import type { Mistake } from '../../api/detection';
import { positionOf } from '../../settings/position';
import classes from './CodeEditor.module.css';
import { indent } from './indent';

export type EditorHandle = { show: (line: number, column: number) => void };

type Props = {
  text: string;
  set: (text: string) => void;
  label: string;
  errors: Mistake[];
  warnings: Mistake[];
  rows?: number;
  describedBy?: string;
  ref?: Ref<EditorHandle>;
};

const lineHeight = 20;

/** A text area with its line numbers beside it; lines with a finding are marked, in shape as in colour. */
export function CodeEditor({ text, set, label, errors, warnings, rows = 24, describedBy, ref }: Props) {
  const area = useRef<HTMLTextAreaElement>(null);
  const gutter = useRef<HTMLDivElement>(null);
  const count = useMemo(() => text.split('\n').length, [text]);
  const marks = useMemo(() => {
    const m = new Map<number, 'error' | 'warning'>();
    for (const w of warnings) m.set(w.line, 'warning');
    for (const e of errors) m.set(e.line, 'error');
    return m;
  }, [errors, warnings]);

  useImperativeHandle(ref, () => ({
    show: (line, column) => {
      const el = area.current;
      if (!el) return;
      const at = positionOf(text, line, column);
      el.focus();
      el.setSelectionRange(at, at);
      el.scrollTop = Math.max(0, (line - 5) * lineHeight);
    },
  }));

  const onKeyDown = (e: KeyboardEvent<HTMLTextAreaElement>) => {
    // Tab leaves the field, as everywhere; Ctrl+] and Ctrl+[ indent.
    if (!(e.ctrlKey || e.metaKey) || (e.key !== ']' && e.key !== '[')) return;
    e.preventDefault();
    const el = e.currentTarget;
    const next = indent(el.value, el.selectionStart, el.selectionEnd, e.key === ']');
    set(next.text);
    window.requestAnimationFrame(() => el.setSelectionRange(next.start, next.end));
  };

  return (
    <div className={classes.editor} style={{ height: rows * lineHeight + 18 }}>
      <div ref={gutter} className={classes.gutter} aria-hidden>
        {Array.from({ length: count }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a line has no identity but its place
          <div key={i} data-mark={marks.get(i + 1)}>
            {i + 1}
          </div>
        ))}
      </div>
      <textarea
        ref={area}
        className={classes.area}
        aria-label={label}
        aria-invalid={errors.length > 0 || undefined}
        aria-describedby={describedBy}
        spellCheck={false}
        autoCapitalize="off"
        autoCorrect="off"
        wrap="off"
        value={text}
        onChange={(e) => set(e.currentTarget.value)}
        onKeyDown={onKeyDown}
        onScroll={(e) => {
          if (gutter.current) gutter.current.scrollTop = e.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
