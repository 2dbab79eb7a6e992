import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useMemo } from 'react';
import { columns } from '../../api/queries';
import type { ResultTable } from '../../api/search';
import { number } from '../../display/words';
import { DataTable } from './DataTable';
import { Drawing } from './Drawing';
import { picture } from './series';
import classes from './Table.module.css';

type Props = {
  table: ResultTable;
  chart: boolean;
  narrow: (term: string, exclude: boolean) => void;
  head: ReactNode;
};

/** The answer of a query with pipes: its picture, and the table that says the same beside it. */
export function TableResult({ table, chart, narrow, head }: Props) {
  const known = useQuery({ ...columns, staleTime: Number.POSITIVE_INFINITY });
  const drawn = useMemo(() => picture(table), [table]);
  const both = chart && drawn !== null;
  return (
    <section className={`panel panel-tight ${classes.panel}`} aria-label="Results">
      <div className="panel-head">{head}</div>
      <div className={both ? classes.both : undefined}>
        {both && (
          <div className={classes.picture}>
            <Drawing of={drawn} height={300} />
          </div>
        )}
        <DataTable
          table={table}
          narrow={narrow}
          kindOf={(f) => known.data?.items.find((c) => c.name === f)?.entity ?? ''}
          label={`Table of ${number(table.rows.length)} rows`}
        />
      </div>
      {(table.notes ?? []).map((note) => (
        <p key={note} className={classes.foot}>
          {note}
        </p>
      ))}
    </section>
  );
}
