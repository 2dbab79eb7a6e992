import { useMediaQuery } from '@mantine/hooks';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useMemo, useRef, useState } from 'react';
import { narrow as narrowed, piped } from '../display/query';
import { Empty } from '../display/Waiting';
import { IconSearch } from '../icons';
import { useKeys } from '../shell/useKeys';
import { Answer } from './Answer';
import { Frame } from './Frame';
import { HistogramPanel } from './Histogram';
import { Linked } from './Linked';
import { Examples, Tries } from './Nothing';
import { isFault, QueryBar } from './QueryBar';
import classes from './Search.module.css';
import { SearchActions } from './SearchActions';
import { Partial } from './Status';
import { readState, type State, writeState } from './state';
import { useSearchRun } from './useSearchRun';
import { fixed } from './window';

const route = getRouteApi('/signed-in/search');

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
