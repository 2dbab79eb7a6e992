import { Button, TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiError } from '../api/problem';
import { Frame } from './Frame';
import { agree, Passphrase } from './Passphrase';
import { useEnter } from './useEnter';

const route = getRouteApi('/setup');

export function Setup() {
  const { token } = route.useSearch();
  const [form, setForm] = useState({ name: '', login: '', email: '', passphrase: '' });
  const [again, setAgain] = useState('');
  const enter = useEnter<typeof form & { token: string }>('/setup');
  const set = (name: keyof typeof form) => (value: string) => setForm((f) => ({ ...f, [name]: value }));
  const error = (name: string) =>
    enter.error instanceof ApiError ? enter.error.field(name) || undefined : undefined;

  if (!token) {
    return (
      <Frame
        title="First setup"
        lead="Open the link that the server printed when it started for the first time. It works once, and ends in ?token=…"
      >
        <p className="dim small">
          It stands in the server's log, or on the terminal that the server was started from.
        </p>
      </Frame>
    );
  }
  return (
    <Frame
      title="First setup"
      lead="You become the first administrator. Everyone else is invited by you."
      error={enter.error}
    >
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (agree(form.passphrase, again)) enter.mutate({ ...form, token });
        }}
      >
        <TextInput
          label="Your name"
          autoComplete="name"
          required
          autoFocus
          value={form.name}
          error={error('name')}
          onChange={(e) => set('name')(e.currentTarget.value)}
        />
        <TextInput
          label="Login"
          autoComplete="username"
          autoCapitalize="none"
          required
          value={form.login}
          error={error('login')}
          onChange={(e) => set('login')(e.currentTarget.value)}
        />
        <TextInput
          label="E-mail"
          type="email"
          autoComplete="email"
          required
          value={form.email}
          error={error('email')}
          onChange={(e) => set('email')(e.currentTarget.value)}
        />
        <Passphrase
          value={form.passphrase}
          again={again}
          set={set('passphrase')}
          setAgain={setAgain}
          error={error('passphrase')}
        />
        <Button type="submit" loading={enter.isPending} disabled={!agree(form.passphrase, again)}>
          Create the administrator
        </Button>
      </form>
    </Frame>
  );
}
