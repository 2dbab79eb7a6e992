import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { FieldStats } from '../api/search';
import { searchOnce } from '../api/searchQueries';
import { Untrusted } from '../display/Untrusted';
import { Empty } from '../display/Waiting';
import { IconSearch } from '../icons';
import { examples } from './examples';
import classes from './Search.module.css';

type Try = { run: (q: string) => void };

/** Examples of the language; each finds something on this installation. */
export function Examples({ stats, run, label }: Try & { stats: FieldStats | null; label: string }) {
  const list = useMemo(() => examples(stats), [stats]);
  return (
    <ul className={`bare-list ${classes.examples}`} aria-label={label}>
      {list.map((e) => (
        <li key={e.q}>
          <button type="button" onClick={() => run(e.q)}>
            <code>
              <Untrusted text={e.q} />
            </code>
            <span className="dim">{e.says}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** The same in one line, where a query is to be written. */
export function Tries({ stats, run }: Try & { stats: FieldStats | null }) {
  const list = useMemo(() => examples(stats), [stats]);
  return (
    <div className={classes.tries}>
      <span>Try</span>
      {list.map((e) => (
        <button key={e.q} type="button" title={e.says} onClick={() => run(e.q)}>
          <Untrusted text={e.q} mono />
        </button>
      ))}
    </div>
  );
}

/** Nothing was found: what can be done, and what a query looks like that finds something. */
export function Nothing({ q, run, widen }: Try & { q: string; widen: () => void }) {
  // The fields of whatever is stored lately, for examples.
  const lately = useQuery({ ...searchOnce('', 'now-30d', 'now', 50), staleTime: 60_000, retry: false });
  const none = lately.data !== undefined && lately.data.items.length === 0;
  return (
    <div className="panel">
      <Empty
        icon={<IconSearch size={30} aria-hidden />}
        title={none ? 'Nothing is stored yet' : 'No event fits in this window'}
      >
        {none ? (
          <p>
            Every record that a source sends can be found here, seconds after it came.{' '}
            <Link to="/settings" search={{ tab: 'sources' }}>
              Connect a source
            </Link>
            , or start a drill under Settings, Exercises.
          </p>
        ) : (
          <>
            <p>
              <button type="button" className="pivot" onClick={widen}>
                Look at 30 days
              </button>
              {q && ', or take a term away'}. These find something here:
            </p>
            <Examples stats={lately.data?.fields ?? null} run={run} label="Queries to try" />
          </>
        )}
      </Empty>
    </div>
  );
}
