import type { Message } from '../api/types';
import { Tag } from '../display/Tag';
import { Time } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { IconAlertTriangle, IconCheck, IconClock, IconMinus } from '../icons';

const state = {
  queued: { tone: 'none', icon: IconClock },
  sending: { tone: 'accent', icon: IconClock },
  sent: { tone: 'good', icon: IconCheck },
  failed: { tone: 'high', icon: IconAlertTriangle },
  cancelled: { tone: 'none', icon: IconMinus },
} as const;

/** One message: to whom, by what, and whether it arrived. */
export function Delivery({ message: m }: { message: Message }) {
  const { tone, icon: Icon } = state[m.state] ?? state.queued;
  return (
    <div className="stack-tight small">
      <div className="row row-tight">
        <Tag tone={tone}>
          <Icon size={12} aria-hidden /> {m.state}
        </Tag>
        <span>
          {m.kind} by {m.channel} to <Untrusted text={m.recipient} />
        </span>
      </div>
      <div className="dim">
        {m.sent ? (
          <>
            sent <Time at={m.sent} />
          </>
        ) : (
          <>
            made <Time at={m.created} />
          </>
        )}
        {m.attempt > 1 && `, attempt ${m.attempt}`}
        {m.error && (
          <>
            : <Untrusted text={m.error} />
          </>
        )}
      </div>
    </div>
  );
}
