import { Link } from '@tanstack/react-router';
import type { Duty } from '../api/types';
import { Tag } from '../display/Tag';
import { Time } from '../display/Time';
import { Empty } from '../display/Waiting';
import { IconAlertTriangle, IconCalendar, IconPhone } from '../icons';

/** Who carries the pager now, and who is next. `lead`: with the way to On call. */
export function Duties({ schedules, lead }: { schedules: Duty[]; lead?: boolean }) {
  if (schedules.length === 0) {
    return (
      <Empty icon={<IconCalendar size={26} aria-hidden />} title="Nobody is on call">
        <p>Without a schedule a page has nowhere to go.</p>
        {lead && <Link to="/oncall">Make a schedule</Link>}
      </Empty>
    );
  }
  return (
    <ul className="bare-list stack">
      {schedules.map((s) => (
        <li key={s.id} className="stack-tight">
          <div className="row row-tight">
            {s.person ? <IconPhone size={16} aria-hidden /> : <IconAlertTriangle size={16} aria-hidden />}
            <strong>{s.person?.name ?? 'Nobody'}</strong>
            <Tag tone={s.person ? 'good' : 'critical'}>{s.person ? 'on call' : 'gap'}</Tag>
            <span className="dim small">{s.name}</span>
          </div>
          <div className="dim small">
            {s.until && (
              <>
                until <Time at={s.until} />
              </>
            )}
            {s.next && `${s.until ? ', then' : 'Next is'} ${s.next.name}`}
            {s.zone && s.zone !== 'UTC' && ` · ${s.zone}`}
          </div>
        </li>
      ))}
    </ul>
  );
}
