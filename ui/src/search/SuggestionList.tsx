import { useEffect, useRef } from 'react';
import type { Suggestion, SuggestionKind } from '../api/search';
import { Untrusted } from '../display/Untrusted';
import classes from './QueryInput.module.css';

const kindName: Record<SuggestionKind, string> = {
  field: 'field',
  value: 'value',
  operator: 'operator',
  pipe: 'pipe',
  saved: 'saved',
};

type Props = { id: string; list: Suggestion[]; at: number; accept: (s: Suggestion) => void };

export function SuggestionList({ id, list, at, accept }: Props) {
  const active = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: follows the chosen line
  useEffect(() => {
    active.current?.scrollIntoView({ block: 'nearest' });
  }, [at]);
  return (
    <div className={classes.drop}>
      <div id={`${id}-list`} role="listbox" aria-label="Suggestions" className={classes.list}>
        {list.map((s, i) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are the text field's
          // biome-ignore lint/a11y/useFocusableInteractive: the text field keeps the focus
          <div
            key={`${s.kind} ${s.insert} ${s.label}`}
            id={`${id}-${i}`}
            ref={i === at ? active : undefined}
            role="option"
            aria-selected={i === at}
            className={classes.option}
            // A press must not take the focus away before the click comes.
            onMouseDown={(e) => e.preventDefault()}
            onClick={() => accept(s)}
          >
            <span className={classes.kind}>{kindName[s.kind] ?? s.kind}</span>
            <span className="mono">
              <Untrusted text={s.label} />
            </span>
            <span className={classes.detail}>
              <Untrusted text={s.detail} />
            </span>
          </div>
        ))}
      </div>
      <div className={classes.foot} aria-hidden>
        <kbd>↓</kbd> chooses, <kbd>Tab</kbd> accepts, <kbd>Esc</kbd> closes
      </div>
    </div>
  );
}
