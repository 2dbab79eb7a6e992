import { Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useRef, useState } from 'react';
import type { ApiError } from '../api/problem';
import { check } from '../api/searchQueries';
import { IconPlayerStop } from '../icons';
import { useKeys } from '../shell/useKeys';
import { type Mark, QueryInput } from './QueryInput';
import classes from './Search.module.css';
import { Syntax } from './Syntax';
import { TimeRange } from './TimeRange';

type Props = {
  q: string;
  from: string | undefined;
  to: string | undefined;
  tz: string;
  /** What the last run said of this query. */
  error: ApiError | null;
  busy: boolean;
  run: (q: string) => void;
  setWindow: (c: { from: string | undefined; to: string | undefined; tz?: string }) => void;
  stop: () => void;
  /** Stands where the query is explained, as long as there is none. */
  tries?: ReactNode;
};

export const isFault = (error: ApiError | null): error is ApiError => error?.problem.offset !== undefined;

export function QueryBar({ q, from, to, tz, error, busy, run, setWindow, stop, tries }: Props) {
  const [text, setText] = useState(q);
  const [ran, setRan] = useState(q);
  if (ran !== q) {
    // A pivot or the back button changed the query.
    setRan(q);
    setText(q);
  }
  const input = useRef<HTMLTextAreaElement>(null);
  const said = useSaid(text, q, error);
  useKeys([
    { keys: '/', label: 'Change the query', group: 'Search', run: () => input.current?.focus() },
    { keys: '.', label: 'Run the search again', group: 'Search', run: () => run(text.trim()) },
  ]);
  return (
    <search className="stack-tight">
      <div className={classes.bar}>
        <div className={classes.query}>
          <QueryInput
            text={text}
            set={setText}
            run={run}
            mark={said.mark}
            describedBy="query-said"
            from={from}
            to={to}
            inputRef={input}
          />
        </div>
        <Syntax />
        <TimeRange from={from} to={to} tz={tz} set={setWindow} />
        {busy ? (
          <Button
            variant="default"
            className={classes.go}
            leftSection={<IconPlayerStop size={15} />}
            onClick={stop}
          >
            Stop
          </Button>
        ) : (
          <Button className={classes.go} onClick={() => run(text.trim())}>
            Search
          </Button>
        )}
      </div>
      <div id="query-said" className={classes.said} role={said.ran && said.mark ? 'alert' : undefined}>
        {said.fault ? (
          <span className={classes.fault}>{said.fault}</span>
        ) : (
          (said.explained ?? (text === '' ? tries : null))
        )}
      </div>
    </search>
  );
}

type Said = { mark: Mark | null; fault: string; explained: ReactNode; ran: boolean };

/** What is to be said of the text as it stands: the run's word for what ran, the check's for what is being written. */
function useSaid(text: string, q: string, error: ApiError | null): Said {
  const [settled] = useDebouncedValue(text, 350);
  const checked = useQuery({ ...check(settled.trim()), enabled: settled.trim() !== '' });
  const ran = text.trim() === q;
  if (ran && isFault(error)) {
    const lead = text.length - text.trimStart().length;
    return {
      mark: { offset: (error.problem.offset ?? 0) + lead, length: error.problem.length ?? 1 },
      fault: error.field('q') || error.message,
      explained: null,
      ran,
    };
  }
  const now = settled === text && text.trim() !== '' ? checked.data : undefined;
  if (!now) return { mark: null, fault: '', explained: null, ran };
  if (!now.ok) return { mark: now, fault: now.message, explained: null, ran };
  return { mark: null, fault: '', explained: now.explained, ran };
}
