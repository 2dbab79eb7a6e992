import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import * as queries from '../api/queries';
import { Page } from '../display/Page';
import { narrow as narrowed } from '../display/query';
import { Empty, Failed, Loading } from '../display/Waiting';
import { number } from '../display/words';
import { IconSearch } from '../icons';
import { Fields } from './Fields';
import { HistogramPanel } from './Histogram';
import { isFault, QueryBar } from './QueryBar';
import { Results } from './Results';
import classes from './Search.module.css';
import { fixed, splitCols } from './window';

const route = getRouteApi('/signed-in/search');

export function Search() {
  const search = route.useSearch();
  const go = route.useNavigate();
  const client = useQueryClient();
  const q = search.q ?? '';
  // "now" stands still for one run; Search again moves it on.
  const [ranAt, setRanAt] = useState(() => Date.now());
  const { from, to } = useMemo(() => fixed(search.from, search.to, ranAt), [search.from, search.to, ranAt]);

  const found = useInfiniteQuery({ ...queries.events(q, from, to), staleTime: Number.POSITIVE_INFINITY });
  const chart = useQuery({ ...queries.histogram(q, from, to), staleTime: Number.POSITIVE_INFINITY });

  const set = (change: Partial<typeof search>) => {
    setRanAt(Date.now());
    void go({ search: (s) => ({ ...s, event: undefined, ...change }) });
  };
  const run = (next: string) => {
    if (next === q) void client.cancelQueries({ queryKey: ['events'] });
    set({ q: next || undefined });
  };
  const narrow = (term: string, exclude: boolean) => set({ q: narrowed(q, term, exclude) });
  const cols = splitCols(search.cols);
  const setCols = (next: string[]) =>
    void go({ search: (s) => ({ ...s, cols: next.join(',') || undefined }), replace: true });

  const pages = found.data?.pages ?? [];
  const rows = useMemo(() => pages.flatMap((p) => p.items), [pages]);
  const last = pages.at(-1);

  return (
    <Page title="Search" sub="What happened: every log record, as it came and as it was understood">
      <QueryBar
        q={q}
        from={search.from}
        to={search.to}
        error={found.error}
        busy={found.isFetching}
        run={run}
        setWindow={(f, t) => set({ from: f, to: t })}
        stop={() => void client.cancelQueries({ queryKey: ['events'] })}
      />
      {chart.data && !isFault(found.error) && (
        <HistogramPanel
          data={chart.data}
          asTable={search.chart === 'table'}
          setAsTable={(on) =>
            void go({ search: (s) => ({ ...s, chart: on ? 'table' : undefined }), replace: true })
          }
          zoom={(f, t) => set({ from: f, to: t })}
        />
      )}
      {last?.incomplete && (
        <div className="notice notice-warn" role="status">
          <strong>These are not all:</strong> {last.reason || 'the search was cut short'}
        </div>
      )}
      <div className={classes.split}>
        <Fields rows={rows} cols={cols} setCols={setCols} q={q} from={from} to={to} narrow={narrow} />
        {isFault(found.error) ? (
          <div className="panel">
            <Empty icon={<IconSearch size={30} aria-hidden />} title="The query cannot be read">
              <p>The mark above shows where. The question mark beside the query has examples.</p>
            </Empty>
          </div>
        ) : found.isError && rows.length === 0 ? (
          <Failed error={found.error} retry={() => void found.refetch()} />
        ) : found.isPending ? (
          <div className="panel">
            <Loading lines={10} />
          </div>
        ) : rows.length === 0 ? (
          <div className="panel">
            <Empty icon={<IconSearch size={30} aria-hidden />} title="No event fits in this window">
              <p>
                Widen the time, or take a term away. Without any term all events show; if there are none at
                all,{' '}
                <Link to="/settings" search={{ tab: 'sources' }}>
                  connect a source
                </Link>
                .
              </p>
            </Empty>
          </div>
        ) : (
          <Results
            rows={rows}
            cols={cols}
            narrow={narrow}
            open={search.event}
            setOpen={(id) => void go({ search: (s) => ({ ...s, event: id }), replace: true })}
            more={
              found.hasNextPage ? () => !found.isFetchingNextPage && void found.fetchNextPage() : undefined
            }
            head={
              <>
                {number(rows.length)}
                {chart.data && ` of ${number(chart.data.total)}`} events
                {last && <span className="dim"> · {number(last.took_ms)} ms</span>}
              </>
            }
          />
        )}
      </div>
    </Page>
  );
}
