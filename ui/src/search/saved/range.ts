// A saved search keeps "the last 24 hours" or two fixed times; a search's URL keeps the same in its own words.
import type { Op, SavedBody } from '../../api/saved';
import { defaultFrom } from '../window';

type Kept = Pick<SavedBody, 'range' | 'from' | 'to'>;

export function keptRange(from: string | undefined, to: string | undefined): Kept {
  const m = /^now-(\d+[smhdw])$/.exec(from ?? defaultFrom);
  if (m?.[1] && (!to || to === 'now')) return { range: m[1], from: '', to: '' };
  return { range: '', from: from ?? defaultFrom, to: to ?? 'now' };
}

export function rangeOf(k: Kept): { from: string | undefined; to: string | undefined } {
  if (k.range) return { from: `now-${k.range}`, to: undefined };
  return { from: k.from || undefined, to: k.to || undefined };
}

/** "every 5 min", "every day" */
export function every(seconds: number): string {
  const name: Record<number, string> = {
    60: 'every minute',
    3600: 'every hour',
    86400: 'every day',
  };
  if (name[seconds]) return name[seconds];
  if (seconds % 3600 === 0) return `every ${seconds / 3600} h`;
  return seconds % 60 === 0 ? `every ${seconds / 60} min` : `every ${seconds} s`;
}

export const opName: Record<Op, string> = {
  '>=': 'at least',
  '>': 'more than',
  '=': 'exactly',
  '<': 'fewer than',
};

export function span(seconds: number): string {
  if (seconds % 86400 === 0) return seconds === 86400 ? '24 h' : `${seconds / 86400} d`;
  if (seconds % 3600 === 0) return `${seconds / 3600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
