import { Button } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { Frame } from './Frame';
import { agree, Passphrase } from './Passphrase';
import { useEnter } from './useEnter';

const route = getRouteApi('/welcome');

export function Welcome() {
  const { token } = route.useSearch();
  const [passphrase, setPassphrase] = useState('');
  const [again, setAgain] = useState('');
  const enter = useEnter<{ token: string; passphrase: string }>('/invitation');
  if (!token) {
    return (
      <Frame
        title="Invitation"
        lead="Open the whole link of your invitation; it ends in ?token=… If it has expired, ask for a new one."
      >
        {null}
      </Frame>
    );
  }
  return (
    <Frame title="Welcome" lead="Choose the passphrase that you will sign in with." error={enter.error}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          if (agree(passphrase, again)) enter.mutate({ token, passphrase });
        }}
      >
        <Passphrase value={passphrase} again={again} set={setPassphrase} setAgain={setAgain} />
        <Button type="submit" loading={enter.isPending} disabled={!agree(passphrase, again)}>
          Set the passphrase and sign in
        </Button>
      </form>
    </Frame>
  );
}
