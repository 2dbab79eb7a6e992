import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { searchOnce } from '../../api/searchQueries';
import { Time } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { Loaded } from '../../display/Waiting';
import { EventDetail } from '../EventDetail';
import classes from './Entity.module.css';

/** Its last events, each with all that is in it. */
export function Newest({ q, ends }: { q: string; ends: { from: string; to: string } }) {
  const found = useQuery(searchOnce(q, ends.from, ends.to, 20));
  const [open, setOpen] = useState('');
  return (
    <section className="panel" aria-labelledby="newest-title">
      <div className="panel-head">
        <h2 id="newest-title">Newest events</h2>
        <Link to="/search" search={{ q, ...ends }} className="small">
          All in Search
        </Link>
      </div>
      <Loaded query={found} lines={6}>
        {({ items }) => (
          <ul className="bare-list">
            {items.map((r) => (
              <li key={r.id} className={classes.event}>
                <button
                  type="button"
                  className="rowbutton"
                  aria-expanded={open === r.id}
                  onClick={() => setOpen(open === r.id ? '' : r.id)}
                >
                  <span className={classes.eventline}>
                    <Time at={r.time} bare />
                    <span className="dim">
                      <Untrusted text={r.source} />
                    </span>
                    <span className={open === r.id ? '' : 'cut'}>
                      <Untrusted text={r.message || r.raw} mono />
                    </span>
                  </span>
                </button>
                {open === r.id && <EventDetail event={r} />}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
    </section>
  );
}
