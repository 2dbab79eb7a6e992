// What a search's URL says. Everything on the screen is in it, so that a link shows the same.
import { printParams } from '../shell/urlState';

export const searchNames = [
  'q',
  'from',
  'to',
  'tz',
  'view',
  'cols',
  'event',
  'hist',
  'side',
  'chart',
] as const;
export type SearchParams = Partial<Record<(typeof searchNames)[number], string>>;

export type View = 'table' | 'raw' | 'chart';
export type State = {
  q: string;
  /** "now-24h" or a time; undefined is the default. */
  from: string | undefined;
  to: string | undefined;
  /** Zone of times in the query and the picker that name none. */
  tz: string;
  view: View | undefined;
  cols: string[];
  /** The row that is open. */
  event: string | undefined;
  histogram: boolean;
  /** Not said: as the screen has room. */
  fields: boolean | undefined;
  /** The histogram as a table. */
  counts: boolean;
};

/** As long as nobody chose others. */
export const usualCols = ['source', 'severity'];
const noCols = '-';

function readCols(cols: string | undefined): string[] {
  if (cols === undefined) return usualCols;
  return [...new Set(cols.split(','))].filter((c) => c !== '' && c !== noCols).slice(0, 30);
}

function writeCols(cols: string[]): string | undefined {
  if (cols.join() === usualCols.join()) return undefined;
  return cols.join(',') || noCols;
}

const views: View[] = ['table', 'raw', 'chart'];

export function readState(p: SearchParams): State {
  return {
    q: p.q ?? '',
    from: p.from,
    to: p.to,
    tz: p.tz ?? 'UTC',
    view: views.find((v) => v === p.view),
    cols: readCols(p.cols),
    event: p.event,
    histogram: p.hist !== 'off',
    fields: p.side === undefined ? undefined : p.side !== 'off',
    counts: p.chart === 'table',
  };
}

/** The parameters of a state; what is as usual is left out. */
export function writeState(s: State): SearchParams {
  const p: SearchParams = {
    q: s.q || undefined,
    from: s.from === 'now-24h' && !s.to ? undefined : s.from,
    to: s.to === 'now' ? undefined : s.to,
    tz: s.tz === 'UTC' ? undefined : s.tz,
    view: s.view,
    cols: writeCols(s.cols),
    event: s.event,
    hist: s.histogram ? undefined : 'off',
    side: s.fields === undefined ? undefined : s.fields ? 'on' : 'off',
    chart: s.counts ? 'table' : undefined,
  };
  for (const name of searchNames) if (p[name] === undefined) delete p[name];
  return p;
}

/** A link to what is on the screen; with fixed ends it shows the same events tomorrow. */
export function shareLink(origin: string, s: State, ends?: { from: string; to: string }): string {
  return `${origin}/search${printParams(writeState(ends ? { ...s, ...ends } : s))}`;
}
