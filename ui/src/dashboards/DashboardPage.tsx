import { ActionIcon, Button, Menu, Select, Tooltip } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { useAct } from '../api/act';
import { base, remove, seg } from '../api/client';
import { type Dashboard, dashboard } from '../api/dashboards';
import { Tag } from '../display/Tag';
import { Untrusted } from '../display/Untrusted';
import { escaped } from '../display/untrusted';
import { Empty, Loaded } from '../display/Waiting';
import {
  IconArrowsMaximize,
  IconArrowsMinimize,
  IconCopy,
  IconDotsVertical,
  IconDownload,
  IconLayoutDashboard,
  IconMail,
  IconPencil,
  IconRefresh,
  IconTrash,
} from '../icons';
import { Frame } from '../search/Frame';
import { TimeRange } from '../search/TimeRange';
import { useMe } from '../session/session';
import { useKeys } from '../shell/useKeys';
import classes from './Dashboards.module.css';
import { MailDrawer } from './MailDrawer';
import { PanelView } from './PanelView';
import { useCopy } from './useCopy';

const route = getRouteApi('/signed-in/search/dashboards/$id');

export function DashboardPage() {
  const { id } = route.useParams();
  const found = useQuery(dashboard(id));
  return (
    <Loaded query={found} lines={10} page>
      {(board) => <Board key={board.id} board={board} />}
    </Loaded>
  );
}

const refreshes = [
  { value: '0', label: 'Not by itself' },
  { value: '30', label: 'Every 30 s' },
  { value: '60', label: 'Every minute' },
  { value: '300', label: 'Every 5 min' },
  { value: '900', label: 'Every 15 min' },
];

function Board({ board }: { board: Dashboard }) {
  const { from = `now-${board.range || '24h'}`, to, wall } = route.useSearch();
  const go = route.useNavigate();
  const client = useQueryClient();
  const [refresh, setRefresh] = useState(String(board.refresh_s));
  const [nonce, setNonce] = useState(0);
  const [mailing, setMailing] = useState(false);
  const every = Number(refresh) > 0 ? Number(refresh) * 1000 : false;
  const again = () => {
    setNonce((n) => n + 1);
    void client.invalidateQueries({ queryKey: ['dashboard-panels', board.id] });
  };
  const setWall = (on: boolean) =>
    void go({ search: (s) => ({ ...s, wall: on ? '1' : undefined }), replace: true });
  useKeys([
    { keys: 'w', label: 'On the whole screen', group: 'Dashboard', run: () => setWall(!wall) },
    { keys: '.', label: 'Refresh', group: 'Dashboard', run: again },
  ]);
  const grid =
    board.panels.length === 0 ? (
      <div className="panel">
        <Empty icon={<IconLayoutDashboard size={30} aria-hidden />} title="No panel yet">
          <p>A panel is a query with a picture. Edit the dashboard to add the first.</p>
        </Empty>
      </div>
    ) : (
      <div className={classes.grid}>
        {board.panels
          .toSorted((a, b) => a.y - b.y || a.x - b.x)
          .map((p) => (
            <div
              key={p.id}
              className={classes.cell}
              style={{ gridColumn: `${p.x + 1} / span ${p.w}`, gridRow: `${p.y + 1} / span ${p.h}` }}
            >
              <PanelView board={board} panel={p} from={from} to={to ?? 'now'} every={every} nonce={nonce} />
            </div>
          ))}
      </div>
    );
  if (wall)
    return (
      <Wall name={board.name} leave={() => setWall(false)}>
        {grid}
      </Wall>
    );
  return (
    <Frame
      title={escaped(board.name)}
      sub={
        <>
          <Untrusted text={board.description} /> {board.shipped && <Tag>comes with Tocsin</Tag>}{' '}
          {board.shared && !board.shipped && <Tag>shared by {board.owner_name}</Tag>}
        </>
      }
      actions={
        <>
          <TimeRange
            from={from}
            to={to}
            tz="UTC"
            set={(c) => void go({ search: (s) => ({ ...s, from: c.from, to: c.to }) })}
          />
          <Select
            aria-label="Refresh"
            w={140}
            allowDeselect={false}
            data={
              refreshes.some((r) => r.value === refresh)
                ? refreshes
                : [...refreshes, { value: refresh, label: `Every ${refresh} s` }]
            }
            value={refresh}
            onChange={(v) => setRefresh(v ?? '0')}
          />
          <Icon label="Refresh now" run={again} icon={<IconRefresh size={16} />} />
          <Icon
            label="On the whole screen"
            run={() => setWall(true)}
            icon={<IconArrowsMaximize size={16} />}
          />
          <More board={board} from={from} to={to} mail={() => setMailing(true)} />
        </>
      }
    >
      {grid}
      <MailDrawer board={mailing ? board : null} close={() => setMailing(false)} />
    </Frame>
  );
}

