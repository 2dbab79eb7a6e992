import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { caseEvents } from '../api/queries';
import type { CaseDetail } from '../api/types';
import { Panel } from '../display/Page';
import { Time } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { Empty, Loaded } from '../display/Waiting';
import { number } from '../display/words';
import { EventDetail } from '../search/EventDetail';
import classes from './CasePage.module.css';

const shownAtFirst = 8;

/** The log records that the case stands on. */
export function EventsBehind({ detail }: { detail: CaseDetail }) {
  const found = useQuery(caseEvents(detail.case.id));
  const [all, setAll] = useState(false);
  const [open, setOpen] = useState('');
  return (
    <Panel
      id="events"
      title="Events behind it"
      side={found.data && <span className="dim small">{number(found.data.items.length)}</span>}
    >
      <Loaded query={found} lines={4}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No events">
              <p>A person reported this, or it was opened by hand. Search for what the logs say about it.</p>
              <Link to="/search">Search events</Link>
            </Empty>
          ) : (
            <div className={classes.clip}>
              <ul className="bare-list">
                {items.slice(0, all ? undefined : shownAtFirst).map((e) => (
                  <li key={e.id} className={classes.block}>
                    <button
                      type="button"
                      className="rowbutton"
                      aria-expanded={open === e.id}
                      onClick={() => setOpen(open === e.id ? '' : e.id)}
                    >
                      <span className="small">
                        <Time at={e.time} bare /> <span className="dim">{e.source}</span>
                      </span>
                      <span className={open === e.id ? '' : 'cut'}>
                        <Untrusted text={e.message || e.raw} mono />
                      </span>
                    </button>
                    {open === e.id && <EventDetail event={e} />}
                  </li>
                ))}
              </ul>
              {items.length > shownAtFirst && !all && (
                <Button variant="subtle" size="xs" onClick={() => setAll(true)}>
                  All {number(items.length)}
                </Button>
              )}
            </div>
          )
        }
      </Loaded>
    </Panel>
  );
}
