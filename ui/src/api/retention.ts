// How long events are kept, written by hand until it is generated from the server's description.
import { infiniteQueryOptions } from '@tanstack/react-query';
import { get } from './client';
import { one } from './queries';
import type { List, Ref } from './types';

export type KeepClass = {
  name: string;
  /** 0 is for ever. */
  days: number;
  /** 0 is no limit. */
  max_bytes: number;
  /** How old events must be for a full disk to drop them early; 0: it never does. */
  floor_days: number;
  bytes: number;
  events: number;
  segments: number;
  held_segments: number;
  oldest: string;
  newest: string;
  removed: boolean;
};
export type Assignment = { id: string; source: string; source_type: string; class: string };
export type ChangeKind =
  | 'class'
  | 'class_removal'
  | 'assignment'
  | 'assignment_removal'
  | 'source_removal'
  | 'hold_release';
export type ChangeState = 'pending' | 'waiting' | 'applied' | 'rejected' | 'cancelled';
export type Change = {
  id: string;
  kind: ChangeKind;
  detail: string;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  shortens: boolean;
  by: string;
  by_name: string;
  at: string;
  reason: string;
  state: ChangeState;
  approved_by: Ref | null;
  approved_at: string;
  effective: string;
  ended_by: Ref | null;
  ended_at: string;
  ended_reason: string;
};
export type Disk = {
  free: number;
  total: number;
  used_by_segments: number;
  state: 'ok' | 'low' | 'full';
  plan: string;
};
export type Tier = {
  kind: 'none' | 'directory' | 's3';
  after_days: number;
  target: string;
  segments: number;
  bytes: number;
};
export type Retention = {
  classes: KeepClass[];
  assignments: Assignment[];
  changes: Change[];
  /** Between the approval of a change and its effect. */
  delay_hours: number;
  tier: Tier;
  disk: Disk;
};
export type SegmentState = 'ok' | 'missing' | 'damaged';
export type Segment = {
  id: string;
  class: string;
  rows: number;
  bytes: number;
  min_time: string;
  max_time: string;
  sealed: string;
  tier: 'local' | 'directory' | 's3';
  state: SegmentState;
  detail: string;
  filter: SegmentState;
  checked: string;
  sha256: string;
  merkle_root: string;
  holds: { id: string; reason: string }[];
};
export type Tombstone = {
  id: string;
  segment: string;
  class: string;
  rows: number;
  bytes: number;
  min_time: string;
  max_time: string;
  sha256: string;
  merkle_root: string;
  reason: string;
  at: string;
  record_seq: number;
  signature: string;
};
export type Hold = {
  id: string;
  kind: 'query' | 'case';
  q: string;
  case_id: string;
  case_number: string;
  from: string;
  to: string;
  reason: string;
  by: string;
  by_name: string;
  at: string;
  released_at: string;
  released_by: Ref | null;
  segments: number;
  bytes: number;
};

export const retention = one<Retention>(['retention', 'state'], '/retention');
export const holds = one<List<Hold>>(['retention', 'holds'], '/holds');

const pages = <T>(name: string, path: string, query: Record<string, string | undefined>) =>
  infiniteQueryOptions({
    queryKey: ['retention', name, query],
    queryFn: ({ signal, pageParam }) =>
      get<List<T>>(path, { ...query, limit: 100, cursor: pageParam }, signal),
    initialPageParam: '',
    getNextPageParam: (last) => last.next || undefined,
  });
export const segments = (query: Record<string, string | undefined>) =>
  pages<Segment>('segments', '/segments', query);
export const tombstones = pages<Tombstone>('tombstones', '/tombstones', {});
