// Dashboards, written by hand until they are generated from the server's description.
import { queryOptions } from '@tanstack/react-query';
import { seg } from './client';
import { one } from './queries';
import type { ResultTable } from './search';
import type { List } from './types';

export type PanelKind = 'count' | 'top' | 'chart' | 'table' | 'text';
export type DashPanel = {
  id: string;
  title: string;
  kind: PanelKind;
  q: string;
  text: string;
  /** Of twelve columns. */
  x: number;
  y: number;
  w: number;
  h: number;
  /** Its own window, "7d"; "" is the dashboard's. */
  range: string;
};
export type Mail = {
  to: string[];
  every: 'daily' | 'weekly' | 'monthly';
  at: string;
  zone: string;
};
export type DashboardBody = {
  name: string;
  description: string;
  shared: boolean;
  /** "24h", "7d" */
  range: string;
  refresh_s: number;
  panels: DashPanel[];
  mail: Mail | null;
};
export type Dashboard = Omit<DashboardBody, 'mail'> & {
  id: string;
  shipped: boolean;
  owner: string;
  owner_name: string;
  mail: (Mail & { next: string; error: string }) | null;
  version: number;
};
/** One panel's answer: a table, either around it or in it. */
export type PanelAnswer = {
  table: ResultTable | null;
  took_ms: number;
  incomplete: boolean;
  reason: string;
  of: string;
};

export const dashboards = one<List<Dashboard>>(['dashboards'], '/dashboards', { limit: 200 });
export const dashboard = (id: string) => one<Dashboard>(['dashboards', 'one', id], `/dashboards/${seg(id)}`);
export const panelAnswer = (id: string, panel: string, version: number, from: string, to: string) =>
  queryOptions({
    ...one<PanelAnswer>(
      ['dashboard-panels', id, panel, version, from, to],
      `/dashboards/${seg(id)}/panels/${seg(panel)}`,
      { from, to },
    ),
    staleTime: 30_000,
  });
