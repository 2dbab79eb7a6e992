import { Button, Drawer } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAct } from '../api/act';
import { post, seg } from '../api/client';
import { people } from '../api/queries';
import type { Person } from '../api/types';
import { CopyLine } from '../display/CopyLine';
import { Tag } from '../display/Tag';
import { Untrusted } from '../display/Untrusted';
import { Loaded } from '../display/Waiting';
import { IconPlus } from '../icons';
import { useCan, useMe } from '../session/session';
import { Contacts } from './Contacts';
import { PersonForm } from './PersonForm';

export function People() {
  const can = useCan();
  const who = useMe();
  const found = useQuery(people);
  const [editing, setEditing] = useState<string | 'new' | null>(null);
  const [invitation, setInvitation] = useState('');
  const close = () => {
    setEditing(null);
    setInvitation('');
  };
  const person = found.data?.items.find((p) => p.id === editing);
  return (
    <div className="stack">
      {can('people.admin') && (
        <div>
          <Button leftSection={<IconPlus size={16} />} onClick={() => setEditing('new')}>
            Invite someone
          </Button>
        </div>
      )}
      <Loaded query={found} lines={6}>
        {({ items }) => (
          <div className="panel panel-tight scroll">
            <table className="tbl">
              <thead>
                <tr>
                  <th>Name</th>
                  <th className="hide-narrow">Login</th>
                  <th className="hide-narrow">E-mail</th>
                  <th>Roles</th>
                  <th>Reached by</th>
                  <th className="right">Change</th>
                </tr>
              </thead>
              <tbody>
                {items.map((p) => (
                  <Row
                    key={p.id}
                    of={p}
                    edit={can('people.admin') || p.id === who?.person.id ? () => setEditing(p.id) : undefined}
                  />
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
      <Drawer
        opened={editing !== null}
        onClose={close}
        title={editing === 'new' ? 'Invite someone' : (person?.name ?? '')}
      >
        {invitation ? (
          <div className="stack">
            <p>Send this link to the person, by a way that only they read. It works once.</p>
            <CopyLine text={absolute(invitation)} label="Invitation" />
            <div>
              <Button onClick={close}>Done</Button>
            </div>
          </div>
        ) : (
          <div className="stack">
            {can('people.admin') && (editing === 'new' || person) && (
              <PersonForm key={editing} of={person} close={close} invited={setInvitation} />
            )}
            {can('people.admin') && person?.active && <Renew of={person} invited={setInvitation} />}
            {person && <Contacts person={person} />}
          </div>
        )}
      </Drawer>
    </div>
  );
}

/** A person who lost the passphrase or the invitation gets a new link. */
function Renew({ of, invited }: { of: Person; invited: (url: string) => void }) {
  const renew = useAct({
    run: () => post<{ invitation: string }>(`/people/${seg(of.id)}/invitation`),
    done: 'New link made',
    after: (r) => r && invited(r.invitation),
  });
  return (
    <div>
      <Button variant="default" loading={renew.isPending} onClick={() => renew.mutate()}>
        New sign-in link
      </Button>
    </div>
  );
}

const absolute = (url: string): string => new URL(url, window.location.origin).toString();

function Row({ of: p, edit }: { of: Person; edit?: () => void }) {
  return (
    <tr>
      <td>
        <strong>
          <Untrusted text={p.name} />
        </strong>{' '}
        {!p.active && <Tag>not active</Tag>}
      </td>
      <td className="mono hide-narrow">{p.login}</td>
      <td className="hide-narrow">
        <Untrusted text={p.email} />
      </td>
      <td>
        <span className="row row-tight">
          {p.roles.map((r) => (
            <Tag key={r}>{r}</Tag>
          ))}
        </span>
      </td>
      <td className="small">
        {(p.contacts ?? []).length === 0 ? (
          <Tag tone="high">cannot be paged</Tag>
        ) : (
          p.contacts.map((c) => c.channel).join(', ')
        )}
      </td>
      <td className="right">
        {edit && (
          <Button size="compact-xs" variant="default" onClick={edit}>
            Edit<span className="visually-hidden"> {p.name}</span>
          </Button>
        )}
      </td>
    </tr>
  );
}
