import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { Alert } from '../../api/types';
import { Panel } from '../../display/Page';
import { number } from '../../display/words';
import { useCan } from '../../session/session';
import { One } from '../backtests/Samples';
import classes from '../Detection.module.css';
import { queryOfEvents } from './events';

const shownAtFirst = 20;

/** The exact events of an alert. */
export function AlertEvents({ of: a }: { of: Alert }) {
  const can = useCan();
  const [open, setOpen] = useState('');
  const ids = a.events ?? [];
  const search = queryOfEvents(ids, a.first_seen, a.last_seen);
  return (
    <Panel
      id="events"
      title={`Its events: ${number(ids.length)}${a.count > ids.length ? ` of ${number(a.count)}` : ''}`}
      side={
        can('events.read') &&
        search && (
          <Link to="/search" search={search} className="small">
            {search.all ? 'All in Search' : 'The first in Search'}
          </Link>
        )
      }
    >
      {!can('events.read') ? (
        <p className="dim small">Events are not for your role to read.</p>
      ) : ids.length === 0 ? (
        <p className="dim small">Its events are not stored any longer.</p>
      ) : (
        <ul className="bare-list">
          {ids.slice(0, shownAtFirst).map((id) => (
            <li key={id} className={classes.item}>
              <div className="row spread">
                <button
                  type="button"
                  className="pivot mono small"
                  aria-expanded={open === id}
                  onClick={() => setOpen(open === id ? '' : id)}
                >
                  {id}
                </button>
                <Link
                  to="/detection/rules/$id"
                  params={{ id: a.rule }}
                  search={{ event: id }}
                  className="small"
                >
                  Why it matched<span className="visually-hidden"> {id}</span>
                </Link>
              </div>
              {open === id && <One id={id} />}
            </li>
          ))}
          {ids.length > shownAtFirst && (
            <li className="dim small">The first {shownAtFirst}; Search shows the others.</li>
          )}
        </ul>
      )}
    </Panel>
  );
}
