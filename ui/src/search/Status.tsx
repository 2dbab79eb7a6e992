import { Button } from '@mantine/core';
import { useNow } from '../display/clock';
import { duration, utc } from '../display/time';
import { number } from '../display/words';
import { IconAlertTriangle } from '../icons';
import { type Found, mostRows, type SearchRun } from './run';
import classes from './Search.module.css';

/** How far the search is: always there, so that nothing moves when it ends. */
export function Bar({ found }: { found: Found }) {
  const going = found.phase === 'running' || found.phase === 'older';
  const p = found.progress;
  const part = p && p.of > 0 ? p.segments / p.of : undefined;
  return (
    <div className={classes.progress} data-going={going || undefined}>
      {going && (
        <span
          role="progressbar"
          aria-label="Progress of the search"
          aria-valuemin={0}
          aria-valuemax={100}
          aria-valuenow={part === undefined ? undefined : Math.round(part * 100)}
          className={part === undefined ? classes.unknown : undefined}
          style={part === undefined ? undefined : { width: `${Math.max(2, part * 100)}%` }}
        />
      )}
    </div>
  );
}

/** One line: how many, of how many, how long, how far back. */
export function Line({ found }: { found: Found }) {
  const now = useNow();
  const { rows, histogram: h, done, progress: p, phase, table } = found;
  const going = phase === 'running' || phase === 'older';
  const total = h?.total;
  const what = table ? `${number(table.rows.length)} rows` : number(rows.length);
  return (
    <h2 aria-live="polite" className={classes.line}>
      {what}
      {table
        ? total !== undefined && <span className="dim"> of {number(total)} events</span>
        : total !== undefined && total >= rows.length && ` of ${number(total)}`}
      {!table && ' events'}
      {going ? (
        <span className="dim">
          {' '}
          · {phase === 'older' ? 'looking for older ones' : 'searching'}
          {p?.scanned_to && `, back to ${utc(p.scanned_to).slice(5, 16)}`}
          {p && p.of > 0 && ` · ${number(p.segments)} of ${number(p.of)} segments`}
          {now - found.startedAt > 2000 && ` · ${duration(now - found.startedAt)}`}
        </span>
      ) : (
        done && <span className="dim"> · {number(done.took_ms)} ms</span>
      )}
    </h2>
  );
}

type PartialProps = { found: Found; run: SearchRun; again: () => void };

/** What is missing from the answer, in plain words, and how to get it. */
export function Partial({ found, run, again }: PartialProps) {
  const { done, phase, progress: p, rows } = found;
  const reached = p?.scanned_to || rows.at(-1)?.time;
  if (phase === 'stopped')
    return (
      <Notice
        title="You stopped the search."
        text={reached ? `It had looked back to ${utc(reached)} UTC; what is older is not in this.` : ''}
        act="Run it again"
        run={again}
      />
    );
  if (phase === 'failed' && rows.length > 0)
    return (
      <Notice
        title="The search broke off."
        text={`${found.error?.message ?? ''} What had come by then is shown.`}
        act="Run it again"
        run={again}
      />
    );
  if (phase !== 'done' || !done?.incomplete) return null;
  const took = done.took_ms >= 1000 ? ` after ${duration(done.took_ms)}` : '';
  return (
    <Notice
      title={`Stopped${took}${reached ? ` at ${utc(reached)} UTC` : ''}: this is not all.`}
      text={`${done.reason} ${found.table ? 'The figures count only what was looked at; a shorter window is counted whole.' : 'Older events were not looked at.'}`}
      act={done.next && !found.table ? 'Go on' : undefined}
      run={() => run.older()}
    />
  );
}

type NoticeProps = { title: string; text: string; act?: string; run: () => void };

function Notice({ title, text, act, run }: NoticeProps) {
  return (
    <div className={`notice notice-warn ${classes.partial}`} role="status">
      <IconAlertTriangle size={16} aria-hidden />
      <span>
        <strong>{title}</strong> {text}
      </span>
      {act && (
        <Button size="compact-xs" variant="default" onClick={run}>
          {act}
        </Button>
      )}
    </div>
  );
}

/** Below the last row: more, or that there is no more. */
export function End({ found, run }: { found: Found; run: SearchRun }) {
  const { rows, done, phase } = found;
  if (phase === 'running') return null;
  if (rows.length >= mostRows)
    return <>These are {number(mostRows)} events, all that a screen holds. An export holds all of them.</>;
  if (done?.next || phase === 'older')
    return (
      <Button size="xs" variant="default" loading={phase === 'older'} onClick={() => run.older()}>
        Load older events
      </Button>
    );
  return <>That is all: {number(rows.length)} events in this window.</>;
}
