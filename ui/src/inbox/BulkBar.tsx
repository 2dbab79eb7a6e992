import { Button, Menu } from '@mantine/core';
import { IconChevronDown, IconUser } from '../icons';
import { ready } from './Dismiss';
import classes from './Inbox.module.css';

type Props = {
  count: number;
  busy: boolean;
  clear: () => void;
  act: (verb: string, body: unknown, did: string) => Promise<void>;
};

/** The same act on every selected case. */
export function BulkBar({ count, busy, clear, act }: Props) {
  return (
    <section className={`row ${classes.bulk}`} aria-label="Selected cases">
      <strong>{count} selected</strong>
      <Button
        size="xs"
        variant="default"
        loading={busy}
        leftSection={<IconUser size={14} />}
        onClick={() => void act('acknowledge', {}, 'Taken')}
      >
        Take them
      </Button>
      <Menu shadow="md" width={330}>
        <Menu.Target>
          <Button size="xs" variant="default" loading={busy} rightSection={<IconChevronDown size={14} />}>
            Dismiss them
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>All are event only, because</Menu.Label>
          {ready.map((r) => (
            <Menu.Item
              key={r.disposition}
              onClick={() =>
                void act('dismiss', { disposition: r.disposition, reason: r.reason }, 'Dismissed')
              }
            >
              {r.label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
      <Button size="xs" variant="subtle" onClick={clear}>
        Select none
      </Button>
    </section>
  );
}
