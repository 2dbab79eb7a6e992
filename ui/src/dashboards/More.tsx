import { ActionIcon, Button, Menu } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useAct } from '../api/act';
import { base, queryString, remove, seg } from '../api/client';
import type { Dashboard } from '../api/dashboards';
import { IconCopy, IconDotsVertical, IconDownload, IconMail, IconPencil, IconTrash } from '../icons';
import { useMe } from '../session/session';
import { useCopy } from './useCopy';

type MoreProps = { board: Dashboard; from: string; to: string | undefined; mail: () => void };

/** What else can be done with a dashboard. */
export function More({ board, from, to, mail }: MoreProps) {
  const mine = useMe()?.person.id === board.owner && !board.shipped;
  const go = useNavigate();
  const copy = useCopy();
  const drop = useAct({
    run: () => remove(`/dashboards/${seg(board.id)}`, board.version),
    done: `“${board.name}” is removed`,
    refresh: [['dashboards']],
    after: () => void go({ to: '/search/dashboards' }),
  });
  const png = `${base}/dashboards/${seg(board.id)}/picture.png${queryString({ from, to: to ?? 'now' })}`;
  return (
    <>
      {mine && (
        <Button
          leftSection={<IconPencil size={15} />}
          renderRoot={(p) => <Link to="/search/dashboards/$id/edit" params={{ id: board.id }} {...p} />}
        >
          Edit
        </Button>
      )}
      <Menu shadow="md" position="bottom-end" width={220}>
        <Menu.Target>
          <ActionIcon variant="default" size={36} aria-label="More">
            <IconDotsVertical size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconCopy size={14} />} onClick={() => copy.mutate(board)}>
            Make my own copy
          </Menu.Item>
          <Menu.Item leftSection={<IconDownload size={14} />} component="a" href={png} download>
            As a picture (PNG)
          </Menu.Item>
          <Menu.Item leftSection={<IconMail size={14} />} onClick={mail} disabled={!mine}>
            Mail it regularly
          </Menu.Item>
          {mine && (
            <Menu.Item color="red" leftSection={<IconTrash size={14} />} onClick={() => drop.mutate()}>
              Remove
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
    </>
  );
}
