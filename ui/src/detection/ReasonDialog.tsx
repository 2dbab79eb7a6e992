import { Button, Modal, Textarea } from '@mantine/core';
import { type ReactNode, useState } from 'react';
import { sentence } from '../api/problem';

type Props = {
  opened: boolean;
  close: () => void;
  title: string;
  /** What the button says, which is what happens. */
  verb: string;
  danger?: boolean;
  busy: boolean;
  error: unknown;
  run: (reason: string) => void;
  children?: ReactNode;
};

/** A change that is recorded with its reason. */
export function ReasonDialog({ opened, close, title, children, ...rest }: Props) {
  return (
    <Modal opened={opened} onClose={close} title={title}>
      {opened && (
        <ReasonForm close={close} {...rest}>
          {children}
        </ReasonForm>
      )}
    </Modal>
  );
}

function ReasonForm({ verb, danger, busy, error, run, close, children }: Omit<Props, 'opened' | 'title'>) {
  const [reason, setReason] = useState('');
  const enough = reason.trim().length >= 3;
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (enough) run(reason.trim());
      }}
    >
      {children}
      <Textarea
        label="Reason"
        description="Stands in the record with your name"
        required
        data-autofocus
        maxLength={1000}
        value={reason}
        onChange={(e) => setReason(e.currentTarget.value)}
      />
      {error !== null && error !== undefined && (
        <div className="notice notice-bad" role="alert">
          {sentence(error)}
        </div>
      )}
      <div className="row">
        <Button type="submit" color={danger ? 'red' : undefined} loading={busy} disabled={!enough}>
          {verb}
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
