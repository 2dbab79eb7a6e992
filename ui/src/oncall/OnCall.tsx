import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { escalations, oncallNow, schedules } from '../api/queries';
import type { EscalationPolicy, Schedule } from '../api/types';
import { Page, Panel } from '../display/Page';
import { duration } from '../display/time';
import { Empty, Loaded } from '../display/Waiting';
import { IconCalendar, IconPencil, IconPlus } from '../icons';
import { useCan } from '../session/session';
import { Delivery } from './Delivery';
import { Duties } from './Duties';
import { PolicyForm } from './PolicyForm';
import { Runs } from './Runs';
import { ScheduleForm } from './ScheduleForm';
import { Shifts } from './Shifts';
import { usePeopleNames } from './usePeopleNames';

export function OnCall() {
  const can = useCan();
  const now = useQuery(oncallNow);
  const all = useQuery(schedules);
  const [editing, setEditing] = useState<Schedule | 'new' | null>(null);
  return (
    <Page
      title="On call"
      sub="Who is on now, who is next, and what was sent"
      actions={
        can('oncall.write') && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => setEditing('new')}>
            New schedule
          </Button>
        )
      }
    >
      <Loaded query={now}>
        {(n) => (
          <>
            <div className="grid2">
              <Panel id="runs" title="Running escalations">
                <Runs runs={n.runs} />
              </Panel>
              <Panel id="now" title="Now">
                <Duties schedules={n.schedules} />
              </Panel>
            </div>
            <div className="grid2">
              <div className="stack">
                <Panel id="shifts" title="Shifts, two weeks ahead">
                  <Loaded query={all}>
                    {({ items }) =>
                      items.length === 0 ? (
                        <Empty icon={<IconCalendar size={28} aria-hidden />} title="No schedule yet">
                          <p>
                            A schedule is a rotation of people. An escalation policy then pages whoever is on.
                          </p>
                        </Empty>
                      ) : (
                        <div className="stack">
                          {items.map((s) => (
                            <Shifts
                              key={s.id}
                              schedule={s}
                              edit={can('oncall.write') ? () => setEditing(s) : undefined}
                            />
                          ))}
                        </div>
                      )
                    }
                  </Loaded>
                </Panel>
                <Policies />
              </div>
              <div className="stack">
                <Panel id="messages" title="Messages of the last 24 hours">
                  {n.messages.length === 0 ? (
                    <p className="dim small">
                      None. Pages and messages to reporters show here with what became of them.
                    </p>
                  ) : (
                    <ul className="bare-list stack">
                      {n.messages.map((m) => (
                        <li key={m.id}>
                          <Delivery message={m} />
                        </li>
                      ))}
                    </ul>
                  )}
                </Panel>
              </div>
            </div>
          </>
        )}
      </Loaded>
      <ScheduleForm of={editing} close={() => setEditing(null)} />
    </Page>
  );
}

function Policies() {
  const can = useCan();
  const found = useQuery(escalations);
  const [editing, setEditing] = useState<EscalationPolicy | null>(null);
  const nameOf = usePeopleNames();
  return (
    <Panel id="policies" title="Escalation policies">
      <Loaded query={found}>
        {({ items }) => (
          <div className="stack">
            {items.length === 0 && <p className="dim small">None.</p>}
            {items.map((p) => (
              <section key={p.id}>
                <div className="row spread">
                  <strong>{p.name}</strong>
                  {can('oncall.write') && (
                    <Button
                      size="compact-xs"
                      variant="default"
                      leftSection={<IconPencil size={13} />}
                      onClick={() => setEditing(p)}
                    >
                      Edit<span className="visually-hidden"> {p.name}</span>
                    </Button>
                  )}
                </div>
                <ol className="small">
                  {p.steps.map((s, i) => (
                    // biome-ignore lint/suspicious/noArrayIndexKey: steps have no identity but their place
                    <li key={i}>
                      {s.targets.map((t) => nameOf(t.kind, t.id)).join(', ') || 'nobody'},{' '}
                      <span className="dim">
                        then after {duration(s.delay_seconds * 1000)}{' '}
                        {i === p.steps.length - 1 ? 'again from the top' : 'the next'}
                      </span>
                    </li>
                  ))}
                </ol>
                <p className="dim small">Repeats {p.repeat} times before it gives up and says so.</p>
              </section>
            ))}
          </div>
        )}
      </Loaded>
      <PolicyForm of={editing} close={() => setEditing(null)} />
    </Panel>
  );
}
