import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { EntityPage as Entity } from '../../api/search';
import { entity } from '../../api/searchQueries';
import { keepOnCase } from '../../cases/keepStore';
import { Pivot } from '../../display/Pivot';
import { aboutEntity } from '../../display/query';
import { Time } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { escaped } from '../../display/untrusted';
import { Empty, Loaded } from '../../display/Waiting';
import { number } from '../../display/words';
import { IconBriefcase, IconFingerprint, IconSearch } from '../../icons';
import { useCan } from '../../session/session';
import { Frame } from '../Frame';
import { HistogramPanel } from '../Histogram';
import { TimeRange } from '../TimeRange';
import { around, fixed } from '../window';
import classes from './Entity.module.css';
import { Newest } from './Newest';
import { Alerts, Cases, Counts, Neighbours, Sources } from './Parts';

const route = getRouteApi('/signed-in/search/entity/$kind');
const usualFrom = 'now-30d';

/** All that is known of one user, host, address, file…, over a window of time. */
export function EntityPage() {
  const { kind } = route.useParams();
  const { value = '', from = usualFrom, to } = route.useSearch();
  const go = route.useNavigate();
  const can = useCan();
  const [at] = useState(() => Date.now());
  const ends = useMemo(() => fixed(from, to, at), [from, to, at]);
  const found = useQuery({ ...entity(kind, value, ends.from, ends.to), enabled: value !== '' });
  const q = aboutEntity(kind, value);
  const setWindow = (c: { from: string | undefined; to: string | undefined }) =>
    void go({ search: (s) => ({ ...s, from: c.from, to: c.to }) });
  return (
    <Frame
      title={escaped(value) || 'No value'}
      sub={
        <>
          {kind === 'ip' ? 'Address' : kind.charAt(0).toUpperCase() + kind.slice(1)}: what the events say of
          it
        </>
      }
      actions={
        <>
          <TimeRange from={from} to={to} tz="UTC" set={setWindow} />
          <Button
            variant="default"
            leftSection={<IconSearch size={15} />}
            renderRoot={(p) => <Link to="/search" search={{ q, from, to }} {...p} />}
          >
            All its events
          </Button>
          {can('cases.write') && (
            <Button
              variant="default"
              leftSection={<IconBriefcase size={15} />}
              onClick={() => keepOnCase({ kind: 'value', value, what: kind })}
            >
              Add to a case
            </Button>
          )}
        </>
      }
    >
      {value === '' ? (
        <div className="panel">
          <Empty icon={<IconFingerprint size={30} aria-hidden />} title="Which one?">
            <p>This page is reached by the menu of any user, host or address.</p>
          </Empty>
        </div>
      ) : (
        <Loaded query={found} lines={12} page={false}>
          {(e) =>
            e.events === 0 ? <NeverSeen of={e} /> : <Known of={e} ends={ends} q={q} set={setWindow} />
          }
        </Loaded>
      )}
    </Frame>
  );
}

function NeverSeen({ of: e }: { of: Entity }) {
  return (
    <div className="panel">
      <Empty icon={<IconFingerprint size={30} aria-hidden />} title="Not seen in this window">
        <p>
          No event names <Untrusted text={e.value} mono /> between these times.
          {e.incomplete && ` Not all was looked at: ${e.reason}`} A wider window may know it.
        </p>
      </Empty>
    </div>
  );
}

type KnownProps = {
  of: Entity;
  ends: { from: string; to: string };
  q: string;
  set: (c: { from: string; to: string }) => void;
};

function Known({ of: e, ends, q, set }: KnownProps) {
  const total = e.histogram.buckets.reduce((n, b) => n + b.count, 0);
  const [counts, setCounts] = useState(false);
  const near = (at: string) => ({ q, ...around(at) });
  return (
    <>
      {e.incomplete && (
        <div className="notice notice-warn" role="status">
          <strong>Not all was looked at:</strong> {e.reason}
        </div>
      )}
      <dl className={classes.figures}>
        <div>
          <dt>First seen</dt>
          <dd>
            <Time at={e.first_seen} />{' '}
            {e.first_seen && (
              <Link to="/search" search={near(e.first_seen)} className="small nowrap">
                Look around
              </Link>
            )}
          </dd>
        </div>
        <div>
          <dt>Last seen</dt>
          <dd>
            <Time at={e.last_seen} />{' '}
            {e.last_seen && (
              <Link to="/search" search={near(e.last_seen)} className="small nowrap">
                Look around
              </Link>
            )}
          </dd>
        </div>
        <div>
          <dt>Events</dt>
          <dd>{number(e.events)}</dd>
        </div>
        <div>
          <dt>Value</dt>
          <dd>
            <Pivot value={e.value} kind={e.kind} />
          </dd>
        </div>
      </dl>
      <HistogramPanel
        data={{ ...e.histogram, total, partial: false }}
        {...ends}
        asTable={counts}
        setAsTable={setCounts}
        zoom={(from, to) => set({ from, to })}
      />
      <div className={classes.grid}>
        <Neighbours of={e} />
        <div className="stack">
          <Alerts of={e} />
          <Cases of={e} />
        </div>
        <div className="stack">
          <Sources of={e} />
          <Counts id="actions" title="What was done" of={e.actions} none="No event says what was done." />
          <Counts id="outcomes" title="How it ended" of={e.outcomes} none="No event says how it ended." />
        </div>
      </div>
      <Newest q={q} ends={ends} />
    </>
  );
}
