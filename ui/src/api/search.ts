// Shapes of the search routes, written by hand until they are generated from the server's description.
import type { EventRow, Problem } from './types';

export type Buckets = {
  interval_ms: number;
  buckets: { start: string; count: number; failure: number }[];
};
export type StreamHistogram = Buckets & { total: number; partial: boolean };

export type FieldStat = {
  field: string;
  present: number;
  distinct: number;
  values: { value: string; count: number }[];
};
export type FieldStats = { items: FieldStat[]; sampled: number };

export type Cell = string | number | boolean | null;
export type TableColumn = { name: string; type: 'text' | 'number' | 'time' | 'duration' };
export type ResultTable = {
  columns: TableColumn[];
  rows: Cell[][];
  chart: 'bar' | 'line' | 'none';
  /** The last row, or the last column of a chart, stands for all that is not shown. */
  other?: boolean;
  partial?: boolean;
  /** What is approximate or left out, a sentence each. */
  notes?: string[] | null;
};

export type SearchProgress = { scanned_to: string; segments: number; of: number; rows_scanned: number };
export type SearchDone = {
  next: string;
  incomplete: boolean;
  reason: string;
  took_ms: number;
  matched: number;
};

/** What the stream sends, by the name of the message. */
export type StreamMessage =
  /** The server has taken it on; a tail may say nothing more for long. */
  | { kind: 'open' }
  | { kind: 'rows'; items: EventRow[] }
  | { kind: 'histogram'; histogram: StreamHistogram }
  | { kind: 'fields'; fields: FieldStats }
  | { kind: 'table'; table: ResultTable }
  | { kind: 'progress'; progress: SearchProgress }
  | { kind: 'done'; done: SearchDone }
  | { kind: 'dropped'; count: number }
  | { kind: 'failed'; problem: Problem };

export type SearchAnswer = {
  items: EventRow[];
  next: string;
  histogram: StreamHistogram | null;
  fields: FieldStats | null;
  table: ResultTable | null;
  incomplete: boolean;
  reason: string;
  took_ms: number;
};

export type SuggestionKind = 'field' | 'value' | 'operator' | 'pipe' | 'saved';
/** start and end: the bytes of the query that insert replaces. */
export type Suggestion = {
  insert: string;
  label: string;
  kind: SuggestionKind;
  detail: string;
  start: number;
  end: number;
};
export type Check = {
  ok: boolean;
  offset: number;
  length: number;
  message: string;
  explained: string;
  pipes: boolean;
};

export type EntityKind = 'user' | 'host' | 'ip' | 'hash' | 'domain' | 'file' | 'process' | 'service';
export const entityKinds: EntityKind[] = [
  'user',
  'host',
  'ip',
  'hash',
  'domain',
  'file',
  'process',
  'service',
];
export type Seen = { value: string; count: number; first: string; last: string };
export type EntityPage = {
  kind: EntityKind;
  value: string;
  first_seen: string;
  last_seen: string;
  events: number;
  histogram: Buckets;
  sources: Seen[];
  actions: { value: string; count: number }[];
  outcomes: { value: string; count: number }[];
  neighbours: (Seen & { kind: EntityKind })[];
  alerts: { id: string; title: string; severity: string; last: string }[];
  cases: { id: string; number: string; title: string; status: string }[];
  incomplete: boolean;
  reason: string;
};

export type ExportFormat = 'csv' | 'ndjson' | 'parquet';
export type ExportState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled' | 'expired';
export type Export = {
  id: string;
  q: string;
  from: string;
  to: string;
  format: ExportFormat;
  state: ExportState;
  rows: number;
  about_rows: number;
  bytes: number;
  percent: number;
  error: string;
  created: string;
  finished: string;
  expires: string;
  by: string;
};