function Icon({ label, run, icon }: { label: string; run: () => void; icon: React.ReactNode }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size={36} aria-label={label} onClick={run}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

type MoreProps = { board: Dashboard; from: string; to: string | undefined; mail: () => void };

function More({ board, from, to, mail }: MoreProps) {
  const mine = useMe()?.person.id === board.owner && !board.shipped;
  const go = useNavigate();
  const copy = useCopy();
  const drop = useAct({
    run: () => remove(`/dashboards/${seg(board.id)}`, board.version),
    done: `“${board.name}” is removed`,
    refresh: [['dashboards']],
    after: () => void go({ to: '/search/dashboards' }),
  });
  const png = `${base}/dashboards/${seg(board.id)}/picture.png?from=${encodeURIComponent(from)}&to=${encodeURIComponent(to ?? 'now')}`;
  return (
    <>
      {mine && (
        <Button
          leftSection={<IconPencil size={15} />}
          renderRoot={(p) => <Link to="/search/dashboards/$id/edit" params={{ id: board.id }} {...p} />}
        >
          Edit
        </Button>
      )}
      <Menu shadow="md" position="bottom-end" width={220}>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label="More">
            <IconDotsVertical size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconCopy size={14} />} onClick={() => copy.mutate(board)}>
            Make my own copy
          </Menu.Item>
          <Menu.Item leftSection={<IconDownload size={14} />} component="a" href={png} download>
            As a picture (PNG)
          </Menu.Item>
          <Menu.Item leftSection={<IconMail size={14} />} onClick={mail} disabled={!mine}>
            Mail it regularly
          </Menu.Item>
          {mine && (
            <Menu.Item color="red" leftSection={<IconTrash size={14} />} onClick={() => drop.mutate()}>
              Remove
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}

/** For a screen on the wall: nothing but the panels. */
function Wall({ name, leave, children }: { name: string; leave: () => void; children: React.ReactNode }) {
  const host = useRef<HTMLDivElement>(null);
  const left = useRef(leave);
  left.current = leave;
  useEffect(() => {
    // A browser may refuse; the panels still cover the page.
    void host.current?.requestFullscreen?.().catch(() => {});
    const onLeave = () => {
      if (!document.fullscreenElement) left.current();
    };
    const onKey = (e: KeyboardEvent) => e.key === 'Escape' && left.current();
    document.addEventListener('fullscreenchange', onLeave);
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('fullscreenchange', onLeave);
      document.removeEventListener('keydown', onKey);
      if (document.fullscreenElement) void document.exitFullscreen().catch(() => {});
    };
  }, []);
  return (
    <div ref={host} className={classes.wall}>
      <div className="row spread">
        <h1 id="page-title" tabIndex={-1}>
          <Untrusted text={name} />
        </h1>
        <ActionIcon variant="default" size={32} aria-label="Leave the whole screen" onClick={leave}>
          <IconArrowsMinimize size={16} />
        </ActionIcon>
      </div>
      {children}
    </div>
  );
}
