import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useRef } from 'react';
import { type Dashboard, dashboards } from '../api/dashboards';
import { Tag } from '../display/Tag';
import { Untrusted } from '../display/Untrusted';
import { Empty, Loaded } from '../display/Waiting';
import { number } from '../display/words';
import { IconCopy, IconLayoutDashboard, IconMail, IconPlus, IconSearch } from '../icons';
import { Frame } from '../search/Frame';
import { useKeys } from '../shell/useKeys';
import classes from './Dashboards.module.css';
import { useCopy } from './useCopy';

const route = getRouteApi('/signed-in/search/dashboards');

export function DashboardList() {
  const { q = '' } = route.useSearch();
  const go = route.useNavigate();
  const box = useRef<HTMLInputElement>(null);
  const found = useQuery(dashboards);
  useKeys([{ keys: '/', label: 'Filter', group: 'Dashboards', run: () => box.current?.focus() }]);
  const fits = (d: Dashboard) =>
    q
      .toLowerCase()
      .split(/\s+/)
      .every((w) => `${d.name} ${d.description} ${d.owner_name}`.toLowerCase().includes(w));
  return (
    <Frame
      title="Dashboards"
      sub="Several questions at one glance, on a screen or by mail"
      actions={
        <Button
          leftSection={<IconPlus size={15} />}
          renderRoot={(p) => <Link to="/search/dashboards/$id/edit" params={{ id: 'new' }} {...p} />}
        >
          New dashboard
        </Button>
      }
    >
      <TextInput
        ref={box}
        aria-label="Filter dashboards"
        placeholder="Words of the name"
        leftSection={<IconSearch size={15} />}
        value={q}
        onChange={(e) => void go({ search: { q: e.currentTarget.value || undefined }, replace: true })}
      />
      <Loaded query={found} lines={6}>
        {({ items }) =>
          items.length === 0 ? (
            <div className="panel">
              <Empty icon={<IconLayoutDashboard size={30} aria-hidden />} title="No dashboard yet">
                <p>Put the queries that you look at each morning side by side.</p>
              </Empty>
            </div>
          ) : (
            <ul className={`bare-list ${classes.cards}`}>
              {items.filter(fits).map((d) => (
                <Card key={d.id} of={d} />
              ))}
            </ul>
          )
        }
      </Loaded>
    </Frame>
  );
}

function Card({ of: d }: { of: Dashboard }) {
  const copy = useCopy();
  return (
    <li className={`panel ${classes.card}`}>
      <h2>
        <Link to="/search/dashboards/$id" params={{ id: d.id }}>
          <Untrusted text={d.name} />
        </Link>
      </h2>
      <p className={`small ${classes.about}`}>
        <Untrusted text={d.description} />
      </p>
      <Outline of={d} />
      <div className="row row-tight small">
        {d.shipped ? <Tag>comes with Tocsin</Tag> : <span className="dim">{d.owner_name}</span>}
        {d.shared && !d.shipped && <Tag>shared</Tag>}
        {d.mail && (
          <Tag title={`Mailed ${d.mail.every}`}>
            <IconMail size={12} aria-hidden /> {d.mail.every}
          </Tag>
        )}
        <span className="dim">
          {number(d.panels.length)} {d.panels.length === 1 ? 'panel' : 'panels'}, last {d.range || '24h'}
        </span>
        {d.shipped && (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconCopy size={12} />}
            loading={copy.isPending}
            onClick={() => copy.mutate(d)}
          >
            Copy<span className="visually-hidden"> {d.name}</span>
          </Button>
        )}
      </div>
    </li>
  );
}

/** How its panels stand, small. */
function Outline({ of: d }: { of: Dashboard }) {
  const rows = Math.max(4, ...d.panels.map((p) => p.y + p.h));
  return (
    <svg viewBox={`0 0 120 ${rows * 4}`} className={classes.outline} aria-hidden="true">
      {d.panels.map((p) => (
        <rect
          key={p.id}
          x={p.x * 10 + 0.8}
          y={p.y * 4 + 0.8}
          width={p.w * 10 - 1.6}
          height={p.h * 4 - 1.6}
          rx="1.5"
        />
      ))}
    </svg>
  );
}
