import { AppShell, Burger, Tooltip } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQueryClient } from '@tanstack/react-query';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense, useEffect, useMemo, useRef } from 'react';
import { useFeed } from '../api/feed';
import { useWanted } from '../cases/keepStore';
import { IconBellRinging } from '../icons';
import { useCan, useMe } from '../session/session';
import { KeysOverlay } from './KeysOverlay';
import { openPalette, Palette } from './Palette';
import { places } from './places';
import classes from './Shell.module.css';
import { TopBar } from './TopBar';
import { useKeys } from './useKeys';

const KeepDrawer = lazy(() => import('../cases/KeepDrawer').then((m) => ({ default: m.KeepDrawer })));

export function Shell() {
  const [menu, setMenu] = useDisclosure(false);
  const [keys, setKeys] = useDisclosure(false);
  const wanted = useWanted();
  const who = useMe();
  const can = useCan();
  const go = useNavigate();
  const path = useLocation({ select: (l) => l.pathname });
  useFeed(useQueryClient(), who !== null);

  const seen = useMemo(() => places.filter((p) => p.needs === null || can(p.needs)), [can]);

  useKeys([
    ...seen.map((p) => ({
      keys: `g ${p.key}`,
      label: `Go to ${p.name}`,
      group: 'Go to',
      run: () => void go({ to: p.to }),
    })),
    { keys: '?', label: 'Show all keys', group: 'Everywhere', run: setKeys.open },
  ]);
  useArrival(path, setMenu.close);

  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 188, breakpoint: 'sm', collapsed: { mobile: !menu } }}
      padding={{ base: 'xs', sm: 'md' }}
      withBorder
    >
      <a href="#main" className="skip">
        Skip to content
      </a>
      <AppShell.Header className={classes.header}>
        <Burger
          opened={menu}
          onClick={setMenu.toggle}
          hiddenFrom="sm"
          size="sm"
          aria-label={menu ? 'Close navigation' : 'Open navigation'}
          aria-expanded={menu}
        />
        <Link to="/" className={classes.brand} aria-label="Tocsin, to Now">
          <IconBellRinging size={20} aria-hidden />
          <span className="hide-narrow">Tocsin</span>
        </Link>
        <TopBar openKeys={setKeys.open} openPalette={openPalette} />
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar} aria-label="Places">
        {seen.map((p) => (
          <Tooltip key={p.to} label={`${p.answers} · g ${p.key}`} position="right" openDelay={600}>
            <Link
              to={p.to}
              className={classes.place}
              activeProps={{ className: classes.here, 'aria-current': 'page' }}
              activeOptions={{ exact: p.to === '/', includeSearch: false }}
            >
              <p.icon size={18} stroke={1.6} aria-hidden />
              {p.name}
            </Link>
          </Tooltip>
        ))}
      </AppShell.Navbar>
      <AppShell.Main id="main">
        <Outlet />
      </AppShell.Main>
      <Palette places={seen} openKeys={setKeys.open} />
      <KeysOverlay opened={keys} close={setKeys.close} />
      {wanted && (
        <Suspense>
          <KeepDrawer what={wanted} />
        </Suspense>
      )}
    </AppShell>
  );
}

/** On a new screen the focus goes to its heading, so that it is read out and Tab starts there. */
function useArrival(path: string, closeMenu: () => void): void {
  const last = useRef(path);
  useEffect(() => {
    if (last.current === path) return;
    last.current = path;
    closeMenu();
    // The screen may still be loading, and a closing palette gives the focus back after its fade.
    const timers = [80, 350, 800, 1600].map((ms) => window.setTimeout(focusHeading, ms));
    return () => timers.forEach(window.clearTimeout);
  }, [path, closeMenu]);
}

function focusHeading(): void {
  const heading = document.getElementById('page-title');
  const at = document.activeElement;
  const busy = at !== heading && at?.closest('main, [role="dialog"]');
  if (!busy) heading?.focus({ preventScroll: true });
}
