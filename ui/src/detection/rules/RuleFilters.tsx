import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { type RefObject, useMemo, useState } from 'react';
import type { Rule, RulePage } from '../../api/detection';
import { number } from '../../display/words';
import { IconSearch } from '../../icons';
import { originName } from './figures';
import { type FacetName, facets, isNarrowed, states, type Wanted } from './find';
import classes from './Rules.module.css';

type Props = {
  book: RulePage;
  want: Wanted;
  set: (change: Wanted) => void;
  box: RefObject<HTMLInputElement | null>;
  /** How many rules fit. */
  found: number;
};

const picks: { name: FacetName; label: string }[] = [
  { name: 'level', label: 'Any level' },
  { name: 'pack', label: 'Any pack' },
  { name: 'origin', label: 'Any origin' },
  { name: 'product', label: 'Any product' },
  { name: 'category', label: 'Any category' },
  { name: 'status', label: 'Any status' },
];

export function RuleFilters({ book, want, set, box, found }: Props) {
  const [typed, setTyped] = useState(want.q ?? '');
  const [more, setMore] = useState(picks.slice(2).some((p) => want[p.name]));
  const setQuery = useDebouncedCallback((q: string) => set({ q: q || undefined }), 120);
  const clear = () => {
    setTyped('');
    set(
      Object.fromEntries(
        ['q', 'tag', 'hits', 'state', ...picks.map((p) => p.name)].map((n) => [n, undefined]),
      ),
    );
  };
  return (
    <div className="stack">
      <div className="row spread">
        <fieldset className={classes.states}>
          <legend className="visually-hidden">State</legend>
          {states.map((s) => (
            <button
              key={s}
              type="button"
              className={classes.statebutton}
              aria-pressed={want.state === s}
              onClick={() => set({ state: want.state === s ? undefined : s })}
            >
              {s} <span className="dim">{number(book.states[s])}</span>
            </button>
          ))}
          <button
            type="button"
            className={classes.statebutton}
            aria-pressed={want.hits === 'yes'}
            onClick={() => set({ hits: want.hits === 'yes' ? undefined : 'yes' })}
          >
            has hits
          </button>
          {want.tag && (
            <button
              type="button"
              className={classes.statebutton}
              aria-pressed
              aria-label={`Tag ${want.tag}; press to take the filter away`}
              onClick={() => set({ tag: undefined })}
            >
              tag {want.tag} ×
            </button>
          )}
        </fieldset>
        <p className="dim small" role="status">
          {isNarrowed(want)
            ? `${number(found)} of ${number(book.items.length)} rules`
            : `${number(book.items.length)} rules`}
          <span className="hide-narrow">
            {' '}
            · <kbd>j</kbd> <kbd>k</kbd> move, <kbd>Enter</kbd> opens, <kbd>p</kbd> preview, <kbd>?</kbd> all
            keys
          </span>
        </p>
      </div>
      <div className={classes.bar}>
        <TextInput
          ref={box}
          className="grow"
          aria-label="Filter rules"
          placeholder="Title, id, tag, author, file, words of the description"
          leftSection={<IconSearch size={15} />}
          value={typed}
          onChange={(e) => {
            setTyped(e.currentTarget.value);
            setQuery(e.currentTarget.value);
          }}
        />
        {(more ? picks : picks.slice(0, 2)).map((p) => (
          <Pick key={p.name} of={p} rules={book.items} value={want[p.name]} set={set} />
        ))}
        {!more && (
          <Button variant="default" onClick={() => setMore(true)}>
            More filters
          </Button>
        )}
        {isNarrowed(want) && (
          <Button variant="subtle" onClick={clear}>
            Clear
          </Button>
        )}
      </div>
    </div>
  );
}

type PickProps = {
  of: (typeof picks)[number];
  rules: Rule[];
  value: string | undefined;
  set: (change: Wanted) => void;
};

function Pick({ of, rules, value, set }: PickProps) {
  const data = useMemo(
    () =>
      facets(rules, of.name).map((f) => ({
        value: f.value,
        label: `${of.name === 'origin' ? (originName[f.value] ?? f.value) : f.value} (${number(f.count)})`,
      })),
    [rules, of.name],
  );
  if (data.length === 0) return null;
  return (
    <Select
      className={classes.pick}
      aria-label={of.label}
      placeholder={of.label}
      data={data}
      value={value ?? null}
      clearable
      clearButtonProps={{ 'aria-label': `${of.label}: clear` }}
      searchable={data.length > 12}
      limit={100}
      comboboxProps={{ width: 260, position: 'bottom-start' }}
      onChange={(v) => set({ [of.name]: v ?? undefined })}
    />
  );
}
