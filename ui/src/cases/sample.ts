import type { Case, CaseDetail } from '../api/types';

/** A case for tests: whole, and dull unless told otherwise. */
export function sampleCase(o: Partial<Case> = {}): Case {
  return {
    id: 'c1',
    number: 'CASE-1',
    title: 'Backup failed',
    state: 'assessing',
    decision: '',
    type: '',
    lead: '',
    track: '',
    disposition: '',
    impact: 0,
    urgency: 0,
    priority: 0,
    level: '',
    provisional: false,
    owner: null,
    exercise: '',
    decide_by: '',
    snoozed_until: '',
    created: '2026-11-22T04:00:00Z',
    updated: '2026-11-22T04:30:00Z',
    version: 3,
    alert_count: 1,
    report_count: 0,
    summary: '',
    ...o,
  };
}

export function sampleDetail(o: Partial<CaseDetail> = {}): CaseDetail {
  return {
    case: sampleCase(),
    anchors: {},
    next_step: null,
    verbs: [],
    explanation: null,
    matrix: [
      [6, 5, 4],
      [5, 4, 2],
      [4, 2, 1],
    ],
    cell: null,
    assessments: [],
    alerts: [],
    reports: [],
    actions: [],
    notes: [],
    entities: [],
    people: [],
    run: null,
    messages: [],
    resolution: null,
    similar: [],
    ...o,
  };
}
