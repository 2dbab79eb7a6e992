// What stands in a row's column, whichever part of the event it comes from.
import type { EventRow } from '../../api/types';

const envelope = new Set([
  'id',
  'received',
  'time_quality',
  'source',
  'source_type',
  'transport',
  'peer',
  'parser',
  'status',
  'class',
  'severity',
  'outcome',
  'exercise',
  'raw_sha256',
]);

export const flat = (v: unknown): string =>
  v === null || v === undefined ? '' : typeof v === 'object' ? JSON.stringify(v) : String(v);

/** A native field may be named as it stands, or by the way to it: EventData.LogonType. */
function native(fields: Record<string, unknown>, name: string): unknown {
  if (Object.hasOwn(fields, name)) return fields[name];
  let at: unknown = fields;
  for (const step of name.split('.')) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Object.hasOwn(at, step) ? (at as Record<string, unknown>)[step] : undefined;
  }
  return at;
}

export function cellValue(row: EventRow, name: string): string {
  if (envelope.has(name)) return flat(row[name as keyof EventRow]);
  if (row.columns && Object.hasOwn(row.columns, name)) return flat(row.columns[name]);
  return flat(native(row.fields ?? {}, name));
}

/** Where the original is no text, the server sends it in base64. */
export const isBinary = (row: EventRow): row is EventRow & { raw_base64: string } =>
  typeof row.raw_base64 === 'string' && row.raw_base64 !== '';

export const timeWidth = 212;
const usual: Record<string, number> = {
  source: 130,
  severity: 96,
  outcome: 90,
  'src.ip': 130,
  'dst.ip': 130,
};
export const usualWidth = (name: string): number => usual[name] ?? 150;
export const [least, widest] = [60, 900];
export const clampWidth = (w: number): number => Math.round(Math.max(least, Math.min(widest, w)));
