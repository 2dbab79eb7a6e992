import { Button, Collapse } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { shifts } from '../api/queries';
import type { Schedule, Shift } from '../api/types';
import { Time } from '../display/Time';
import { duration, utc, utcDay } from '../display/time';
import { Loaded } from '../display/Waiting';
import { IconPencil } from '../icons';
import classes from './OnCall.module.css';
import { place, toneOf } from './strip';

const day = 86_400_000;

/** A fortnight of one schedule as a strip, and as a table for reading. */
export function Shifts({ schedule, edit }: { schedule: Schedule; edit?: () => void }) {
  const [from, to] = useMemo(() => {
    const start = Date.parse(`${new Date().toISOString().slice(0, 10)}T00:00:00Z`);
    return [start, start + 14 * day];
  }, []);
  const [open, setOpen] = useState(false);
  const found = useQuery(shifts(schedule.id, new Date(from).toISOString(), new Date(to).toISOString()));
  return (
    <section aria-label={schedule.name} className="stack-tight">
      <div className="row spread">
        <span>
          <strong>{schedule.name}</strong> <span className="dim small">{schedule.zone}</span>
        </span>
        <span className="row row-tight">
          <Button size="compact-xs" variant="default" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Hide the table' : 'As a table'}
          </Button>
          {edit && (
            <Button size="compact-xs" variant="default" leftSection={<IconPencil size={13} />} onClick={edit}>
              Edit<span className="visually-hidden"> {schedule.name}</span>
            </Button>
          )}
        </span>
      </div>
      <Loaded query={found} lines={2}>
        {({ items }) => (
          <>
            <Strip items={items} from={from} to={to} />
            <Collapse expanded={open}>
              <ShiftTable items={items} />
            </Collapse>
          </>
        )}
      </Loaded>
    </section>
  );
}

function Strip({ items, from, to }: { items: Shift[]; from: number; to: number }) {
  const days = Array.from({ length: 14 }, (_, i) => new Date(from + i * day).toISOString());
  return (
    <div className={classes.strip} aria-hidden>
      <div className={classes.days}>
        {days.map((d) => (
          <span key={d}>{utcDay(d).slice(5)}</span>
        ))}
      </div>
      <div className={classes.lane}>
        {items.map((s) => {
          const p = place(s, from, to);
          if (!p) return null;
          return (
            <span
              key={`${s.person.id} ${s.starts}`}
              className={`${classes.shift} ${classes[`tone${toneOf(s.person.id)}`]} ${s.override ? classes.override : ''}`}
              style={{ left: `${p.left}%`, width: `${p.width}%` }}
              title={`${s.person.name}${s.override ? ' (override)' : ''}: ${utc(s.starts)} to ${utc(s.ends)} UTC`}
            >
              {s.person.name}
            </span>
          );
        })}
        <span className={classes.nowline} style={{ left: `${(100 * (Date.now() - from)) / (to - from)}%` }} />
      </div>
    </div>
  );
}

function ShiftTable({ items }: { items: Shift[] }) {
  return (
    <table className="tbl">
      <thead>
        <tr>
          <th>Who</th>
          <th>From (UTC)</th>
          <th className="hide-narrow">To (UTC)</th>
          <th className="right">For</th>
        </tr>
      </thead>
      <tbody>
        {items.map((s) => (
          <tr key={`${s.person.id} ${s.starts}`}>
            <td>
              {s.person.name}
              {s.override && <span className="dim"> (override)</span>}
            </td>
            <td>
              <Time at={s.starts} bare />
            </td>
            <td className="hide-narrow">
              <Time at={s.ends} bare />
            </td>
            <td className="right">{duration(Date.parse(s.ends) - Date.parse(s.starts))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
