import { Button, Menu, Title, Tooltip } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import type { CaseDetail } from '../api/types';
import { DecisionTag, ExerciseTag, Tag } from '../display/Tag';
import { Countdown, Time } from '../display/Time';
import { local, utc } from '../display/time';
import { Untrusted } from '../display/Untrusted';
import { dispositionName, states, typeName } from '../display/words';
import { IconArrowRight, IconChevronDown, IconQuestionMark } from '../icons';
import classes from './CasePage.module.css';
import { forms } from './forms';
import { Priority } from './Matrix';
import { Missing } from './VerbDrawer';
import { immediate } from './verbs';

type Props = { detail: CaseDetail; start: (verb: string) => void; busy: boolean; showWhy: () => void };

export function Header({ detail, start, busy, showWhy }: Props) {
  const c = detail.case;
  return (
    <header className={classes.strip}>
      <div className={classes.headline}>
        <div className="stack-tight grow">
          <div className="row row-tight small">
            <Link to="/cases">Cases</Link>
            <span aria-hidden>/</span>
            <strong className="mono">{c.number}</strong>
            {c.exercise && <ExerciseTag />}
            {c.snoozed_until && Date.parse(c.snoozed_until) > Date.now() && (
              <Tag>snoozed until {utc(c.snoozed_until)}</Tag>
            )}
            {c.decide_by && c.decision === '' && <Countdown at={c.decide_by} />}
          </div>
          <Title order={1} id="page-title" tabIndex={-1}>
            <Untrusted text={c.title} />
          </Title>
          <div className="row row-tight">
            <DecisionTag of={c} />
            {c.type && <Tag title="Type">{typeName(c.type)}</Tag>}
            <Priority detail={detail} />
            {c.disposition && <Tag title="Disposition">{dispositionName[c.disposition]}</Tag>}
            {c.lead && <Tag title="Who leads">lead: {c.lead}</Tag>}
            {c.track && <Tag title="Track">{c.track} track</Tag>}
            <Tag title="Owner">{c.owner ? `owner: ${c.owner.name}` : 'nobody owns it'}</Tag>
            <Button
              variant="subtle"
              size="compact-xs"
              leftSection={<IconQuestionMark size={13} />}
              onClick={showWhy}
            >
              {c.decision === 'incident' ? 'Why is this an incident?' : 'Why?'}
            </Button>
          </div>
        </div>
        <NextStep detail={detail} start={start} busy={busy} />
      </div>
      <States detail={detail} />
    </header>
  );
}

/** One prominent button: what the process requires next. The rest is one click further. */
function NextStep({ detail, start, busy }: Omit<Props, 'showWhy'>) {
  const [asked, setAsked] = useState(false);
  const next = detail.next_step;
  const known = (verb: string) => Boolean(forms[verb] ?? immediate[verb]);
  const others = detail.verbs.filter((v) => v.verb !== next?.verb && known(v.verb));
  const doNext = () => {
    if (!next) return;
    if (known(next.verb)) start(next.verb);
    else setAsked(true);
  };
  return (
    <div className="stack-tight">
      <div className="row">
        {next && (
          <Button rightSection={<IconArrowRight size={16} />} loading={busy} onClick={doNext}>
            {next.label}
          </Button>
        )}
        {others.length > 0 && (
          <Menu position="bottom-end" shadow="md" width={260}>
            <Menu.Target>
              <Button variant="default" rightSection={<IconChevronDown size={14} />}>
                More
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              {others.map((v) => (
                <Menu.Item
                  key={v.verb}
                  disabled={!v.allowed && v.missing.length === 0}
                  onClick={() => start(v.verb)}
                >
                  {v.label}
                  {!v.allowed && v.missing.length > 0 && (
                    <span className="dim small"> · {v.missing.length} missing</span>
                  )}
                </Menu.Item>
              ))}
            </Menu.Dropdown>
          </Menu>
        )}
      </div>
      {next && next.missing.length > 0 && (asked || !known(next.verb)) && <Missing lines={next.missing} />}
      {next && next.missing.length > 0 && known(next.verb) && (
        <span className="dim small">Still asks for: {next.missing.join('; ')}</span>
      )}
    </div>
  );
}

const anchorOf: Record<string, keyof CaseDetail['anchors']> = {
  reported: 'reported',
  assessing: 'acknowledged',
  classified: 'classified',
  handling: 'handling',
  resolved: 'resolved',
  closed: 'closed',
  reviewed: 'reviewed',
};

function States({ detail }: { detail: CaseDetail }) {
  const at = states.indexOf(detail.case.state);
  return (
    <ol className={classes.states} aria-label="States">
      {states.map((s, i) => {
        const when = detail.anchors[anchorOf[s] ?? 'reported'] ?? '';
        const title = when ? `${utc(when)} UTC, ${local(when)}` : 'not yet';
        return (
          <li
            key={s}
            className={`${classes.state} ${i < at ? classes.done : ''} ${i === at ? classes.current : ''}`}
            aria-current={i === at ? 'step' : undefined}
          >
            <Tooltip label={title}>
              <span>
                {i < at ? '✓ ' : ''}
                {s}
              </span>
            </Tooltip>
          </li>
        );
      })}
    </ol>
  );
}

export function Anchors({ detail }: { detail: CaseDetail }) {
  const set = Object.entries(detail.anchors).filter(([, at]) => at);
  if (set.length === 0) return null;
  return (
    <dl className="facts">
      {set.map(([name, at]) => (
        <div key={name} style={{ display: 'contents' }}>
          <dt>{name}</dt>
          <dd>
            <Time at={at} />
          </dd>
        </div>
      ))}
    </dl>
  );
}
