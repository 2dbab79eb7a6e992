import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { event as eventQuery } from '../../api/detectionQueries';
import type { LookItem, LookKind } from '../../api/lookback';
import { Pivot } from '../../display/Pivot';
import { Tag } from '../../display/Tag';
import { local, utc } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';
import { Loaded } from '../../display/Waiting';
import { number } from '../../display/words';
import { EventDetail } from '../../search/EventDetail';
import classes from './Lookback.module.css';

const tone: Partial<Record<LookKind, 'critical' | 'high' | 'accent' | 'good'>> = {
  alert: 'critical',
  failure: 'high',
  login: 'accent',
  account: 'high',
};

type LineProps = { of: LookItem; chosen: boolean; choose: () => void };

/** One thing that happened, with its event behind it. */
export function Line({ of: i, chosen, choose }: LineProps) {
  const [open, setOpen] = useState(false);
  const found = useQuery({ ...eventQuery(i.event_id), enabled: open && i.event_id !== '' });
  return (
    <li className={classes.line} data-kind={i.kind}>
      <input
        type="checkbox"
        className={classes.box}
        aria-label={`Choose: ${i.text}`}
        disabled={!i.event_id}
        checked={chosen}
        onChange={choose}
      />
      <time className="mono" dateTime={i.at} title={local(i.at)}>
        {utc(i.at).slice(11)}
      </time>
      <span>
        <Tag tone={tone[i.kind]}>{i.kind}</Tag>
      </span>
      <span className={classes.entity}>
        {i.entity.value && <Pivot value={i.entity.value} kind={i.entity.kind} />}
      </span>
      <span className={classes.text}>
        <button
          type="button"
          className={classes.open}
          aria-expanded={open}
          disabled={!i.event_id}
          onClick={() => setOpen(!open)}
        >
          <Untrusted text={i.text} />
        </button>
        {i.count > 1 && (
          <span className="dim small">
            {' '}
            {number(i.count)} times, until {utc(i.last).slice(11)}
          </span>
        )}
        {open && (
          <Loaded query={found} lines={4}>
            {(e) => <EventDetail event={e} />}
          </Loaded>
        )}
      </span>
    </li>
  );
}
