import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { caseDetail, casesOnce, inbox, oncallNow, status } from '../api/queries';
import type { Case } from '../api/types';
import { Page, Panel } from '../display/Page';
import { DecisionTag, ExerciseTag, LevelTag } from '../display/Tag';
import { Age, Countdown } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { Empty, Loaded } from '../display/Waiting';
import { number } from '../display/words';
import { IconAlertTriangle, IconCircleCheck, IconInbox } from '../icons';
import { Duties } from '../oncall/Duties';
import { Runs } from '../oncall/Runs';
import { useCan } from '../session/session';
import { useList } from '../shell/useList';
import { FirstSteps } from './FirstSteps';
import { Health } from './Health';
import classes from './Now.module.css';

export function Now() {
  const can = useCan();
  return (
    <Page title="Now" sub="Is anything burning, who is on it, what is due">
      <Alarms />
      <div className="grid2">
        <div className="stack">
          {can('sources.read') && <FirstSteps />}
          {can('cases.read') && <Burning />}
          {can('cases.read') && <Waiting />}
        </div>
        <div className="stack">
          {can('oncall.read') && <OnDuty />}
          <Health />
        </div>
      </div>
    </Page>
  );
}

/** What is wrong with ourselves comes first: a blind watchman has quiet nights. */
function Alarms() {
  const found = useQuery(status);
  const alarms = found.data?.alarms ?? [];
  if (alarms.length === 0) return null;
  return (
    <section className={classes.alarms} aria-label="Alarms about Tocsin itself">
      {alarms.map((a) => (
        <div key={`${a.kind} ${a.text}`} className="notice notice-bad" role="alert">
          <IconAlertTriangle size={15} aria-hidden /> <strong>{a.kind.replaceAll(/[_.]/g, ' ')}</strong>{' '}
          {a.text} <Age at={a.since} />
        </div>
      ))}
    </section>
  );
}

function Burning() {
  const go = useNavigate();
  const critical = useQuery(casesOnce({ open: true, level: 'critical', exercise: 'none', limit: 20 }));
  const serious = useQuery(casesOnce({ open: true, level: 'serious', exercise: 'none', limit: 20 }));
  const open = [...(critical.data?.items ?? []), ...(serious.data?.items ?? [])];
  const list = useList(open, (c) => void go({ to: '/cases/$id', params: { id: c.id } }));
  return (
    <Panel
      id="burning"
      title="Burning"
      side={
        <Link to="/cases" search={{}}>
          All open cases
        </Link>
      }
    >
      <Loaded query={critical}>
        {() =>
          open.length === 0 ? (
            <Empty
              icon={<IconCircleCheck size={28} aria-hidden />}
              title="No critical or serious case is open"
            >
              <p>They appear here the second they are classified, and whoever is on call is paged.</p>
            </Empty>
          ) : (
            <ul className="bare-list">
              {open.map((c, i) => (
                <li
                  key={c.id}
                  ref={list.rowRef(i)}
                  className={`${classes.case} ${i === list.at ? classes.on : ''}`}
                >
                  <CaseLine of={c} ask={i < 5} />
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Panel>
  );
}

/** `ask`: also what the process requires next, which only the whole case says. */
function CaseLine({ of: c, ask }: { of: Case; ask: boolean }) {
  const detail = useQuery({ ...caseDetail(c.id), staleTime: 60_000, enabled: ask });
  const next = detail.data?.next_step;
  return (
    <>
      <div className="row row-tight">
        <LevelTag level={c.level} priority={c.priority} />
        <Link to="/cases/$id" params={{ id: c.id }} className="mono">
          {c.number}
        </Link>
        <strong className="grow">
          <Untrusted text={c.title} />
        </strong>
        {c.exercise && <ExerciseTag />}
      </div>
      <div className="row row-tight small dim">
        <DecisionTag of={c} />
        <span>{c.state}</span>
        <span>·</span>
        <span>{c.owner ? c.owner.name : 'nobody has taken it'}</span>
        <span>·</span>
        <Age at={c.created} />
        {c.decide_by && c.decision === '' && <Countdown at={c.decide_by} />}
      </div>
      {next && (
        <div className="small">
          <span className="dim">Next:</span> {next.label}
        </div>
      )}
    </>
  );
}

function Waiting() {
  const found = useQuery(inbox);
  return (
    <Panel id="waiting" title="Waiting for a judgement" side={<Link to="/inbox">Inbox</Link>}>
      <Loaded query={found}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconInbox size={28} aria-hidden />} title="Nothing waits">
              <p>What rules, monitors and people put forward is judged in the inbox.</p>
            </Empty>
          ) : (
            <>
              <p className="small">
                <strong>{number(items.length)}</strong> waiting
                {items.filter((i) => i.decide_by).length > 0 && ', the first due:'}
              </p>
              <ul className="bare-list">
                {items
                  .toSorted((a, b) => (a.decide_by || '9').localeCompare(b.decide_by || '9'))
                  .slice(0, 6)
                  .map((c) => (
                    <li key={c.id} className={`${classes.case} row row-tight`}>
                      <LevelTag level={c.level} priority={c.priority} />
                      <Link to="/inbox" search={{ case: c.id }} className="mono">
                        {c.number}
                      </Link>
                      <span className="grow">
                        <Untrusted text={c.title} />
                      </span>
                      <span className="dim small">{c.reason_waiting}</span>
                      <Countdown at={c.decide_by} />
                    </li>
                  ))}
              </ul>
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

function OnDuty() {
  const found = useQuery(oncallNow);
  return (
    <Panel id="duty" title="On call" side={<Link to="/oncall">On call</Link>}>
      <Loaded query={found}>
        {(now) => (
          <div className="stack">
            <Duties schedules={now.schedules} lead />
            <Runs runs={now.runs} />
          </div>
        )}
      </Loaded>
    </Panel>
  );
}
