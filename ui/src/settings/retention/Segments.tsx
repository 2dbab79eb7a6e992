import { Button, Select } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { toast, useAct } from '../../api/act';
import { post, seg } from '../../api/client';
import { retention, type Segment, segments } from '../../api/retention';
import { Panel } from '../../display/Page';
import { Tag } from '../../display/Tag';
import { Age } from '../../display/Time';
import { utc } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';
import { Failed, Loading } from '../../display/Waiting';
import { bytes, number } from '../../display/words';
import { IconLock } from '../../icons';
import { useCan } from '../../session/session';

/** The files that events are sealed in. */
export function Segments() {
  const classes = useQuery(retention);
  const [want, setWant] = useState<{ class?: string; tier?: string; held?: string; state?: string }>({});
  const found = useInfiniteQuery(segments(want));
  const items = found.data?.pages.flatMap((p) => p.items) ?? [];
  const pick = (name: keyof typeof want, label: string, data: { value: string; label: string }[]) => (
    <Select
      size="xs"
      w={150}
      aria-label={label}
      allowDeselect={false}
      data={[{ value: '', label }, ...data]}
      value={want[name] ?? ''}
      onChange={(v) => setWant((old) => ({ ...old, [name]: v || undefined }))}
    />
  );
  return (
    <Panel
      id="segments"
      title="Segments"
      side={
        <div className="row">
          {pick(
            'class',
            'Any class',
            (classes.data?.classes ?? []).map((c) => ({ value: c.name, label: c.name })),
          )}
          {pick('tier', 'Any place', [
            { value: 'local', label: 'On this disk' },
            { value: 'directory', label: 'In the directory' },
            { value: 's3', label: 'In the object store' },
          ])}
          {pick('state', 'Any state', [
            { value: 'ok', label: 'Sound' },
            { value: 'missing', label: 'Missing' },
            { value: 'damaged', label: 'Damaged' },
          ])}
          {pick('held', 'Held or not', [
            { value: 'true', label: 'Held' },
            { value: 'false', label: 'Not held' },
          ])}
        </div>
      }
    >
      {found.isError ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading lines={8} />
      ) : items.length === 0 ? (
        <p className="dim small">
          No segment. Events are sealed into one about every hour; until then they are in memory and the
          journal.
        </p>
      ) : (
        <div className="scroll">
          <table className="tbl">
            <thead>
              <tr>
                <th>Events from – to (UTC)</th>
                <th>Class</th>
                <th>Place</th>
                <th>State</th>
                <th className="right">Events</th>
                <th className="right">Size</th>
                <th>
                  <span className="visually-hidden">Acts</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((s) => (
                <Row key={s.id} of={s} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {found.hasNextPage && (
        <Button
          mt={10}
          size="xs"
          variant="default"
          loading={found.isFetchingNextPage}
          onClick={() => void found.fetchNextPage()}
        >
          More
        </Button>
      )}
    </Panel>
  );
}

const place = { local: 'this disk', directory: 'directory', s3: 'object store' };

function Row({ of: s }: { of: Segment }) {
  const can = useCan();
  const [open, setOpen] = useState(false);
  const verify = useAct({
    run: () =>
      post<{ segment: Segment; faults: { what: string; detail: string }[] | null }>(
        `/segments/${seg(s.id)}/verify`,
      ),
    refresh: [['retention']],
    after: (r) => {
      const n = r.faults?.length ?? 0;
      if (n === 0) toast('It is whole: every byte is as it was sealed');
      else setOpen(true);
    },
  });
  const restore = useAct({
    run: () => post(`/segments/${seg(s.id)}/restore`),
    done: 'It is on this disk again',
    refresh: [['retention']],
  });
  const faults = verify.data?.faults ?? [];
  return (
    <>
      <tr>
        <td className="mono">
          <button type="button" className="pivot" aria-expanded={open} onClick={() => setOpen(!open)}>
            {utc(s.min_time)} – {utc(s.max_time)}
          </button>
          {s.holds.length > 0 && ' '}
          {s.holds.length > 0 && (
            <Tag title={s.holds.map((h) => h.reason).join('; ')}>
              <IconLock size={12} aria-hidden /> held
            </Tag>
          )}
        </td>
        <td>{s.class}</td>
        <td>{place[s.tier]}</td>
        <td>
          <Tag tone={s.state === 'ok' ? 'good' : 'critical'}>{s.state === 'ok' ? 'sound' : s.state}</Tag>{' '}
          {s.filter !== 'ok' && (
            <Tag tone="medium" title="Searches are slower without it, not wrong">
              filter {s.filter}
            </Tag>
          )}
          {s.checked && (
            <div className="dim small">
              checked <Age at={s.checked} />
            </div>
          )}
        </td>
        <td className="right">{number(s.rows)}</td>
        <td className="right">{bytes(s.bytes)}</td>
        <td className="right nowrap">
          {can('retention.admin') && (
            <>
              <Button
                size="compact-xs"
                variant="default"
                loading={verify.isPending}
                onClick={() => verify.mutate()}
              >
                Verify
              </Button>{' '}
              {s.tier !== 'local' && (
                <Button
                  size="compact-xs"
                  variant="default"
                  loading={restore.isPending}
                  onClick={() => restore.mutate()}
                >
                  Restore
                </Button>
              )}
            </>
          )}
        </td>
      </tr>
      {open && (
        <tr>
          <td colSpan={7}>
            <dl className="facts">
              <dt>id</dt>
              <dd className="mono">{s.id}</dd>
              <dt>sealed</dt>
              <dd className="mono">{utc(s.sealed)}</dd>
              <dt>SHA-256</dt>
              <dd className="mono">{s.sha256}</dd>
              <dt>Merkle root</dt>
              <dd className="mono">{s.merkle_root}</dd>
              {s.detail && (
                <>
                  <dt>what is wrong</dt>
                  <dd>
                    <Untrusted text={s.detail} />
                  </dd>
                </>
              )}
              {faults.map((f) => (
                <div key={`${f.what} ${f.detail}`} style={{ display: 'contents' }}>
                  <dt>{f.what}</dt>
                  <dd>
                    <Untrusted text={f.detail} />
                  </dd>
                </div>
              ))}
              {s.holds.map((h) => (
                <div key={h.id} style={{ display: 'contents' }}>
                  <dt>held</dt>
                  <dd>
                    <Untrusted text={h.reason} />
                  </dd>
                </div>
              ))}
            </dl>
          </td>
        </tr>
      )}
    </>
  );
}
