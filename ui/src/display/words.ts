import type { Case, CaseState, Decision, Disposition, Level } from '../api/types';

export const states: CaseState[] = [
  'reported',
  'assessing',
  'classified',
  'handling',
  'resolved',
  'closed',
  'reviewed',
];

export const decisionName: Record<Decision, string> = {
  '': 'not decided',
  event: 'event only',
  incident: 'incident',
  weakness: 'weakness',
};

export const dispositionName: Record<Disposition, string> = {
  '': 'not said',
  true: 'true positive',
  false_positive: 'false positive',
  benign: 'benign',
  authorised: 'authorised activity',
  duplicate: 'duplicate',
};

export const levelName: Record<Level, string> = {
  '': 'no level',
  critical: 'critical',
  serious: 'serious',
  mild: 'mild',
};

export const gradeName = ['none', 'low', 'medium', 'high'] as const;

/** The four severities and one neutral, whatever scale a source uses. */
export type Tone = 'critical' | 'high' | 'medium' | 'low' | 'none';

export function severityTone(severity: string): Tone {
  switch (severity.toLowerCase()) {
    case 'critical':
    case 'fatal':
      return 'critical';
    case 'high':
    case 'serious':
      return 'high';
    case 'medium':
      return 'medium';
    case 'low':
    case 'mild':
      return 'low';
  }
  return 'none';
}

export const typeName = (type: string): string => type.replaceAll('-', ' ').replace('/', ' / ');

export const number = (n: number | undefined): string =>
  (n ?? 0).toLocaleString('en-GB').replaceAll(',', ' ');

export function bytes(n: number): string {
  if (n < 1024) return `${n} B`;
  const i = Math.min(Math.floor(Math.log2(n) / 10), 4);
  const value = n / 1024 ** i;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} ${['B', 'kB', 'MB', 'GB', 'TB'][i]}`;
}

/** "incident (provisional), malicious code / ransomware" */
export function verdict(c: Pick<Case, 'decision' | 'provisional' | 'type'>): string {
  const decision = decisionName[c.decision] + (c.provisional && c.decision ? ' (provisional)' : '');
  return c.type ? `${decision}, ${typeName(c.type)}` : decision;
}

export const snakeToWords = (s: string): string => s.replaceAll('_', ' ').replaceAll('.', ' ');
