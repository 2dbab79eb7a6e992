import {
  ActionIcon,
  Button,
  Menu,
  Tooltip,
  useComputedColorScheme,
  useMantineColorScheme,
} from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useAct } from '../api/act';
import { post, setCsrf } from '../api/client';
import { useConnection } from '../api/feed';
import { me } from '../api/queries';
import {
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconPlugConnected,
  IconPlugConnectedX,
  IconSearch,
  IconSun,
  IconUser,
} from '../icons';
import { useMe } from '../session/session';
import classes from './Shell.module.css';

export function TopBar({ openKeys, openPalette }: { openKeys: () => void; openPalette: () => void }) {
  const narrow = useMediaQuery('(max-width: 48em)');
  return (
    <div className={classes.bar}>
      <Live />
      {narrow ? (
        <ActionIcon variant="default" size="lg" aria-label="Go to or run" onClick={openPalette}>
          <IconSearch size={16} />
        </ActionIcon>
      ) : (
        <Button
          variant="default"
          size="xs"
          leftSection={<IconSearch size={14} />}
          rightSection={<kbd>Ctrl K</kbd>}
          onClick={openPalette}
        >
          Go to or run…
        </Button>
      )}
      <Scheme />
      <Account openKeys={openKeys} />
    </div>
  );
}

/** Whether what is on the screen follows the server. */
function Live() {
  const connection = useConnection();
  const live = connection === 'live';
  const Icon = live ? IconPlugConnected : IconPlugConnectedX;
  const text = live ? 'Live' : connection === 'lost' ? 'Reconnecting…' : 'Connecting…';
  return (
    <span className={`${classes.live} ${connection === 'lost' ? classes.lost : ''}`} role="status">
      <Icon size={15} aria-hidden /> <span className={live ? 'hide-narrow' : undefined}>{text}</span>
    </span>
  );
}

function Scheme() {
  const { setColorScheme } = useMantineColorScheme();
  const dark = useComputedColorScheme('light') === 'dark';
  const label = dark ? 'Use the light scheme' : 'Use the dark scheme';
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant="default"
        size="lg"
        aria-label={label}
        onClick={() => setColorScheme(dark ? 'light' : 'dark')}
      >
        {dark ? <IconSun size={16} /> : <IconMoon size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}

function Account({ openKeys }: { openKeys: () => void }) {
  const who = useMe();
  const client = useQueryClient();
  const go = useNavigate();
  const leave = useAct({
    run: () => post<void>('/logout'),
    after: () => {
      setCsrf('');
      client.clear();
      client.setQueryData(me.queryKey, null);
      void go({ to: '/login', search: {} });
    },
  });
  if (!who) return null;
  return (
    <Menu position="bottom-end" shadow="md" width={220}>
      <Menu.Target>
        <ActionIcon variant="default" size="lg" aria-label={`Account: ${who.person.name}`}>
          <IconUser size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {who.person.name} · {who.person.roles.join(', ')}
        </Menu.Label>
        <Menu.Item leftSection={<IconKeyboard size={15} />} onClick={openKeys}>
          Keys
        </Menu.Item>
        <Menu.Item leftSection={<IconLogout size={15} />} onClick={() => leave.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
