import type { ReactNode } from 'react';
import { Page } from '../display/Page';
import { Parts } from '../shell/Parts';

const parts = [
  { to: '/search', name: 'Search' },
  { to: '/search/tail', name: 'Tail' },
  { to: '/search/saved', name: 'Saved' },
  { to: '/search/dashboards', name: 'Dashboards' },
  { to: '/search/exports', name: 'Exports' },
] as const;

type Props = { title: string; sub?: ReactNode; actions?: ReactNode; children: ReactNode };

/** A screen of this place, below the way to its others. */
export function Frame({ title, sub, actions, children }: Props) {
  return (
    <Page title={title} sub={sub} actions={actions} above={<Parts label="Search" parts={parts} />}>
      {children}
    </Page>
  );
}
