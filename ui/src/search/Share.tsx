import { Button, Menu } from '@mantine/core';
import { toast } from '../api/act';
import { copyText } from '../display/copy';
import { IconHistory, IconLink, IconShare } from '../icons';
import { type State, shareLink } from './state';

/** The address holds everything on the screen; a fixed window shows the same events tomorrow. */
export function Share({ state, ends }: { state: State; ends: { from: string; to: string } }) {
  const copy = async (fix: boolean) => {
    if (await copyText(shareLink(window.location.origin, state, fix ? ends : undefined)))
      toast('Link copied');
  };
  return (
    <Menu shadow="md" position="bottom-end" width={270}>
      <Menu.Target>
        <Button variant="default" size="xs" leftSection={<IconShare size={14} />}>
          Share
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<IconLink size={14} />} onClick={() => void copy(false)}>
          Copy the link, window as it is
        </Menu.Item>
        <Menu.Item leftSection={<IconHistory size={14} />} onClick={() => void copy(true)}>
          Copy the link, times fixed
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
