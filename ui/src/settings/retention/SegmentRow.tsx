import { Button } from '@mantine/core';
import { useState } from 'react';
import { toast, useAct } from '../../api/act';
import { post, seg } from '../../api/client';
import type { Segment } from '../../api/retention';
import { Tag } from '../../display/Tag';
import { Age } from '../../display/Time';
import { utc } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';
import { bytes, number } from '../../display/words';
import { IconLock } from '../../icons';
import { useCan } from '../../session/session';

const place = { local: 'this disk', directory: 'directory', s3: 'object store' };

/** One file of events: whether it is sound, and what can be done about it. */
export function SegmentRow({ of: s }: { of: Segment }) {
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
