import type { QueryClient } from '@tanstack/react-query';
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
} from '@tanstack/react-router';
import { me } from './api/queries';
import { filterNames } from './detection/rules/names';
import { Loading } from './display/Waiting';
import { searchNames } from './search/state';
import { NotFound } from './shell/NotFound';
import { RouteError } from './shell/RouteError';
import { Shell } from './shell/Shell';
import { only, parseParams, printParams } from './shell/urlState';

const root = createRootRouteWithContext<{ client: QueryClient }>()({
  component: Outlet,
  notFoundComponent: NotFound,
});

const signedIn = createRoute({
  getParentRoute: () => root,
  id: 'signed-in',
  beforeLoad: async ({ context, location }) => {
    const who = await context.client.ensureQueryData(me);
    if (!who) throw redirect({ to: '/login', search: { next: location.href } });
  },
  component: Shell,
  errorComponent: RouteError,
});

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: only('next'),
  component: lazyRouteComponent(() => import('./session/Login'), 'Login'),
});
const setup = createRoute({
  getParentRoute: () => root,
  path: '/setup',
  validateSearch: only('token'),
  component: lazyRouteComponent(() => import('./session/Setup'), 'Setup'),
});
const welcome = createRoute({
  getParentRoute: () => root,
  path: '/welcome',
  validateSearch: only('token'),
  component: lazyRouteComponent(() => import('./session/Welcome'), 'Welcome'),
});

