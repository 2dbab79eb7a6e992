import { Button, Drawer, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useAct } from '../api/act';
import { create } from '../api/client';
import { sources } from '../api/queries';
import type { Command, Source } from '../api/types';
import { CopyLine } from '../display/CopyLine';
import { term } from '../display/query';
import { Tag } from '../display/Tag';
import { Age } from '../display/Time';
import { Empty, Loaded } from '../display/Waiting';
import { number } from '../display/words';
import { IconPlugConnected, IconPlus } from '../icons';
import { useCan } from '../session/session';
import { RemoveSource } from './retention/RemoveSource';

type Made = { source: Source; token: string; commands: Command[] };

export function Sources() {
  const can = useCan();
  const found = useQuery(sources);
  const [adding, setAdding] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  const close = () => {
    setAdding(false);
    setMade(null);
  };
  return (
    <div className="stack">
      {can('sources.admin') && (
        <div>
          <Button leftSection={<IconPlus size={16} />} onClick={() => setAdding(true)}>
            Add a source
          </Button>
        </div>
      )}
      <Loaded query={found} lines={6}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconPlugConnected size={28} aria-hidden />} title="No source yet">
              <p>A source is a system, or a shipper of many, that sends its logs here.</p>
            </Empty>
          ) : (
            <div className="stack">
              {items.map((s) => (
                <OneSource key={s.name} of={s} />
              ))}
            </div>
          )
        }
      </Loaded>
      <Drawer
        opened={adding}
        onClose={close}
        title={made ? `Connect ${made.source.name}` : 'Add a source'}
        size="xl"
      >
        {made ? (
          <div className="stack">
            <p className="notice notice-warn">
              <strong>Copy the token now.</strong> It is shown this once. The commands below already hold it.
            </p>
            <CopyLine text={made.token} label="The token" />
            <Commands list={made.commands} />
            <div>
              <Button onClick={close}>Done</Button>
            </div>
          </div>
        ) : (
          adding && <NewSource made={setMade} />
        )}
      </Drawer>
    </div>
  );
}

function Commands({ list }: { list: Command[] }) {
  return (
    <>
      {list.map((c) => (
        <div key={c.label} className="stack-tight">
          <span className="small">{c.label}</span>
          <CopyLine text={c.command} label={c.label} />
        </div>
      ))}
    </>
  );
}

function OneSource({ of: s }: { of: Source }) {
  const [open, setOpen] = useState(!s.last_event);
  return (
    <section className="panel" aria-label={s.name}>
      <div className="row spread">
        <div className="row row-tight">
          <strong className="mono">{s.name}</strong>
          <Tag>{s.transport || s.kind}</Tag>
          {s.last_event ? (
            <span className="small">
              {number(s.events_24h)} events in 24 h, last <Age at={s.last_event} />
            </span>
          ) : (
            <Tag tone="high">never heard from</Tag>
          )}
          {s.source_types?.map((t) => (
            <Tag key={t}>{t}</Tag>
          ))}
        </div>
        <div className="row">
          {s.last_event && (
            <Link to="/search" search={{ q: term('source', s.name) }}>
              Its events
            </Link>
          )}
          <Button size="xs" variant="default" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Hide' : 'How to connect'}
            <span className="visually-hidden"> {s.name}</span>
          </Button>
          <RemoveSource name={s.name} />
        </div>
      </div>
      {s.description && <p className="dim small">{s.description}</p>}
      {open && (
        <div className="stack">
          <Commands list={s.commands ?? []} />
        </div>
      )}
    </section>
  );
}

function NewSource({ made }: { made: (m: Made) => void }) {
  const [name, setName] = useState('');
  const [description, setDescription] = useState('');
  const add = useAct({
    run: () => create<Made>('/sources', { name: name.trim(), description }),
    done: (m) => `Source ${m.source.name} made`,
    refresh: [['sources'], ['tokens']],
    after: made,
  });
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        add.mutate();
      }}
    >
      <TextInput
        label="Name"
        description="Short; it stands beside every event"
        placeholder="vpn-gateway"
        required
        data-autofocus
        value={name}
        onChange={(e) => setName(e.currentTarget.value)}
      />
      <TextInput
        label="Description"
        value={description}
        onChange={(e) => setDescription(e.currentTarget.value)}
      />
      <div>
        <Button type="submit" loading={add.isPending} disabled={!name.trim()}>
          Add the source
        </Button>
      </div>
    </form>
  );
}
