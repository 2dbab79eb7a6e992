import type { ReactNode } from 'react';
import { Page } from '../display/Page';
import { Parts } from '../shell/Parts';

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
    <Page title={title} sub={sub} actions={actions} above={<Parts label="Detection" parts={parts} />}>
      {children}
    </Page>
  );
}
