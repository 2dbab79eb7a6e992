import { memo, type ReactNode } from 'react';
import type { Case, Level } from '../api/types';
import {
  IconAlertTriangle,
  IconBolt,
  IconBug,
  IconCircleDashed,
  IconFlame,
  IconInfoCircle,
  IconMinus,
  IconNotes,
  IconSchool,
} from '../icons';
import { decisionName, levelName, severityTone, type Tone } from './words';

const toneIcon = {
  critical: IconFlame,
  high: IconAlertTriangle,
  medium: IconBolt,
  low: IconInfoCircle,
  none: IconMinus,
};

type Props = { tone?: Tone | 'good' | 'accent'; children: ReactNode; title?: string };

export const Tag = memo(function Tag({ tone = 'none', children, title }: Props) {
  return (
    <span className={`tag tag-${tone}`} title={title}>
      {children}
    </span>
  );
});

export const Severity = memo(function Severity({ value }: { value: string }) {
  const tone = severityTone(value);
  const Icon = toneIcon[tone];
  return (
    <span className={`tag tag-${tone}`}>
      <Icon size={12} aria-hidden /> {value === 'informational' ? 'info' : value || 'unknown'}
    </span>
  );
});

export const LevelTag = memo(function LevelTag({ level, priority }: { level: Level; priority?: number }) {
  const tone = severityTone(level);
  const Icon = toneIcon[tone];
  return (
    <span className={`tag tag-${tone}`} title={priority ? `Priority ${priority} of 6` : undefined}>
      <Icon size={12} aria-hidden /> {levelName[level]}
      {priority ? ` ${priority}` : ''}
    </span>
  );
});

const decisionIcon = { '': IconCircleDashed, event: IconNotes, incident: IconFlame, weakness: IconBug };

export const DecisionTag = memo(function DecisionTag({ of }: { of: Pick<Case, 'decision' | 'provisional'> }) {
  const Icon = decisionIcon[of.decision];
  const title = of.provisional ? 'Decided by the policy; an expert has not confirmed it yet' : undefined;
  return (
    <span className={`tag tag-outline${of.provisional ? ' tag-dashed' : ''}`} title={title}>
      <Icon size={12} aria-hidden /> {decisionName[of.decision]}
      {of.provisional && of.decision ? ' · provisional' : ''}
    </span>
  );
});

export const ExerciseTag = memo(function ExerciseTag() {
  return (
    <span className="tag tag-exercise" title="A drill on data that is not real">
      <IconSchool size={12} aria-hidden /> exercise
    </span>
  );
});
