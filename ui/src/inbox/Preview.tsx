import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { caseDetail } from '../api/queries';
import type { CaseDetail, InboxItem } from '../api/types';
import { EventsBehind } from '../cases/EventsBehind';
import { forms } from '../cases/forms';
import { Priority } from '../cases/Matrix';
import { Reports } from '../cases/Reports';
import { Entities, Similar } from '../cases/Side';
import { useVerb } from '../cases/useVerb';
import { immediate } from '../cases/verbs';
import { DecisionTag, ExerciseTag, Severity, Tag } from '../display/Tag';
import { Countdown, Time } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { Loaded } from '../display/Waiting';
import { number, typeName } from '../display/words';
import { IconArrowRight } from '../icons';
import { useCan } from '../session/session';
import { Dismiss } from './Dismiss';
import classes from './Inbox.module.css';

type Props = { of: InboxItem; start: (verb: string) => void };

/** Enough of the case to judge it, and the verdict. */
export function Preview({ of: c, start }: Props) {
  const found = useQuery(caseDetail(c.id));
  return (
    <section id="preview" className={`panel ${classes.preview}`} aria-label={`Preview of ${c.number}`}>
      <div className="stack">
        <div className="row row-tight spread">
          <span className="row row-tight">
            <strong className="mono">{c.number}</strong>
            {c.exercise && <ExerciseTag />}
            <Countdown at={c.decide_by} />
          </span>
          <Link to="/cases/$id" params={{ id: c.id }}>
            Open the case
          </Link>
        </div>
        <h2>
          <Untrusted text={c.title} />
        </h2>
        <Loaded query={found} lines={6}>
          {(d) => <Judge detail={d} start={start} />}
        </Loaded>
      </div>
    </section>
  );
}

const others = ['assess', 'classify', 'confirm', 'assign', 'snooze', 'duplicate'];

function Judge({ detail, start }: { detail: CaseDetail; start: (verb: string) => void }) {
  const { case: c, next_step: next, verbs, alerts, explanation } = detail;
  const can = useCan();
  const act = useVerb();
  const once = next ? immediate[next.verb] : undefined;
  const offered = verbs.filter(
    (v) => others.includes(v.verb) && v.verb !== next?.verb && (v.allowed || v.missing.length > 0),
  );
  return (
    <>
      <div className="row row-tight">
        <DecisionTag of={c} />
        {c.type && <Tag>{typeName(c.type)}</Tag>}
        <Priority detail={detail} />
        {c.track && <Tag>{c.track} track</Tag>}
        {c.owner && <Tag>owner: {c.owner.name}</Tag>}
      </div>
      {explanation?.reason && (
        <div className="notice">
          <strong>{explanation.title || explanation.criterion}</strong>{' '}
          <Untrusted text={explanation.reason} />
        </div>
      )}
      {can('cases.write') && (
        <div className="row">
          {next && (forms[next.verb] || once) && (
            <Button
              rightSection={<IconArrowRight size={15} />}
              loading={act.isPending}
              onClick={() =>
                once
                  ? act.mutate({ id: c.id, verb: next.verb, version: c.version, body: {}, done: once.done })
                  : start(next.verb)
              }
            >
              {next.label}
            </Button>
          )}
          {verbs.some((v) => v.verb === 'dismiss' && v.allowed) && (
            <Dismiss of={c} own={() => start('dismiss')} />
          )}
          {offered.map((v) => (
            <Button key={v.verb} variant="default" size="xs" onClick={() => start(v.verb)}>
              {v.label}
            </Button>
          ))}
        </div>
      )}
      {c.summary && <Untrusted text={c.summary} lines />}
      {alerts.map((a) => (
        <div key={a.id} className="stack-tight small">
          <div className="row row-tight">
            <Severity value={a.severity} />
            <strong>
              <Untrusted text={a.rule_title} />
            </strong>
            <span className="dim">× {number(a.count)}</span>
          </div>
          <Untrusted text={a.summary} />
          <span className="dim">
            last <Time at={a.last_seen} />
          </span>
        </div>
      ))}
      <Reports detail={detail} />
      <Entities detail={detail} />
      <EventsBehind detail={detail} />
      {detail.similar.length > 0 && <Similar detail={detail} />}
    </>
  );
}
