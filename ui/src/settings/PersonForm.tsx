import { Button, Checkbox, Switch, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../api/act';
import { create, put, seg } from '../api/client';
import { ApiError, sentence } from '../api/problem';
import type { Person, Role } from '../api/types';

const roles: { value: Role; says: string }[] = [
  { value: 'reporter', says: 'reports, and follows own reports' },
  { value: 'analyst', says: 'judges what comes in, searches events' },
  { value: 'responder', says: 'is paged, handles cases' },
  { value: 'manager', says: 'decides, closes, reviews, runs exercises' },
  { value: 'auditor', says: 'reads what proves it, changes nothing' },
  { value: 'administrator', says: 'people, sources, policy; does not read cases by right' },
];

type Props = { of?: Person; close: () => void; invited: (url: string) => void };

export function PersonForm({ of, close, invited }: Props) {
  const [name, setName] = useState(of?.name ?? '');
  const [login, setLogin] = useState(of?.login ?? '');
  const [email, setEmail] = useState(of?.email ?? '');
  const [held, setHeld] = useState<string[]>(of?.roles ?? ['analyst']);
  const [active, setActive] = useState(of?.active ?? true);
  const save = useAct({
    run: () =>
      of
        ? put<Person & { invitation?: string }>(
            `/people/${seg(of.id)}`,
            { name, email, roles: held, active },
            of.version,
          )
        : create<Person & { invitation?: string }>('/people', { name, login, email, roles: held }),
    done: of ? 'Person kept' : 'Invited',
    refresh: [['people']],
    quiet: true,
    after: (p) => (p?.invitation ? invited(p.invitation) : close()),
  });
  const error = (field: string) =>
    save.error instanceof ApiError ? save.error.field(field) || undefined : undefined;
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate();
      }}
    >
      <TextInput
        label="Name"
        required
        value={name}
        error={error('name')}
        onChange={(e) => setName(e.currentTarget.value)}
      />
      {!of && (
        <TextInput
          label="Login"
          required
          autoCapitalize="none"
          value={login}
          error={error('login')}
          onChange={(e) => setLogin(e.currentTarget.value)}
        />
      )}
      <TextInput
        label="E-mail"
        type="email"
        value={email}
        error={error('email')}
        onChange={(e) => setEmail(e.currentTarget.value)}
      />
      <Checkbox.Group label="Roles" value={held} onChange={setHeld} error={error('roles')}>
        <div className="stack-tight">
          {roles.map((r) => (
            <Checkbox key={r.value} value={r.value} label={r.value} description={r.says} />
          ))}
        </div>
      </Checkbox.Group>
      {of && (
        <Switch
          label="Active"
          description="Whoever is not active cannot sign in and is not paged"
          checked={active}
          onChange={(e) => setActive(e.currentTarget.checked)}
        />
      )}
      {save.error !== null && (
        <div className="notice notice-bad" role="alert">
          {sentence(save.error)}
        </div>
      )}
      <div className="row">
        <Button type="submit" loading={save.isPending} disabled={!name.trim() || held.length === 0}>
          {of ? 'Save' : 'Invite'}
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
