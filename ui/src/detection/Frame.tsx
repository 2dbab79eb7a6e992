import { Link, useLocation } from '@tanstack/react-router';
import { type ReactNode, useEffect, useRef } from 'react';
import { Page } from '../display/Page';
import classes from './Detection.module.css';

const parts = [
  { to: '/detection', name: 'Rules' },
  { to: '/detection/coverage', name: 'Coverage' },
  { to: '/detection/tuning', name: 'Tuning' },
  { to: '/detection/packs', name: 'Packs' },
  { to: '/detection/backtests', name: 'Back-tests' },
  { to: '/detection/alerts', name: 'Alerts' },
] as const;

type Props = { title: ReactNode & string; sub?: ReactNode; actions?: ReactNode; children: ReactNode };

/** A screen of this place, below the way to its others. */
export function Frame({ title, sub, actions, children }: Props) {
  return (
    <Page title={title} sub={sub} actions={actions} above={<Parts />}>
      {children}
    </Page>
  );
}

function Parts() {
  const path = useLocation({ select: (l) => l.pathname });
  // What is under none of the others belongs to the rules.
  const here = parts.find((p) => p.to !== '/detection' && path.startsWith(p.to))?.to ?? '/detection';
  const nav = useRef<HTMLElement>(null);
  // On a narrow screen the one that is shown may stand outside of the strip.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it moves with the place
  useEffect(() => {
    const el = nav.current;
    const on = el?.querySelector<HTMLElement>('[aria-current]');
    if (el && on) el.scrollLeft = on.offsetLeft - (el.clientWidth - on.offsetWidth) / 2;
  }, [here]);
  return (
    <nav ref={nav} className={classes.parts} aria-label="Detection">
      {parts.map((p) => (
        <Link
          key={p.to}
          to={p.to}
          className={`${classes.part} ${p.to === here ? classes.here : ''}`}
          activeOptions={{ exact: true, includeSearch: false }}
          aria-current={p.to === here ? (path === here ? 'page' : 'true') : undefined}
        >
          {p.name}
        </Link>
      ))}
    </nav>
  );
}
