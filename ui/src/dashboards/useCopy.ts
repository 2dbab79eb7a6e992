import { useNavigate } from '@tanstack/react-router';
import { useAct } from '../api/act';
import { create } from '../api/client';
import type { Dashboard, DashboardBody, Mail } from '../api/dashboards';

/** What is sent: no mail is left out, not null. */
export const sent = ({ mail, ...body }: DashboardBody): Omit<DashboardBody, 'mail'> & { mail?: Mail } =>
  mail ? { ...body, mail } : body;

export const bodyOf = (b: Dashboard): DashboardBody => ({
  name: b.name,
  description: b.description,
  shared: b.shared,
  range: b.range,
  refresh_s: b.refresh_s,
  panels: b.panels,
  mail: b.mail && { to: b.mail.to, every: b.mail.every, at: b.mail.at, zone: b.mail.zone },
});

/** A copy of one's own, opened for editing: how a shipped dashboard is changed. */
export function useCopy() {
  const go = useNavigate();
  return useAct<Dashboard, Dashboard>({
    run: (b) =>
      create<Dashboard>(
        '/dashboards',
        sent({ ...bodyOf(b), name: `${b.name}, copy`, shared: false, mail: null }),
      ),
    done: (b) => `“${b.name}” is yours`,
    refresh: [['dashboards']],
    after: (b) => void go({ to: '/search/dashboards/$id/edit', params: { id: b.id } }),
  });
}
