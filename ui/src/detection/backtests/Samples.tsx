import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Sample } from '../../api/detection';
import { event as eventQuery } from '../../api/detectionQueries';
import { Panel } from '../../display/Page';
import { Tag } from '../../display/Tag';
import { Time } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { Loaded } from '../../display/Waiting';
import { number } from '../../display/words';
import { EventDetail } from '../../search/EventDetail';
import { useCan } from '../../session/session';
import classes from '../Detection.module.css';

const words = { new: 'new', gone: 'gone', same: 'both' } as const;
const tone = { new: 'low', gone: 'high', same: 'none' } as const;
const meaning = {
  new: 'The one in use does not find it',
  gone: 'Only the one in use finds it',
  same: 'Both find it',
} as const;

export function Samples({ of: samples, hits }: { of: Sample[]; hits: number }) {
  const can = useCan();
  const [open, setOpen] = useState('');
  return (
    <Panel
      id="samples"
      title="Events that were hit"
      side={
        samples.length > 0 && (
          <span className="dim small">
            {number(samples.length)} of {number(Math.max(hits, samples.length))}
          </span>
        )
      }
    >
      {!can('events.read') ? (
        <p className="dim small">Events are not for your role to read.</p>
      ) : samples.length === 0 ? (
        <p className="dim small">No sample was kept.</p>
      ) : (
        <ul className="bare-list">
          {samples.map((s) => {
            const key = `${s.event} ${s.change}`;
            return (
              <li key={key} className={classes.item}>
                <button
                  type="button"
                  className="rowbutton"
                  aria-expanded={open === key}
                  onClick={() => setOpen(open === key ? '' : key)}
                >
                  <span className="row row-tight small">
                    <Time at={s.time} bare />
                    <Tag tone={tone[s.change]} title={meaning[s.change]}>
                      {words[s.change]}
                    </Tag>
                  </span>
                  <span className="small">
                    <Untrusted text={s.summary || s.event} />
                  </span>
                </button>
                {open === key && <One id={s.event} />}
              </li>
            );
          })}
        </ul>
      )}
    </Panel>
  );
}

/** One event in full, by its id. */
export function One({ id }: { id: string }) {
  const found = useQuery(eventQuery(id));
  return (
    <div className="stack">
      <Loaded query={found} lines={5}>
        {(e) => <EventDetail event={e} />}
      </Loaded>
      <Link to="/search" search={{ q: `id:${id}`, from: 'now-3650d' }} className="small">
        See it in Search
      </Link>
    </div>
  );
}
