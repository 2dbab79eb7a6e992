import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Page } from '../display/Page';
import classes from './Detection.module.css';

const parts = [
  { to: '/detection', name: 'Rules', exact: true },
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
  return (
    <nav className={classes.parts} aria-label="Detection">
      {parts.map((p) => (
        <Link
          key={p.to}
          to={p.to}
          className={classes.part}
          activeProps={{ className: classes.here, 'aria-current': 'page' }}
          activeOptions={{ exact: 'exact' in p, includeSearch: false }}
        >
          {p.name}
        </Link>
      ))}
    </nav>
  );
}
