import { useCallback, useEffect, useState } from 'react';
import { Failed, Loading } from '../display/Waiting';
import { Fields } from './Fields';
import { Nothing } from './Nothing';
import { Results } from './results/Results';
import { Toolbar } from './results/Toolbar';
import { type Found, mostRows, type SearchRun } from './run';
import classes from './Search.module.css';
import { Bar, End } from './Status';
import type { State } from './state';
import { TableResult } from './table/TableResult';

/** Further rows come by themselves up to here; after that they are asked for. */
const byThemselves = 10_000;

type AnswerProps = {
  state: State;
  fields: boolean;
  found: Found;
  run: SearchRun;
  ends: { from: string; to: string };
  show: (change: Partial<State>) => void;
  search: (change: Partial<State>) => void;
  narrow: (term: string, exclude: boolean) => void;
  pipe: (pipe: string) => void;
  toggle: (col: string) => void;
};

/** What came: events, the table of the pipes, nothing, or why not. */
export function Answer({ state, fields, found, run, ends, show, search, narrow, pipe, toggle }: AnswerProps) {
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
