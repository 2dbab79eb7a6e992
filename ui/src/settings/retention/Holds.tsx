import { Button, Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { toast, useAct } from '../../api/act';
import { post, seg } from '../../api/client';
import { type Hold, holds } from '../../api/retention';
import { ReasonDialog } from '../../detection/ReasonDialog';
import { Panel } from '../../display/Page';
import { Tag } from '../../display/Tag';
import { Time } from '../../display/Time';
import { utc } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';
import { Empty, Loaded } from '../../display/Waiting';
import { bytes, number } from '../../display/words';
import { IconLock, IconPlus } from '../../icons';
import { useCan } from '../../session/session';
import { NewHold } from './NewHold';
import classes from './Retention.module.css';

/** What keeps events beyond their time. */
export function Holds() {
  const can = useCan();
  const found = useQuery(holds);
  const [adding, setAdding] = useState(false);
  return (
    <Panel
      id="holds"
      title="Holds"
      side={
        can('retention.admin') && (
          <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setAdding(true)}>
            New hold
          </Button>
        )
      }
    >
      <Loaded query={found} lines={5}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconLock size={28} aria-hidden />} title="Nothing is held">
              <p>
                A hold keeps events from being dropped, however old they are: for a court, an investigation or
                a case. Opening a case holds the events of its users and hosts by itself.
              </p>
            </Empty>
          ) : (
            <div className="scroll">
              <HoldTable items={items} />
            </div>
          )
        }
      </Loaded>
      <Drawer opened={adding} onClose={() => setAdding(false)} title="New hold">
        {adding && <NewHold close={() => setAdding(false)} />}
      </Drawer>
    </Panel>
  );
}

export function HoldTable({ items }: { items: Hold[] }) {
  return (
    <table className={`tbl ${classes.wide}`}>
      <thead>
        <tr>
          <th>What</th>
          <th className="hide-narrow">Events from – to (UTC)</th>
          <th className="right">Holds now</th>
          <th>Placed</th>
          <th>
            <span className="visually-hidden">Acts</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {items.map((h) => (
          <tr key={h.id}>
            <td>
              {h.case_id ? (
                <Link to="/cases/$id" params={{ id: h.case_id }} className="mono">
                  {h.case_number || 'a case'}
                </Link>
              ) : (
                <code>
                  <Untrusted text={h.q || 'everything'} />
                </code>
              )}
              <div className="small">
                <Untrusted text={h.reason} />
              </div>
            </td>
            <td className="mono hide-narrow">
              {h.from ? utc(h.from) : 'the beginning'} – {h.to ? utc(h.to) : 'open'}
            </td>
            <td className="right">
              {h.released_at ? (
                <Tag>released</Tag>
              ) : (
                <>
                  {number(h.segments)} segments
                  <div className="dim small">{bytes(h.bytes)}</div>
                </>
              )}
            </td>
            <td className="small">
              {h.by_name || h.by || 'by itself'}
              <div>
                <Time at={h.at} bare />
              </div>
              {h.released_at && (
                <div className="dim">
                  released <Time at={h.released_at} bare /> {h.released_by && `by ${h.released_by.name}`}
                </div>
              )}
            </td>
            <td className="right">{!h.released_at && <Release of={h} />}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Release({ of: h }: { of: Hold }) {
  const can = useCan();
  const [opened, setOpened] = useState(false);
  const act = useAct({
    run: (reason: string) =>
      post<{ change?: { id: string } | null }>(`/holds/${seg(h.id)}/release`, { reason }),
    quiet: true,
    refresh: [['retention'], ['case']],
    after: (r) => {
      setOpened(false);
      toast(r.change ? 'Asked for; another person must approve it' : 'Released');
    },
  });
  if (!can('retention.admin')) return null;
  return (
    <>
      <Button size="compact-xs" variant="default" onClick={() => setOpened(true)}>
        Release<span className="visually-hidden"> {h.case_number || h.q}</span>
      </Button>
      <ReasonDialog
        opened={opened}
        close={() => setOpened(false)}
        title="Release the hold"
        verb={h.kind === 'case' ? 'Ask for it' : 'Release'}
        busy={act.isPending}
        error={act.error}
        run={act.mutate}
      >
        <p className="small">
          {h.kind === 'case'
            ? 'This is the hold of a case: a second person must approve, and then the delay passes.'
            : 'Events that are past their time will then be dropped.'}
        </p>
      </ReasonDialog>
    </>
  );
}
