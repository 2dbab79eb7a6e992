import { Button, TextInput } from '@mantine/core';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { EventRow } from '../../api/types';
import { Empty } from '../../display/Waiting';
import { IconBroadcast, IconPlayerPause, IconPlayerPlay, IconTrash } from '../../icons';
import { useKeys } from '../../shell/useKeys';
import { Frame } from '../Frame';
import { isFault } from '../QueryBar';
import { QueryInput } from '../QueryInput';
import { Feed } from './feed';
import { List } from './List';
import { TailRow } from './TailRow';
import { Vitals } from './Vitals';

const route = getRouteApi('/signed-in/search/tail');

/** Events as they come in. */
export function Tail() {
  const { q = '' } = route.useSearch();
  const go = route.useNavigate();
  const [text, setText] = useState(q);
  const input = useRef<HTMLTextAreaElement>(null);
  const feed = useMemo(() => new Feed(q), [q]);
  useEffect(() => {
    feed.start();
    return () => feed.stop();
  }, [feed]);
  const tailed = useSyncExternalStore(feed.subscribe, feed.get);
  const [find, setFind] = useState('');
  const [pinned, setPinned] = useState<EventRow[]>([]);
  const run = (next: string) => void go({ search: (s) => ({ ...s, q: next || undefined }) });
  const pause = useCallback(() => feed.pause(!feed.get().paused), [feed]);
  useKeys([
    { keys: '/', label: 'Change the query', group: 'Tail', run: () => input.current?.focus() },
    { keys: 'p', label: 'Pause or go on', group: 'Tail', run: pause },
  ]);
  const pin = useCallback(
    (row: EventRow) =>
      setPinned((old) =>
        old.some((r) => r.id === row.id) ? old.filter((r) => r.id !== row.id) : [...old, row],
      ),
    [],
  );
  const words = find.trim().toLowerCase();
  const rows = useMemo(
    () =>
      words
        ? tailed.rows.filter((r) => `${r.source} ${r.message || r.raw}`.toLowerCase().includes(words))
        : tailed.rows,
    [tailed.rows, words],
  );
  const fault = isFault(tailed.error) ? tailed.error : null;
  return (
    <Frame
      title="Tail"
      sub="Events as they come in; the last 2 000 stay here"
      actions={
        <>
          <Button
            variant={tailed.paused ? 'filled' : 'default'}
            size="xs"
            leftSection={tailed.paused ? <IconPlayerPlay size={14} /> : <IconPlayerPause size={14} />}
            onClick={pause}
          >
            {tailed.paused ? `Go on${tailed.waiting > 0 ? `, ${tailed.waiting} waiting` : ''}` : 'Pause'}
          </Button>
          <Button
            variant="default"
            size="xs"
            leftSection={<IconTrash size={14} />}
            onClick={() => feed.clear()}
          >
            Clear
          </Button>
        </>
      }
    >
      <div className="stack-tight">
        <div className="row">
          <div className="grow">
            <QueryInput
              text={text}
              set={setText}
              run={run}
              mark={fault ? { offset: fault.problem.offset ?? 0, length: fault.problem.length ?? 1 } : null}
              from={undefined}
              to={undefined}
              inputRef={input}
              placeholder="Everything; or a condition, such as outcome:failure"
              describedBy="tail-said"
            />
          </div>
          <Button onClick={() => run(text.trim())}>Follow</Button>
          <TextInput
            aria-label="Filter what is here"
            placeholder="Filter what is here"
            value={find}
            onChange={(e) => setFind(e.currentTarget.value)}
          />
        </div>
        <div id="tail-said" className="small" role={tailed.error ? 'alert' : undefined}>
          {tailed.connection === 'refused' && tailed.error?.message}
        </div>
      </div>
      <Vitals of={tailed} shown={rows.length} />
      {pinned.length > 0 && (
        <section className="panel panel-tight" aria-label="Pinned">
          {pinned.map((r) => (
            <TailRow key={r.id} row={r} pinned open={false} pin={pin} toggle={noToggle} />
          ))}
        </section>
      )}
      <List rows={rows} feed={feed} paused={tailed.paused} pin={pin} pinned={pinned} />
      {tailed.rows.length === 0 && tailed.connection === 'live' && (
        <div className="panel">
          <Empty icon={<IconBroadcast size={30} aria-hidden />} title="Listening; nothing came yet">
            <p>
              A record appears here within a second or two after it came in.
              {q && ' Only what fits the query is shown.'} What came before is in{' '}
              <Link to="/search" search={{ q: q || undefined, from: 'now-1h' }}>
                Search
              </Link>
              .
            </p>
          </Empty>
        </div>
      )}
    </Frame>
  );
}

const noToggle = () => {};
