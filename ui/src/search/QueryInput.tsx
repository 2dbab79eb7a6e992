import {
  type KeyboardEvent,
  type RefObject,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import type { Suggestion } from '../api/search';
import { IconSearch } from '../icons';
import classes from './QueryInput.module.css';
import { SuggestionList } from './SuggestionList';
import { accepted, chosen } from './suggest';
import { useSuggest } from './useSuggest';
import { charOffset } from './window';

export type Mark = { offset: number; length: number };

type Props = {
  text: string;
  set: (text: string) => void;
  run: (text: string) => void;
  /** Where the query cannot be read, in bytes. */
  mark: Mark | null;
  describedBy?: string;
  from: string | undefined;
  to: string | undefined;
  label?: string;
  placeholder?: string;
  inputRef?: RefObject<HTMLTextAreaElement | null>;
};

/**
 * The query as it is written: it grows with its lines, a fault is underlined at its place, and a list
 * below offers what may follow. The list opens by writing (or Ctrl-Space), so Tab leaves the field
 * otherwise as it does everywhere.
 */
export function QueryInput({ text, set, run, mark, describedBy, from, to, inputRef, ...rest }: Props) {
  const own = useRef<HTMLTextAreaElement>(null);
  const area = inputRef ?? own;
  const id = useId();
  const [caret, setCaret] = useState(text.length);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(-1);
  const place = useRef<number | null>(null);
  const list = useSuggest({ text, caret }, open, from, to);
  const shown = open && list.length > 0;

  // biome-ignore lint/correctness/useExhaustiveDependencies: the caret is put where it belongs after each change of the text
  useLayoutEffect(() => {
    if (place.current === null) return;
    area.current?.setSelectionRange(place.current, place.current);
    place.current = null;
  }, [text]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list has another first line
  useEffect(() => setAt(-1), [list.length, list[0]?.insert]);

  const accept = (s: Suggestion) => {
    const next = accepted(text, s);
    place.current = next.caret;
    set(next.text);
    setCaret(next.caret);
    setAt(-1);
    // A field asks for its value next; after a value the writer goes on alone.
    setOpen(s.kind === 'field' || s.kind === 'operator');
    area.current?.focus();
  };

  const onKeyDown = (e: KeyboardEvent<HTMLTextAreaElement>) => {
    if (e.nativeEvent.isComposing) return;
    const plain = !e.ctrlKey && !e.metaKey && !e.altKey && !e.shiftKey;
    if (e.key === ' ' && e.ctrlKey) setOpen(true);
    else if (e.key === 'Escape' && shown) {
      e.stopPropagation();
      e.nativeEvent.stopImmediatePropagation();
      setOpen(false);
    } else if (shown && plain && (e.key === 'ArrowDown' || e.key === 'ArrowUp'))
      setAt(chosen(at, list.length, e.key === 'ArrowDown' ? 1 : -1));
    else if (shown && plain && (e.key === 'Tab' || (e.key === 'Enter' && at >= 0))) {
      const s = list[Math.max(at, 0)];
      if (s) accept(s);
    } else if (e.key === 'Enter' && !e.shiftKey) {
      setOpen(false);
      run(text.trim());
    } else return;
    e.preventDefault();
  };

  return (
    <div className={classes.box}>
      <IconSearch size={15} aria-hidden className={classes.icon} />
      <div className={classes.grow}>
        <div className={classes.mirror} aria-hidden>
          <Marked text={text} mark={mark} />
        </div>
        <textarea
          ref={area}
          className={classes.area}
          aria-label={rest.label ?? 'Query'}
          placeholder={rest.placeholder ?? 'user.name:alice outcome:failure | top 10 src.ip'}
          rows={1}
          maxLength={8192}
          spellCheck={false}
          autoCapitalize="none"
          autoCorrect="off"
          autoComplete="off"
          aria-autocomplete="list"
          aria-controls={shown ? `${id}-list` : undefined}
          aria-activedescendant={shown && at >= 0 ? `${id}-${at}` : undefined}
          aria-invalid={mark ? true : undefined}
          aria-describedby={describedBy}
          value={text}
          onChange={(e) => {
            set(e.currentTarget.value);
            setCaret(e.currentTarget.selectionStart);
            setOpen(true);
          }}
          onSelect={(e) => setCaret(e.currentTarget.selectionStart)}
          onKeyDown={onKeyDown}
          onBlur={() => setOpen(false)}
        />
      </div>
      {shown && <SuggestionList id={id} list={list} at={at} accept={accept} />}
      <span className="visually-hidden" role="status">
        {shown ? `${list.length} suggestions; the arrows choose, Tab accepts` : ''}
      </span>
    </div>
  );
}

/** The same text behind the field, which carries the underline. */
function Marked({ text, mark }: { text: string; mark: Mark | null }) {
  if (!mark) return <>{text}&#8203;</>;
  const start = Math.min(charOffset(text, mark.offset), text.length);
  const end = charOffset(text, mark.offset + Math.max(mark.length, 1));
  return (
    <>
      {text.slice(0, start)}
      <mark>{text.slice(start, Math.max(end, start)) || '\u2007'}</mark>
      {text.slice(Math.max(end, start))}&#8203;
    </>
  );
}
