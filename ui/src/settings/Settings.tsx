import { Tabs } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { lazy, type ReactNode, Suspense } from 'react';
import type { Permission } from '../api/types';
import { Page } from '../display/Page';
import { Loading } from '../display/Waiting';
import { useCan } from '../session/session';
import { Exercises } from './Exercises';
import { People } from './People';
import { PolicyEditor } from './PolicyEditor';
import { Sources } from './Sources';
import { Tokens } from './Tokens';

const route = getRouteApi('/signed-in/settings');
const Retention = lazy(() => import('./retention/Retention').then((m) => ({ default: m.Retention })));

const tabs: { value: string; label: string; needs: Permission[]; body: ReactNode }[] = [
  { value: 'people', label: 'People', needs: ['people.read', 'people.admin'], body: <People /> },
  { value: 'tokens', label: 'Tokens', needs: ['tokens.own', 'tokens.admin'], body: <Tokens /> },
  { value: 'sources', label: 'Sources', needs: ['sources.read', 'sources.admin'], body: <Sources /> },
  {
    value: 'retention',
    label: 'Retention',
    needs: ['retention.read', 'retention.admin'],
    body: (
      <Suspense fallback={<Loading lines={8} />}>
        <Retention />
      </Suspense>
    ),
  },
  { value: 'policy', label: 'Policy', needs: ['policy.read', 'policy.admin'], body: <PolicyEditor /> },
  { value: 'exercises', label: 'Exercises', needs: ['exercises.run'], body: <Exercises /> },
];

export function Settings() {
  const { tab } = route.useSearch();
  const go = route.useNavigate();
  const can = useCan();
  const seen = tabs.filter((t) => t.needs.some(can));
  const at = seen.find((t) => t.value === tab) ?? seen[0];
  if (!at) {
    return (
      <Page title="Settings">
        <p className="dim">Nothing here is for your role.</p>
      </Page>
    );
  }
  return (
    <Page title="Settings">
      <Tabs
        value={at.value}
        onChange={(v) => void go({ search: { tab: v ?? undefined } })}
        keepMounted={false}
      >
        <Tabs.List mb="md">
          {seen.map((t) => (
            <Tabs.Tab key={t.value} value={t.value}>
              {t.label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {seen.map((t) => (
          <Tabs.Panel key={t.value} value={t.value}>
            {t.body}
          </Tabs.Panel>
        ))}
      </Tabs>
    </Page>
  );
}
