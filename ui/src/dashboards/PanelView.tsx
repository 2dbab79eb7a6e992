import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { type Dashboard, type DashPanel, panelAnswer } from '../api/dashboards';
import type { ResultTable } from '../api/search';
import { utc, utcClock } from '../display/time';
import { Untrusted } from '../display/Untrusted';
import { Loaded } from '../display/Waiting';
import { IconAlertTriangle, IconSearch } from '../icons';
import { DataTable } from '../search/table/DataTable';
import { Drawing } from '../search/table/Drawing';
import { picture } from '../search/table/series';
import { fixed } from '../search/window';
import classes from './Dashboards.module.css';

type Props = {
  board: Dashboard;
  panel: DashPanel;
  from: string;
  to: string;
  /** How often it asks again, in milliseconds; false for never. */
  every: number | false;
  /** Each press of Refresh is another. */
  nonce: number;
};

/** One panel. It loads by itself, so a slow one does not hold up the others. */
export function PanelView({ board, panel: p, from, to, every, nonce }: Props) {
  const start = p.range ? `now-${p.range}` : from;
  const end = p.range ? 'now' : to;
  const found = useQuery({
    ...panelAnswer(board.id, p.id, board.version, start, end),
    enabled: p.kind !== 'text',
    refetchInterval: every,
    meta: { nonce },
  });
  const a = found.data;
  return (
    <section className={`panel ${classes.panel}`} aria-labelledby={`panel-${p.id}`}>
      <header className={classes.head}>
        <h2 id={`panel-${p.id}`} className="cut">
          <Untrusted text={p.title || 'Untitled'} />
        </h2>
        <span className={classes.side}>
          {a?.of && (
            <span className={classes.of} title={`Computed ${utc(a.of)} UTC`}>
              {utcClock(a.of)}
            </span>
          )}
          {p.range && <span className="dim small">last {p.range}</span>}
          {a?.incomplete && (
            <span title={`Not all was counted: ${a.reason}`}>
              <IconAlertTriangle size={14} aria-hidden />
              <span className="visually-hidden">Not all was counted: {a.reason}</span>
            </span>
          )}
          {p.kind !== 'text' && (
            <Link
              to="/search"
              search={{ q: p.q || undefined, ...fixed(start, end, Date.now()) }}
              aria-label={`Open ${p.title} in Search`}
              title="Open in Search"
              className={classes.open}
            >
              <IconSearch size={14} />
            </Link>
          )}
        </span>
      </header>
      <div className={classes.body}>
        {p.kind === 'text' ? (
          <p className={classes.text}>
            <Untrusted text={p.text} lines />
          </p>
        ) : (
          <Loaded query={found} lines={3}>
            {(answer) => <PanelBody kind={p.kind} table={answer.table} height={p.h} />}
          </Loaded>
        )}
      </div>
    </section>
  );
}

type BodyProps = { kind: DashPanel['kind']; table: ResultTable | null; height: number };

/** A table as its kind of panel shows it; a chart keeps its table within reach. */
export function PanelBody({ kind, table, height }: BodyProps) {
  const drawn = useMemo(() => {
    if (!table) return null;
    if (kind === 'count') {
      const at = table.columns.findIndex((c) => c.type === 'number');
      const value = Number(table.rows[0]?.[at] ?? 0);
      return { kind: 'figure' as const, name: table.columns[at]?.name ?? '', value };
    }
    return picture(table);
  }, [table, kind]);
  if (!table || (table.rows.length === 0 && kind !== 'count'))
    return <p className="dim small">Nothing in this window.</p>;
  if (kind === 'table' || !drawn) return <DataTable table={table} />;
  // What the panel leaves below its heading, less the way to the table and a legend.
  const legend = drawn.kind === 'time' && drawn.series.length > 1 ? 32 : 0;
  const px = height * 40 - 108 - legend;
  return (
    <>
      <Drawing of={drawn} height={Math.max(110, px)} bars={Math.max(3, Math.floor(px / 24))} />
      {drawn.kind !== 'figure' && (
        <details className={classes.details}>
          <summary>As a table</summary>
          <DataTable table={table} />
        </details>
      )}
    </>
  );
}
