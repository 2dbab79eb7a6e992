import { Button } from '@mantine/core';
import { useState } from 'react';
import { ReasonDialog } from '../../detection/ReasonDialog';
import { useCan } from '../../session/session';
import { useRequest } from './useRequest';

/** Asks to remove a source; always two people, because what it sends would be refused after that. */
export function RemoveSource({ name }: { name: string }) {
  const can = useCan();
  const [opened, setOpened] = useState(false);
  const ask = useRequest(() => setOpened(false));
  if (!can('retention.admin')) return null;
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setOpened(true)}>
        Remove<span className="visually-hidden"> {name}</span>
      </Button>
      <ReasonDialog
        opened={opened}
        close={() => setOpened(false)}
        title={`Remove the source ${name}`}
        verb="Ask for it"
        danger
        busy={ask.isPending}
        error={ask.error}
        run={(reason) => ask.mutate({ kind: 'source_removal', source: name, reason })}
      >
        <p className="small">
          Its token ends and nothing more comes from it; its events stay as long as their class says. Another
          person must approve this under Settings, Retention.
        </p>
      </ReasonDialog>
    </>
  );
}
