import { Button } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { ResultTable } from '../../api/search';
import { Pivot } from '../../display/Pivot';
import { number } from '../../display/words';
import { IconArrowDown, IconArrowUp } from '../../icons';
import { cellText, sortedRows } from './series';
import classes from './Table.module.css';

type Props = {
  table: ResultTable;
  /** Kinds of entities by field, for the menu of each value. */
  kindOf?: (field: string) => string;
  narrow?: (term: string, exclude: boolean) => void;
  shown?: number;
  label?: string;
};

/** The table that pipes made: sorted by any column, each value with its menu. */
export function DataTable({ table: t, kindOf, narrow, shown = 200, label = 'Result' }: Props) {
  const [sort, setSort] = useState<{ by: number; down: boolean } | null>(null);
  const [most, setMost] = useState(shown);
  const order = useMemo(
    () => (sort ? sortedRows(t, sort.by, sort.down) : t.rows.map((_, i) => i)),
    [t, sort],
  );
  return (
    <section className={classes.scroll} tabIndex={0} aria-label={label}>
      <table className={`tbl ${classes.table}`}>
        <thead>
          <tr>
            {t.columns.map((c, i) => {
              const on = sort?.by === i;
              return (
                <th
                  key={c.name}
                  className={c.type === 'number' || c.type === 'duration' ? 'right' : undefined}
                  aria-sort={on ? (sort.down ? 'descending' : 'ascending') : undefined}
                >
                  <button
                    type="button"
                    className={classes.sort}
                    onClick={() => setSort({ by: i, down: on ? !sort.down : c.type !== 'text' })}
                  >
                    {c.name}
                    {c.type === 'time' && ' (UTC)'}
                    {on &&
                      (sort.down ? (
                        <IconArrowDown size={12} aria-hidden />
                      ) : (
                        <IconArrowUp size={12} aria-hidden />
                      ))}
                  </button>
                </th>
              );
            })}
          </tr>
        </thead>
        <tbody>
          {order.slice(0, most).map((i) => (
            <tr key={i}>
              {t.columns.map((c, j) => {
                const value = t.rows[i]?.[j];
                if (c.type === 'text' && value !== null && value !== undefined && value !== '')
                  return (
                    <td key={c.name}>
                      <Pivot
                        value={String(value)}
                        field={c.name}
                        kind={kindOf?.(c.name) ?? ''}
                        narrow={narrow}
                      />
                    </td>
                  );
                return (
                  <td
                    key={c.name}
                    className={c.type === 'time' ? 'mono nowrap' : c.type === 'text' ? 'dim' : 'right'}
                  >
                    {cellText(value, c.type)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
      {t.rows.length > most && (
        <div className={classes.more}>
          <Button size="xs" variant="default" onClick={() => setMost(most + 1000)}>
            Show more of {number(t.rows.length)}
          </Button>
        </div>
      )}
    </section>
  );
}
