import { ActionIcon, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { memo, useState } from 'react';
import { columns } from '../api/queries';
import type { FieldStat, FieldStats } from '../api/search';
import { Pivot } from '../display/Pivot';
import { fieldName, term } from '../display/query';
import { Untrusted } from '../display/Untrusted';
import { number } from '../display/words';
import { IconChevronDown, IconChevronRight, IconZoomIn, IconZoomOut } from '../icons';
import classes from './Fields.module.css';

type Props = {
  stats: FieldStats | null;
  cols: string[];
  toggle: (field: string) => void;
  narrow: (term: string, exclude: boolean) => void;
  pipe: (pipe: string) => void;
};

/** These always stand in the table. */
const always = ['message', 'time', 'raw'];

/** The fields that the results have, each with how many carry it; each opens to its commonest values. */
export const Fields = memo(function Fields({ stats, cols, toggle, narrow, pipe }: Props) {
  const [opened, setOpened] = useState('');
  const [filter, setFilter] = useState('');
  const known = useQuery({ ...columns, staleTime: Number.POSITIVE_INFINITY });
  const entity = (name: string) => known.data?.items.find((c) => c.name === name)?.entity ?? '';
  const wanted = filter.trim().toLowerCase();
  const seen = (stats?.items ?? []).filter(
    (f) => !always.includes(f.field) && f.field.toLowerCase().includes(wanted),
  );
  const shown = seen.filter((f) => cols.includes(f.field));
  const others = seen.filter((f) => !cols.includes(f.field));
  const list = (items: FieldStat[]) => (
    <ul className="bare-list">
      {items.map((f) => (
        <li key={f.field}>
          <button
            type="button"
            className={classes.field}
            aria-expanded={opened === f.field}
            onClick={() => setOpened(opened === f.field ? '' : f.field)}
          >
            {opened === f.field ? (
              <IconChevronDown size={12} aria-hidden />
            ) : (
              <IconChevronRight size={12} aria-hidden />
            )}
            <span className="mono cut">
              <Untrusted text={f.field} />
            </span>
            <span className="dim" title={`${number(f.present)} of the events have it`}>
              {number(f.present)}
            </span>
          </button>
          {opened === f.field && (
            <Opened
              of={f}
              kind={entity(f.field)}
              column={cols.includes(f.field)}
              toggle={() => toggle(f.field)}
              narrow={narrow}
              pipe={pipe}
            />
          )}
        </li>
      ))}
    </ul>
  );
  return (
    <aside className={`panel ${classes.fields}`} aria-label="Fields" tabIndex={0}>
      <TextInput
        size="xs"
        aria-label="Find a field"
        placeholder="Find a field"
        value={filter}
        onChange={(e) => setFilter(e.currentTarget.value)}
        mb={6}
      />
      {shown.length > 0 && (
        <>
          <h3 className={classes.title}>Columns</h3>
          {list(shown)}
        </>
      )}
      <h3 className={classes.title}>Fields</h3>
      {list(others)}
      {stats && seen.length === 0 && (
        <p className="dim small">{wanted ? 'No field by that name.' : 'No field yet.'}</p>
      )}
      {stats && stats.sampled > 0 && (
        <p className="dim small">Of the newest {number(stats.sampled)} events found.</p>
      )}
    </aside>
  );
});

type OpenedProps = Pick<Props, 'narrow' | 'pipe'> & {
  of: FieldStat;
  kind: string;
  column: boolean;
  toggle: () => void;
};

function Opened({ of: f, kind, column, toggle, narrow, pipe }: OpenedProps) {
  const most = f.values[0]?.count ?? 1;
  const name = fieldName(f.field);
  return (
    <div className={classes.opened}>
      <ul className="bare-list">
        {f.values.slice(0, 10).map((v) => (
          <li key={v.value} className={classes.top}>
            <span className={classes.fill} style={{ width: `${(100 * v.count) / most}%` }} />
            <span className="grow cut">
              <Pivot value={v.value} field={f.field} kind={kind} narrow={narrow} />
            </span>
            <span className="right">{number(v.count)}</span>
            <ActionIcon
              size={24}
              variant="subtle"
              color="gray"
              aria-label={`Only ${name} ${v.value}`}
              onClick={() => narrow(term(f.field, v.value), false)}
            >
              <IconZoomIn size={14} />
            </ActionIcon>
            <ActionIcon
              size={24}
              variant="subtle"
              color="gray"
              aria-label={`Without ${name} ${v.value}`}
              onClick={() => narrow(term(f.field, v.value), true)}
            >
              <IconZoomOut size={14} />
            </ActionIcon>
          </li>
        ))}
      </ul>
      {f.distinct > f.values.length && (
        <p className="dim small">{number(f.distinct)} different values in all</p>
      )}
      <div className={classes.acts}>
        <button type="button" className="pivot" aria-pressed={column} onClick={toggle}>
          {column ? 'Drop the column' : 'Add as column'}
        </button>
        <button type="button" className="pivot" onClick={() => pipe(`top 20 ${name}`)}>
          Top 20 of all
        </button>
        <button type="button" className="pivot" onClick={() => pipe(`timechart count by ${name}`)}>
          Over time
        </button>
        <button type="button" className="pivot" onClick={() => narrow(`${name}:*`, false)}>
          Has it
        </button>
      </div>
    </div>
  );
}
