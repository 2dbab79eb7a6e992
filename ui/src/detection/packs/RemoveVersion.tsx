import { Button, Modal } from '@mantine/core';

type Props = { opened: boolean; close: () => void; version: string; busy: boolean; run: () => void };

export function RemoveVersion({ opened, close, version, busy, run }: Props) {
  return (
    <Modal opened={opened} onClose={close} title={`Remove version ${version}?`}>
      <div className="stack">
        <p>Its files are deleted. It can be installed again from where it came.</p>
        <div className="row">
          <Button color="red" loading={busy} onClick={run}>
            Remove
          </Button>
          <Button variant="default" onClick={close}>
            Keep it
          </Button>
        </div>
      </div>
    </Modal>
  );
}
