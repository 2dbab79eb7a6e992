import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { holds } from '../../api/retention';
import { Time } from '../../display/Time';
import { bytes, number } from '../../display/words';
import { IconLock } from '../../icons';
import { useCan } from '../../session/session';
import classes from './Evidence.module.css';

/** What the case keeps from being dropped. */
export function Held({ caseId }: { caseId: string }) {
  const can = useCan();
  const found = useQuery({ ...holds, enabled: can('retention.read') });
  const mine = (found.data?.items ?? []).filter((h) => h.case_id === caseId);
  if (mine.length === 0) return null;
  return (
    <div className={classes.held}>
      {mine.map((h) => (
        <p key={h.id} className="small">
          <IconLock size={13} aria-hidden />{' '}
          {h.released_at ? (
            <>
              The hold was released <Time at={h.released_at} />.
            </>
          ) : (
            <>
              Holds {number(h.segments)} segments ({bytes(h.bytes)}) of events from <Time at={h.from} bare />{' '}
              {h.to ? (
                <>
                  to <Time at={h.to} bare />
                </>
              ) : (
                'on'
              )}
              ; they are not dropped.
            </>
          )}{' '}
          <Link to="/settings" search={{ tab: 'retention', show: 'holds' }}>
            All holds
          </Link>
        </p>
      ))}
    </div>
  );
}
