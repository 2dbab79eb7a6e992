import { Checkbox, TextInput } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { columns, topValues } from '../api/queries';
import type { EventRow } from '../api/types';
import { Pivot } from '../display/Pivot';
import { Loaded } from '../display/Waiting';
import { number } from '../display/words';
import { IconChevronDown, IconChevronRight } from '../icons';
import classes from './Search.module.css';

type Props = {
  rows: EventRow[];
  cols: string[];
  setCols: (cols: string[]) => void;
  q: string;
  from: string;
  to: string;
  narrow: (term: string, exclude: boolean) => void;
};

const envelope = ['source', 'source_type', 'severity', 'outcome', 'class', 'transport', 'peer'];

/** The fields that the results have; each opens to its commonest values. */
export function Fields({ rows, cols, setCols, q, from, to, narrow }: Props) {
  const [opened, setOpened] = useState('');
  const [filter, setFilter] = useState('');
  const small = useMediaQuery('(max-width: 62em)', false, { getInitialValueInEffect: false });
  const known = useQuery({ ...columns, staleTime: Number.POSITIVE_INFINITY });
  const seen = useMemo(() => {
    const counts = new Map<string, number>();
    for (const r of rows)
      for (const c of Object.keys(r.columns ?? {})) counts.set(c, (counts.get(c) ?? 0) + 1);
    return counts;
  }, [rows]);
  const names = [...envelope, ...(known.data?.items.map((c) => c.name) ?? [...seen.keys()])];
  const present = names.filter(
    (n) => (envelope.includes(n) || seen.has(n) || cols.includes(n)) && n.includes(filter.toLowerCase()),
  );
  const entity = (name: string) => known.data?.items.find((c) => c.name === name)?.entity ?? '';

  return (
    <aside className={`panel ${classes.fields}`} aria-label="Fields">
      <details open={!small}>
        <summary>Fields</summary>
        <TextInput
          size="xs"
          aria-label="Find a field"
          placeholder="Find a field"
          value={filter}
          onChange={(e) => setFilter(e.currentTarget.value)}
          mb={6}
        />
        <ul className="bare-list">
          {present.map((name) => (
            <li key={name}>
              <button
                type="button"
                className={classes.field}
                aria-expanded={opened === name}
                onClick={() => setOpened(opened === name ? '' : name)}
              >
                <span className="mono">
                  {opened === name ? (
                    <IconChevronDown size={12} aria-hidden />
                  ) : (
                    <IconChevronRight size={12} aria-hidden />
                  )}{' '}
                  {name}
                </span>
                <span className="dim">{seen.has(name) ? number(seen.get(name)) : ''}</span>
              </button>
              {opened === name && (
                <div className="stack-tight">
                  {!envelope.includes(name) && (
                    <Checkbox
                      size="xs"
                      pl={6}
                      label="Show as a column"
                      checked={cols.includes(name)}
                      onChange={(e) =>
                        setCols(e.currentTarget.checked ? [...cols, name] : cols.filter((c) => c !== name))
                      }
                    />
                  )}
                  <Top field={name} kind={entity(name)} q={q} from={from} to={to} narrow={narrow} />
                </div>
              )}
            </li>
          ))}
        </ul>
      </details>
    </aside>
  );
}

type TopProps = Pick<Props, 'q' | 'from' | 'to' | 'narrow'> & { field: string; kind: string };

function Top({ field, kind, q, from, to, narrow }: TopProps) {
  const found = useQuery({ ...topValues(q, from, to, field), staleTime: Number.POSITIVE_INFINITY });
  return (
    <Loaded query={found} lines={3}>
      {({ items }) => {
        const most = items[0]?.count ?? 1;
        if (items.length === 0) return <p className="dim small">No value in this window.</p>;
        return (
          <ul className="bare-list">
            {items.map((t) => (
              <li key={t.value} className={classes.top}>
                <span className={classes.barfill} style={{ width: `calc(${(94 * t.count) / most}% )` }} />
                <span className="grow cut">
                  <Pivot value={t.value} field={field} kind={kind} narrow={narrow} />
                </span>
                <span className="right">{number(t.count)}</span>
              </li>
            ))}
          </ul>
        );
      }}
    </Loaded>
  );
}