const now = createRoute({
  getParentRoute: () => signedIn,
  path: '/',
  component: lazyRouteComponent(() => import('./now/Now'), 'Now'),
});
const inbox = createRoute({
  getParentRoute: () => signedIn,
  path: '/inbox',
  validateSearch: only('case'),
  component: lazyRouteComponent(() => import('./inbox/Inbox'), 'Inbox'),
});
const cases = createRoute({
  getParentRoute: () => signedIn,
  path: '/cases',
  validateSearch: only('q', 'open', 'state', 'decision', 'level', 'track', 'owner', 'exercise', 'new'),
  component: lazyRouteComponent(() => import('./cases/CaseList'), 'CaseList'),
});
const casePage = createRoute({
  getParentRoute: () => signedIn,
  path: '/cases/$id',
  validateSearch: only('lens', 'why', 'do'),
  component: lazyRouteComponent(() => import('./cases/CasePage'), 'CasePage'),
});
const lookback = createRoute({
  getParentRoute: () => signedIn,
  path: '/cases/$id/lookback',
  validateSearch: only('hours'),
  component: lazyRouteComponent(() => import('./cases/lookback/LookbackPage'), 'LookbackPage'),
});
const search = createRoute({
  getParentRoute: () => signedIn,
  path: '/search',
  validateSearch: only(...searchNames),
  component: lazyRouteComponent(() => import('./search/Search'), 'Search'),
});
const tail = createRoute({
  getParentRoute: () => signedIn,
  path: '/search/tail',
  validateSearch: only('q', 'cols'),
  component: lazyRouteComponent(() => import('./search/tail/Tail'), 'Tail'),
});
const saved = createRoute({
  getParentRoute: () => signedIn,
  path: '/search/saved',
  validateSearch: only('q', 'show', 'do'),
  component: lazyRouteComponent(() => import('./search/saved/SavedPage'), 'SavedPage'),
});
const exportsPage = createRoute({
  getParentRoute: () => signedIn,
  path: '/search/exports',
  component: lazyRouteComponent(() => import('./search/exports/ExportsPage'), 'ExportsPage'),
});
const dashboards = createRoute({
  getParentRoute: () => signedIn,
  path: '/search/dashboards',
  validateSearch: only('q'),
  component: lazyRouteComponent(() => import('./dashboards/DashboardList'), 'DashboardList'),
});
const dashboardPage = createRoute({
  getParentRoute: () => signedIn,
  path: '/search/dashboards/$id',
  validateSearch: only('from', 'to', 'wall'),
  component: lazyRouteComponent(() => import('./dashboards/DashboardPage'), 'DashboardPage'),
});
const editDashboard = createRoute({
  getParentRoute: () => signedIn,
  path: '/search/dashboards/$id/edit',
  component: lazyRouteComponent(() => import('./dashboards/editor/DashboardEditor'), 'DashboardEditor'),
});
const entity = createRoute({
  getParentRoute: () => signedIn,
  path: '/search/entity/$kind',
  validateSearch: only('value', 'from', 'to'),
  component: lazyRouteComponent(() => import('./search/entity/EntityPage'), 'EntityPage'),
});
const detection = createRoute({
  getParentRoute: () => signedIn,
  path: '/detection',
  validateSearch: only(...filterNames, 'show'),
  component: lazyRouteComponent(() => import('./detection/rules/RuleList'), 'RuleList'),
});
const newRule = createRoute({
  getParentRoute: () => signedIn,
  path: '/detection/new',
  component: lazyRouteComponent(() => import('./detection/editor/RuleEditor'), 'NewRule'),
});
const rulePage = createRoute({
  getParentRoute: () => signedIn,
  path: '/detection/rules/$id',
  validateSearch: only('do', 'event'),
  component: lazyRouteComponent(() => import('./detection/rules/RulePage'), 'RulePage'),
});
const editRule = createRoute({
  getParentRoute: () => signedIn,
  path: '/detection/rules/$id/edit',
  component: lazyRouteComponent(() => import('./detection/editor/RuleEditor'), 'EditRule'),
});
const coverage = createRoute({
  getParentRoute: () => signedIn,
  path: '/detection/coverage',
  validateSearch: only('q', 'show', 'technique'),
  component: lazyRouteComponent(() => import('./detection/coverage/CoveragePage'), 'CoveragePage'),
});
const tuning = createRoute({
  getParentRoute: () => signedIn,
  path: '/detection/tuning',
  validateSearch: only('state'),
  component: lazyRouteComponent(() => import('./detection/tuning/Tuning'), 'Tuning'),
});
const packs = createRoute({
  getParentRoute: () => signedIn,
  path: '/detection/packs',
  validateSearch: only('do'),
  component: lazyRouteComponent(() => import('./detection/packs/Packs'), 'Packs'),
});
const packPage = createRoute({
  getParentRoute: () => signedIn,
  path: '/detection/packs/$name',
  validateSearch: only('version'),
  component: lazyRouteComponent(() => import('./detection/packs/PackPage'), 'PackPage'),
});
const backtests = createRoute({
  getParentRoute: () => signedIn,
  path: '/detection/backtests',
  validateSearch: only('do'),
  component: lazyRouteComponent(() => import('./detection/backtests/Backtests'), 'Backtests'),
});
const backtestPage = createRoute({
  getParentRoute: () => signedIn,
  path: '/detection/backtests/$id',
  validateSearch: only('rule'),
  component: lazyRouteComponent(() => import('./detection/backtests/BacktestPage'), 'BacktestPage'),
});
const alerts = createRoute({
  getParentRoute: () => signedIn,
  path: '/detection/alerts',
  validateSearch: only('q'),
  component: lazyRouteComponent(() => import('./detection/alerts/Alerts'), 'Alerts'),
});
const alertPage = createRoute({
  getParentRoute: () => signedIn,
  path: '/detection/alerts/$id',
  component: lazyRouteComponent(() => import('./detection/alerts/AlertPage'), 'AlertPage'),
});
const oncall = createRoute({
  getParentRoute: () => signedIn,
  path: '/oncall',
  component: lazyRouteComponent(() => import('./oncall/OnCall'), 'OnCall'),
});
const knowledge = createRoute({
  getParentRoute: () => signedIn,
  path: '/knowledge',
  validateSearch: only('q', 'article'),
  component: lazyRouteComponent(() => import('./knowledge/Knowledge'), 'Knowledge'),
});
const record = createRoute({
  getParentRoute: () => signedIn,
  path: '/record',
  validateSearch: only('kind', 'after'),
  component: lazyRouteComponent(() => import('./record/Record'), 'RecordPage'),
});
const settings = createRoute({
  getParentRoute: () => signedIn,
  path: '/settings',
  validateSearch: only('tab', 'show'),
  component: lazyRouteComponent(() => import('./settings/Settings'), 'Settings'),
});

export const makeRouter = (client: QueryClient) =>
  createRouter({
    routeTree: root.addChildren([
      login,
      setup,
      welcome,
      signedIn.addChildren([
        now,
        inbox,
        cases,
        casePage,
        lookback,
        search,
        tail,
        saved,
        exportsPage,
        entity,
        dashboards,
        dashboardPage,
        editDashboard,
        detection,
        newRule,
        rulePage,
        editRule,
        coverage,
        tuning,
        packs,
        packPage,
        backtests,
        backtestPage,
        alerts,
        alertPage,
        oncall,
        knowledge,
        record,
        settings,
      ]),
    ]),
    context: { client },
    parseSearch: parseParams,
    stringifySearch: printParams,
    defaultPreload: 'intent',
    defaultPendingComponent: Loading,
    defaultPendingMs: 300,
    defaultErrorComponent: RouteError,
    scrollRestoration: true,
  });

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
