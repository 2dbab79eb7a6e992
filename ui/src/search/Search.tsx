import { useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { event as eventQuery } from '../api/detectionQueries';
import { narrow as narrowed, piped } from '../display/query';
import { Empty, Failed, Loading } from '../display/Waiting';
import { IconSearch } from '../icons';
import { useKeys } from '../shell/useKeys';
import { EventDetail } from './EventDetail';
import { Fields } from './Fields';
import { Frame } from './Frame';
import { HistogramPanel } from './Histogram';
import { Examples, Nothing, Tries } from './Nothing';
import { isFault, QueryBar } from './QueryBar';
import { Results } from './results/Results';
import { Toolbar } from './results/Toolbar';
import { type Found, mostRows, type SearchRun } from './run';
import classes from './Search.module.css';
import { SearchActions } from './SearchActions';
import { Bar, End, Partial } from './Status';
import { readState, type State, writeState } from './state';
import { TableResult } from './table/TableResult';
import { useSearchRun } from './useSearchRun';
import { fixed } from './window';

const route = getRouteApi('/signed-in/search');
/** Further rows come by themselves up to here; after that they are asked for. */
const byThemselves = 10_000;

export function Search() {
  const params = route.useSearch();
  const small = useMediaQuery('(max-width: 62em)', false, { getInitialValueInEffect: false });
  const go = route.useNavigate();
  const state = useMemo(() => readState(params), [params]);
  const fields = state.fields ?? !small;
  // "now" stands still for one run; running again moves it on.
  const [ranAt, setRanAt] = useState(() => Date.now());
  const ends = useMemo(() => fixed(state.from, state.to, ranAt), [state.from, state.to, ranAt]);
  const [found, run] = useSearchRun({ q: state.q, ...ends, tz: state.tz }, ranAt);

  const latest = useRef(state);
  latest.current = state;
  /** How it looks: the search itself stands. */
  const show = useCallback(
    (change: Partial<State>) =>
      void go({ search: writeState({ ...latest.current, ...change }), replace: true }),
    [go],
  );
  /** Another search, which goes into the browser's history. */
  const search = useCallback(
    (change: Partial<State>) => {
      setRanAt(Date.now());
      const view = change.q !== undefined ? { view: undefined } : {};
      void go({ search: writeState({ ...latest.current, event: undefined, ...view, ...change }) });
    },
    [go],
  );
  const narrow = useCallback(
    (term: string, exclude: boolean) => search({ q: narrowed(latest.current.q, term, exclude) }),
    [search],
  );
  const pipe = useCallback((p: string) => search({ q: piped(latest.current.q, p) }), [search]);
  const toggle = useCallback(
    (col: string) => {
      const { cols } = latest.current;
      show({ cols: cols.includes(col) ? cols.filter((c) => c !== col) : [...cols, col] });
    },
    [show],
  );

  useKeys([
    {
      keys: 'h',
      label: 'Histogram on or off',
      group: 'Search',
      run: () => show({ histogram: !state.histogram }),
    },
    { keys: 'f', label: 'Fields on or off', group: 'Search', run: () => show({ fields: !fields }) },
    {
      keys: 't',
      label: 'As a table',
      group: 'Search',
      run: () => show({ view: found.table ? 'table' : undefined }),
    },
    { keys: 'r', label: 'As raw text', group: 'Search', run: () => show({ view: 'raw' }) },
  ]);

  const fault = isFault(found.error);
  return (
    <Frame
      title="Search"
      sub={
        <span className="hide-narrow">
          What happened: every log record, as it came and as it was understood
        </span>
      }
      actions={<SearchActions state={state} ends={ends} found={found} />}
    >
      <div className={classes.screen} data-filled={found.rows.length > 0 && !found.table ? true : undefined}>
        <QueryBar
          q={state.q}
          from={state.from}
          to={state.to}
          tz={state.tz}
          error={found.error}
          busy={found.phase === 'running' || found.phase === 'older'}
          run={(q) => search({ q })}
          setWindow={search}
          stop={() => run.stop()}
          tries={found.fields && <Tries stats={found.fields} run={(q) => search({ q })} />}
        />
        {state.histogram && !fault && (found.histogram || found.phase === 'running') && (
          <HistogramPanel
            data={found.histogram}
            {...ends}
            asTable={state.counts}
            setAsTable={(counts) => show({ counts })}
            zoom={(from, to) => search({ from, to })}
          />
        )}
        <Partial found={found} run={run} again={() => search({})} />
        <Linked id={state.event} found={found} narrow={narrow} />
        {fault ? (
          <div className="panel">
            <Empty icon={<IconSearch size={30} aria-hidden />} title="The query cannot be read">
              <p>The mark in it shows where, the line below says why. These can be read:</p>
              <Examples stats={null} run={(q) => search({ q })} label="Queries to try" />
            </Empty>
          </div>
        ) : (
          <Answer
            {...{ state, fields, found, run, show, search, narrow, pipe, toggle, ends }}
            key={found.table ? 'table' : 'rows'}
          />
        )}
      </div>
    </Frame>
  );
}

/** The event that a link names, where the search itself does not bring it. */
function Linked({ id, found, narrow }: { id: string | undefined; found: Found; narrow: Narrow }) {
  const absent = id !== undefined && found.phase !== 'running' && !found.rows.some((r) => r.id === id);
  const one = useQuery({ ...eventQuery(id ?? ''), enabled: absent });
  if (!absent || !one.data) return null;
  return (
    <section className="panel" aria-label="The event of the link">
      <EventDetail event={one.data} narrow={narrow} />
    </section>
  );
}

type Narrow = (term: string, exclude: boolean) => void;
type AnswerProps = {
  state: State;
  fields: boolean;
  found: Found;
  run: SearchRun;
  ends: { from: string; to: string };
  show: (change: Partial<State>) => void;
  search: (change: Partial<State>) => void;
  narrow: Narrow;
  pipe: (pipe: string) => void;
  toggle: (col: string) => void;
};

function Answer({ state, fields, found, run, ends, show, search, narrow, pipe, toggle }: AnswerProps) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  // biome-ignore lint/correctness/useExhaustiveDependencies: another search, another choice
  useEffect(() => setChosen(new Set()), [run]);
  const choose = useCallback((id: string) => {
    setChosen((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const { rows, table, phase, done } = found;
  const more = useCallback(() => run.older(), [run]);
  const setOpen = useCallback((event: string | undefined) => show({ event }), [show]);
  const byItself =
    phase === 'done' && done?.next && !done.incomplete && rows.length < Math.min(byThemselves, mostRows);

  const head = (
    <>
      <Bar found={found} />
      <Toolbar
        found={found}
        state={{ ...state, fields }}
        show={show}
        chosen={chosen}
        clear={() => setChosen(new Set())}
        ends={ends}
      />
    </>
  );
  if (table) return <TableResult table={table} chart={state.view !== 'table'} narrow={narrow} head={head} />;
  if (rows.length === 0 && phase === 'failed')
    return (
      <div className="panel">
        <Failed error={found.error} retry={() => search({})} />
      </div>
    );
  if (rows.length === 0 && phase === 'done' && !done?.incomplete)
    return (
      <Nothing
        q={state.q}
        run={(q) => search({ q })}
        widen={() => search({ from: 'now-30d', to: undefined })}
      />
    );
  const open = rows.some((r) => r.id === state.event) ? state.event : undefined;
  return (
    <div className={fields ? classes.split : classes.whole}>
      {fields && (
        <Fields stats={found.fields} cols={state.cols} toggle={toggle} narrow={narrow} pipe={pipe} />
      )}
      {rows.length === 0 ? (
        <div className="panel panel-tight" style={{ position: 'relative' }}>
          <div className="panel-head">{head}</div>
          {phase === 'running' && <Loading lines={10} />}
        </div>
      ) : (
        <Results
          rows={rows}
          cols={state.cols}
          raw={state.view === 'raw'}
          narrow={narrow}
          drop={toggle}
          open={open}
          setOpen={setOpen}
          chosen={chosen}
          choose={choose}
          more={byItself ? more : undefined}
          head={head}
          foot={<End found={found} run={run} />}
        />
      )}
    </div>
  );
}
