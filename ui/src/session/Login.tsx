import { Button, PasswordInput, TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { Frame } from './Frame';
import { useEnter } from './useEnter';

const route = getRouteApi('/login');

export function Login() {
  const { next } = route.useSearch();
  const [login, setLogin] = useState('');
  const [passphrase, setPassphrase] = useState('');
  const enter = useEnter<{ login: string; passphrase: string }>('/login', next);
  return (
    <Frame
      title="Sign in"
      lead="Security events and incidents, from the first sign to the lesson."
      error={enter.error}
    >
      <form
        onSubmit={(e) => {
          e.preventDefault();
          enter.mutate({ login: login.trim(), passphrase });
        }}
      >
        <TextInput
          label="Login"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
          value={login}
          onChange={(e) => setLogin(e.currentTarget.value)}
          data-autofocus
          autoFocus
        />
        <PasswordInput
          label="Passphrase"
          autoComplete="current-password"
          required
          value={passphrase}
          onChange={(e) => setPassphrase(e.currentTarget.value)}
        />
        <Button type="submit" loading={enter.isPending}>
          Sign in
        </Button>
      </form>
      <p className="dim small">Forgot it, or no account yet? Ask an administrator for a new invitation.</p>
    </Frame>
  );
}
