import { Button, Select, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../api/act';
import { create, del, post, seg } from '../api/client';
import type { Channel, Person } from '../api/types';
import { Untrusted } from '../display/Untrusted';
import { IconBell } from '../icons';

const channels: { value: Channel; label: string; hint: string }[] = [
  { value: 'email', label: 'e-mail', hint: 'name@example.org' },
  { value: 'ntfy', label: 'ntfy (push to the phone)', hint: 'https://ntfy.example.org/topic' },
  { value: 'webhook', label: 'webhook', hint: 'https://chat.example.org/hooks/…' },
];

/** How a person is reached, in the order in which it is tried. */
export function Contacts({ person }: { person: Person }) {
  const [channel, setChannel] = useState<Channel>('email');
  const [address, setAddress] = useState('');
  const path = `/people/${seg(person.id)}/contacts`;
  const add = useAct({
    run: () => create(path, { channel, address: address.trim() }),
    done: 'Contact point kept; test it',
    refresh: [['people']],
    after: () => setAddress(''),
  });
  const test = useAct<string>({
    run: (id) => post(`${path}/${seg(id)}/test`),
    done: 'Test message on its way; On call shows what becomes of it',
    refresh: [['oncall']],
  });
  const remove = useAct<string>({
    run: (id) => del(`${path}/${seg(id)}`),
    done: 'Contact point taken away',
    refresh: [['people']],
  });
  return (
    <section className="stack">
      <h3>Contact points</h3>
      {(person.contacts ?? []).length === 0 && (
        <p className="notice notice-warn">Without a contact point {person.name} cannot be paged.</p>
      )}
      <ol className="bare-list stack-tight">
        {(person.contacts ?? []).map((c) => (
          <li key={c.id} className="row spread small">
            <span className="grow">
              {c.channel}: <Untrusted text={c.address} mono />
            </span>
            <Button
              size="compact-xs"
              variant="default"
              leftSection={<IconBell size={12} />}
              loading={test.isPending && test.variables === c.id}
              onClick={() => test.mutate(c.id)}
            >
              Test
            </Button>
            <Button
              size="compact-xs"
              variant="default"
              loading={remove.isPending && remove.variables === c.id}
              onClick={() => remove.mutate(c.id)}
            >
              Take away<span className="visually-hidden"> {c.address}</span>
            </Button>
          </li>
        ))}
      </ol>
      <form
        className="stack"
        onSubmit={(e) => {
          e.preventDefault();
          add.mutate();
        }}
      >
        <Select
          label="Channel"
          data={channels}
          value={channel}
          allowDeselect={false}
          onChange={(v) => setChannel((v ?? 'email') as Channel)}
        />
        <TextInput
          label="Address"
          placeholder={channels.find((c) => c.value === channel)?.hint}
          value={address}
          onChange={(e) => setAddress(e.currentTarget.value)}
        />
        <div>
          <Button type="submit" variant="default" loading={add.isPending} disabled={!address.trim()}>
            Add
          </Button>
        </div>
      </form>
    </section>
  );
}
