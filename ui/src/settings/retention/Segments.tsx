import { Button, Select } from '@mantine/core';
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { retention, segments } from '../../api/retention';
import { Panel } from '../../display/Page';
import { Failed, Loading } from '../../display/Waiting';
import { SegmentRow } from './SegmentRow';

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
                <SegmentRow key={s.id} of={s} />
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
