import { memo } from 'react';
import type { RuleState as State } from '../../api/detection';
import { Tag } from '../../display/Tag';
import { IconCircleCheck, IconClock, IconEyeOff, IconPlayerStop } from '../../icons';

const looks = {
  live: { tone: 'good', icon: IconCircleCheck },
  waiting: { tone: 'low', icon: IconClock },
  blind: { tone: 'medium', icon: IconEyeOff },
  disabled: { tone: 'none', icon: IconPlayerStop },
} as const;

/** A word, a mark and a colour; the reason on hover, and in full on the rule's page. */
export const RuleState = memo(function RuleState({ state, reason }: { state: State; reason?: string }) {
  const { tone, icon: Icon } = looks[state] ?? looks.disabled;
  return (
    <Tag tone={tone} title={reason}>
      <Icon size={12} aria-hidden /> {state}
    </Tag>
  );
});
