import { Button, Drawer, Modal, NumberInput, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAct } from '../api/act';
import { create, del, seg } from '../api/client';
import { sources, tokens } from '../api/queries';
import type { Token } from '../api/types';
import { CopyLine } from '../display/CopyLine';
import { Tag } from '../display/Tag';
import { Age, Time } from '../display/Time';
import { Empty, Loaded } from '../display/Waiting';
import { IconKey, IconPlus } from '../icons';
import { useCan } from '../session/session';

export function Tokens() {
  const found = useQuery(tokens);
  const [making, setMaking] = useState(false);
  const [secret, setSecret] = useState('');
  const [doomed, setDoomed] = useState<Token | null>(null);
  const revoke = useAct<Token>({
    run: (t) => del(`/tokens/${seg(t.id)}`),
    done: (_, t) => `${t.name} no longer works`,
    refresh: [['tokens']],
    after: () => setDoomed(null),
  });
  const close = () => {
    setMaking(false);
    setSecret('');
  };
  return (
    <div className="stack">
      <div>
        <Button leftSection={<IconPlus size={16} />} onClick={() => setMaking(true)}>
          New token
        </Button>
      </div>
      <Loaded query={found} lines={4}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconKey size={28} aria-hidden />} title="No token yet">
              <p>A token lets a source send events, or a script use the API, without a person signing in.</p>
            </Empty>
          ) : (
            <TokenTable items={items} revoke={setDoomed} />
          )
        }
      </Loaded>
      <Drawer opened={making} onClose={close} title="New token">
        {secret ? (
          <div className="stack">
            <p className="notice notice-warn">
              <strong>Copy it now.</strong> It is shown this once; only its hash is kept.
            </p>
            <CopyLine text={secret} label="The token" />
            <div>
              <Button onClick={close}>I have it</Button>
            </div>
          </div>
        ) : (
          making && <NewToken shown={setSecret} />
        )}
      </Drawer>
      <Modal opened={doomed !== null} onClose={() => setDoomed(null)} title={`Revoke ${doomed?.name ?? ''}?`}>
        <div className="stack">
          <p>Whatever uses it stops working at once. This cannot be undone; a new token can be made.</p>
          <div className="row">
            <Button color="red" loading={revoke.isPending} onClick={() => doomed && revoke.mutate(doomed)}>
              Revoke
            </Button>
            <Button variant="default" onClick={() => setDoomed(null)}>
              Keep it
            </Button>
          </div>
        </div>
      </Modal>
    </div>
  );
}

function TokenTable({ items, revoke }: { items: Token[]; revoke: (t: Token) => void }) {
  return (
    <div className="panel panel-tight scroll">
      <table className="tbl">
        <thead>
          <tr>
            <th>Name</th>
            <th>May</th>
            <th className="hide-narrow">Of</th>
            <th className="hide-narrow">Expires</th>
            <th>Last used</th>
            <th className="right">Act</th>
          </tr>
        </thead>
        <tbody>
          {items.map((t) => (
            <tr key={t.id}>
              <td>{t.name}</td>
              <td>
                {t.scopes.map((s) => (
                  <Tag key={s}>{s}</Tag>
                ))}
              </td>
              <td className="hide-narrow">{typeof t.person === 'string' ? t.person : t.person?.name}</td>
              <td className="hide-narrow">
                <Time at={t.expires} none="never" />
              </td>
              <td>{t.last_used ? <Age at={t.last_used} /> : <span className="dim">never</span>}</td>
              <td className="right">
                {t.revoked ? (
                  <Tag>revoked</Tag>
                ) : (
                  <Button size="compact-xs" variant="default" onClick={() => revoke(t)}>
                    Revoke<span className="visually-hidden"> {t.name}</span>
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function NewToken({ shown }: { shown: (secret: string) => void }) {
  const can = useCan();
  const all = useQuery({ ...sources, enabled: can('sources.read') }).data?.items ?? [];
  const [name, setName] = useState('');
  const [scope, setScope] = useState('read');
  const [days, setDays] = useState(90);
  const make = useAct({
    run: () => create<Token & { token: string }>('/tokens', { name, scopes: [scope], days }),
    refresh: [['tokens']],
    after: (t) => shown(t.token),
  });
  const scopes = [
    { value: 'read', label: 'read what I may read' },
    { value: 'api', label: 'do what I may do' },
    ...all.map((s) => ({ value: `ingest:${s.name}`, label: `send events of ${s.name}` })),
  ];
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        make.mutate();
      }}
    >
      <TextInput
        label="Name"
        description="What uses it, so that it can be found again"
        required
        data-autofocus
        value={name}
        onChange={(e) => setName(e.currentTarget.value)}
      />
      <Select
        label="It may"
        data={scopes}
        value={scope}
        allowDeselect={false}
        onChange={(v) => setScope(v ?? 'read')}
      />
      <NumberInput
        label="Days until it expires"
        min={1}
        max={3650}
        value={days}
        onChange={(n) => setDays(Number(n) || 90)}
      />
      <div>
        <Button type="submit" loading={make.isPending} disabled={!name.trim()}>
          Make the token
        </Button>
      </div>
    </form>
  );
}
