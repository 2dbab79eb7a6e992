import { ActionIcon, Select, Tooltip } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type ReactNode, useState } from 'react';
import { type Dashboard, dashboard } from '../api/dashboards';
import { Tag } from '../display/Tag';
import { Untrusted } from '../display/Untrusted';
import { escaped } from '../display/untrusted';
import { Empty, Loaded } from '../display/Waiting';
import { IconArrowsMaximize, IconLayoutDashboard, IconRefresh } from '../icons';
import { Frame } from '../search/Frame';
import { TimeRange } from '../search/TimeRange';
import { useKeys } from '../shell/useKeys';
import classes from './Dashboards.module.css';
import { MailDrawer } from './MailDrawer';
import { More } from './More';
import { PanelView } from './PanelView';
import { Wall } from './Wall';

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

function Icon({ label, run, icon }: { label: string; run: () => void; icon: ReactNode }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size={36} aria-label={label} onClick={run}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
