import { IconAlarm, IconClock } from '../icons';
import { useNow } from './clock';
import { age, countdown, isSet, local, utc, utcClock } from './time';

type Props = {
  at: string | undefined;
  /** Without the age beside it, where a column of times is dense. */
  bare?: boolean;
  /** The clock only, where the day is written above. */
  clock?: boolean;
  none?: string;
};

export function Time({ at, bare, clock, none = '–' }: Props) {
  if (!isSet(at)) return <span className="dim">{none}</span>;
  return (
    <span className="time">
      <time dateTime={at} title={local(at)} className="mono">
        {clock ? utcClock(at) : utc(at)}
      </time>
      {!bare && (
        <>
          {' '}
          <Age at={at} />
        </>
      )}
    </span>
  );
}

export function Age({ at }: { at: string }) {
  const now = useNow();
  if (!isSet(at)) return null;
  return (
    <span className="dim nowrap" title={`${utc(at)} UTC, ${local(at)}`}>
      {age(at, now)}
    </span>
  );
}

export function Countdown({ at, what = 'Decide' }: { at: string; what?: string }) {
  const now = useNow();
  const c = countdown(at, now);
  if (!c) return null;
  const Icon = c.tone === 'calm' ? IconClock : IconAlarm;
  return (
    <span className={`tag tone-${c.tone}`} title={`${what} by ${utc(at)} UTC, ${local(at)}`}>
      <Icon size={13} aria-hidden /> {c.text}
    </span>
  );
}
