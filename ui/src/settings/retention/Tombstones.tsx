import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Fragment, useState } from 'react';
import { tombstones } from '../../api/retention';
import { CopyLine } from '../../display/CopyLine';
import { Panel } from '../../display/Page';
import { Time } from '../../display/Time';
import { utc } from '../../display/time';
import { Empty, Failed, Loading } from '../../display/Waiting';
import { bytes, number } from '../../display/words';
import { IconArchive } from '../../icons';

const why: Record<string, string> = {
  age: 'past its days',
  size: 'class was too large',
  space: 'disk was full',
  removal: 'source or class was removed',
};

/** What was dropped. The events are gone, the proof of what they were stays. */
export function Tombstones() {
  const found = useInfiniteQuery(tombstones);
  const [open, setOpen] = useState('');
  const items = found.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <Panel id="tombstones" title="Dropped">
      {found.isError ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading lines={6} />
      ) : items.length === 0 ? (
        <Empty icon={<IconArchive size={28} aria-hidden />} title="Nothing was dropped yet">
          <p>
            Each segment that goes leaves a signed stone here: how many events of which time it held, with its
            hash, and why it went.
          </p>
        </Empty>
      ) : (
        <div className="scroll">
          <table className="tbl">
            <thead>
              <tr>
                <th>Dropped</th>
                <th>Events from – to (UTC)</th>
                <th>Class</th>
                <th>Why</th>
                <th className="right">Events</th>
                <th className="right">Size</th>
                <th className="right">Record</th>
              </tr>
            </thead>
            <tbody>
              {items.map((t) => (
                <Fragment key={t.id}>
                  <tr>
                    <td>
                      <Time at={t.at} bare />
                    </td>
                    <td className="mono">
                      <button
                        type="button"
                        className="pivot"
                        aria-expanded={open === t.id}
                        onClick={() => setOpen(open === t.id ? '' : t.id)}
                      >
                        {utc(t.min_time)} – {utc(t.max_time)}
                      </button>
                    </td>
                    <td>{t.class}</td>
                    <td>{why[t.reason] ?? t.reason}</td>
                    <td className="right">{number(t.rows)}</td>
                    <td className="right">{bytes(t.bytes)}</td>
                    <td className="right mono">
                      <Link to="/record" search={{ after: String(t.record_seq - 1) }}>
                        {t.record_seq}
                      </Link>
                    </td>
                  </tr>
                  {open === t.id && (
                    <tr>
                      <td colSpan={7}>
                        <dl className="facts">
                          <dt>segment</dt>
                          <dd className="mono">{t.segment}</dd>
                          <dt>SHA-256</dt>
                          <dd className="mono">{t.sha256}</dd>
                          <dt>Merkle root</dt>
                          <dd className="mono">{t.merkle_root}</dd>
                        </dl>
                        <CopyLine text={t.signature} label="The signed note" />
                      </td>
                    </tr>
                  )}
                </Fragment>
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
