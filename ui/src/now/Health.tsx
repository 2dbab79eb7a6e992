import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { status } from '../api/queries';
import type { Status } from '../api/types';
import { Panel } from '../display/Page';
import { Tag } from '../display/Tag';
import { Time } from '../display/Time';
import { Loaded } from '../display/Waiting';
import { bytes, number } from '../display/words';
import { IconAlertTriangle, IconCheck } from '../icons';

/** How the watchman is himself. */
export function Health() {
  const found = useQuery(status);
  return (
    <Panel id="health" title="Tocsin itself">
      <Loaded query={found}>{(s) => <HealthFacts status={s} at={found.dataUpdatedAt} />}</Loaded>
    </Panel>
  );
}

function HealthFacts({ status: s, at }: { status: Status; at: number }) {
  const full = s.journal.max_bytes > 0 ? Math.round((100 * s.journal.bytes) / s.journal.max_bytes) : 0;
  const good = s.alarms.length === 0 && !s.journal.failing && !s.store.last_error;
  return (
    <div className="stack-tight">
      <div>
        {good ? (
          <Tag tone="good">
            <IconCheck size={12} aria-hidden /> healthy
          </Tag>
        ) : (
          <Tag tone="high">
            <IconAlertTriangle size={12} aria-hidden /> needs a look
          </Tag>
        )}
      </div>
      <dl className="facts">
        <dt>Journal</dt>
        <dd>
          {number(s.journal.lag_batches)} batches behind, {bytes(s.journal.bytes)} kept ({full} % full)
          {s.journal.failing && <strong> failing: {String(s.journal.failing)}</strong>}
        </dd>
        <dt>Event store</dt>
        <dd>
          {number(s.store.hot_rows)} fresh events, {number(s.store.segments)} segments, {bytes(s.store.bytes)}
          {s.store.last_error && <strong> {s.store.last_error}</strong>}
        </dd>
        <dt>Rules</dt>
        <dd>
          {number(s.rules.loaded)} loaded
          {s.rules.rejected > 0 && (
            <>
              ,{' '}
              <Link to="/detection" search={{ show: 'rejected' }}>
                {number(s.rules.rejected)} rejected
              </Link>
            </>
          )}
        </dd>
        <dt>Version</dt>
        <dd className="mono">{s.version}</dd>
        <dt>Looked at</dt>
        <dd>
          <Time at={new Date(at).toISOString()} bare />
        </dd>
      </dl>
    </div>
  );
}
