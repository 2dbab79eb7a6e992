import { PasswordInput } from '@mantine/core';
import { passphraseHint } from './useEnter';

type Props = {
  value: string;
  again: string;
  set: (v: string) => void;
  setAgain: (v: string) => void;
  error?: string;
};

export const agree = (value: string, again: string): boolean => value.length >= 12 && value === again;

export function Passphrase({ value, again, set, setAgain, error }: Props) {
  return (
    <>
      <PasswordInput
        label="Passphrase"
        description={passphraseHint}
        autoComplete="new-password"
        required
        minLength={12}
        value={value}
        error={error}
        onChange={(e) => set(e.currentTarget.value)}
      />
      <PasswordInput
        label="The same again"
        autoComplete="new-password"
        required
        value={again}
        error={again && again !== value ? 'The two differ' : undefined}
        onChange={(e) => setAgain(e.currentTarget.value)}
      />
    </>
  );
}
