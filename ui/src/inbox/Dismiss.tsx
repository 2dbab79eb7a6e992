import { Button, Menu } from '@mantine/core';
import type { Case } from '../api/types';
import { useVerb } from '../cases/useVerb';
import { IconChevronDown, IconX } from '../icons';

export type Ready = { disposition: string; label: string; reason: string };

/** Reasons for the second of two clicks. A light case needs one, not an essay. */
export const ready: Ready[] = [
  {
    disposition: 'false_positive',
    label: 'False positive: the rule matched something normal',
    reason: 'The rule matched normal activity.',
  },
  {
    disposition: 'benign',
    label: 'Benign: it happened, without effect',
    reason: 'It happened as described, without effect on systems, data or services.',
  },
  {
    disposition: 'authorised',
    label: 'Authorised: planned or permitted work',
    reason: 'Planned or permitted work by people who may do it.',
  },
];

/** Closes a light case in two clicks; anything else needs its own words. */
export function Dismiss({ of: c, own }: { of: Case; own: () => void }) {
  const act = useVerb();
  return (
    <Menu position="bottom-start" shadow="md" width={330}>
      <Menu.Target>
        <Button
          variant="default"
          loading={act.isPending}
          leftSection={<IconX size={15} />}
          rightSection={<IconChevronDown size={14} />}
        >
          Dismiss
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Event only, because</Menu.Label>
        {ready.map((r) => (
          <Menu.Item
            key={r.disposition}
            onClick={() =>
              act.mutate({
                id: c.id,
                verb: 'dismiss',
                version: c.version,
                body: { disposition: r.disposition, reason: r.reason },
                done: 'dismissed',
              })
            }
          >
            {r.label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={own}>In my own words…</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
