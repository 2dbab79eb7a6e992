import { Button, Checkbox, Modal, Select, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useAct } from '../../api/act';
import { post, seg } from '../../api/client';
import { event as eventQuery } from '../../api/detectionQueries';
import type { Lookback, LookItem, LookKind } from '../../api/lookback';
import { sentence } from '../../api/problem';
import { Panel } from '../../display/Page';
import { Pivot } from '../../display/Pivot';
import { Tag } from '../../display/Tag';
import { local, utc } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';
import { Empty, Loaded } from '../../display/Waiting';
import { number } from '../../display/words';
import { EventDetail } from '../../search/EventDetail';
import { useCan } from '../../session/session';
import classes from './Lookback.module.css';
import { byDay, kindName, kinds, wished } from './look';

const tone: Partial<Record<LookKind, 'critical' | 'high' | 'accent' | 'good'>> = {
  alert: 'critical',
  failure: 'high',
  login: 'accent',
  account: 'high',
};
const word: Record<LookKind, string> = {
  login: 'login',
  logout: 'logout',
  failure: 'failure',
  process: 'process',
  network: 'network',
  account: 'account',
  alert: 'alert',
  other: 'other',
};

/** What happened, from its beginning; lines that matter are kept on the case. */
export function Story({ of: b, caseId }: { of: Lookback; caseId: string }) {
  const can = useCan();
  const [without, setWithout] = useState<ReadonlySet<string>>(new Set());
  const [entity, setEntity] = useState('');
  const [words, setWords] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [keeping, setKeeping] = useState(false);
  const shown = useMemo(() => wished(b.items, { without, entity, words }), [b.items, without, entity, words]);
  const days = useMemo(() => byDay(shown), [shown]);
  const flip = (set: ReadonlySet<string>, key: string) => {
    const next = new Set(set);
    if (!next.delete(key)) next.add(key);
    return next;
  };
  const present = kinds.filter((k) => b.items.some((i) => i.kind === k));
  return (
    <Panel
      id="story"
      title={`What happened: ${number(shown.length)}${shown.length < b.items.length ? ` of ${number(b.items.length)}` : ''}`}
      side={
        can('cases.write') && (
          <Button size="xs" disabled={chosen.size === 0} onClick={() => setKeeping(true)}>
            Keep {chosen.size > 0 ? number(chosen.size) : 'chosen'} on the case
          </Button>
        )
      }
    >
      <div className="stack">
        <div className="row">
          <TextInput
            className="grow"
            size="xs"
            aria-label="Filter"
            placeholder="Words"
            value={words}
            onChange={(e) => setWords(e.currentTarget.value)}
          />
          <Select
            size="xs"
            w={230}
            aria-label="Of"
            data={[
              { value: '', label: 'All of them' },
              ...b.entities.map((e) => ({ value: `${e.kind}:${e.value}`, label: `${e.kind} ${e.value}` })),
            ]}
            allowDeselect={false}
            value={entity}
            onChange={(v) => setEntity(v ?? '')}
          />
        </div>
        <fieldset className={classes.kinds} aria-label="Kinds">
          {present.map((k) => (
            <Checkbox
              key={k}
              size="xs"
              label={`${kindName[k]} ${number(b.items.filter((i) => i.kind === k).length)}`}
              checked={!without.has(k)}
              onChange={() => setWithout((old) => flip(old, k))}
            />
          ))}
        </fieldset>
        {b.truncated && (
          <p className="notice notice-warn">
            There was more than fits; the lines nearest to the alert are here.
          </p>
        )}
        {shown.length === 0 ? (
          <Empty title={b.items.length === 0 ? 'Nothing is stored of them' : 'Nothing fits'}>
            <p>
              {b.items.length === 0
                ? 'No event of these users and hosts is stored before the case. Look back further, or connect their source.'
                : 'Take a filter away.'}
            </p>
          </Empty>
        ) : (
          days.map((d) => (
            <section key={d.day} aria-label={d.day}>
              <h3 className={classes.day}>{d.day}</h3>
              <ul className="bare-list">
                {d.items.map((i) => (
                  <Line
                    key={`${i.event_id} ${i.at} ${i.kind}`}
                    of={i}
                    chosen={chosen.has(i.event_id)}
                    choose={() => setChosen((old) => flip(old, i.event_id))}
                  />
                ))}
              </ul>
            </section>
          ))
        )}
      </div>
      <Modal opened={keeping} onClose={() => setKeeping(false)} title="Keep on the case">
        {keeping && (
          <Keep
            caseId={caseId}
            ids={[...chosen]}
            close={() => setKeeping(false)}
            done={() => setChosen(new Set())}
          />
        )}
      </Modal>
    </Panel>
  );
}

type LineProps = { of: LookItem; chosen: boolean; choose: () => void };

function Line({ of: i, chosen, choose }: LineProps) {
  const [open, setOpen] = useState(false);
  const found = useQuery({ ...eventQuery(i.event_id), enabled: open && i.event_id !== '' });
  return (
    <li className={classes.line} data-kind={i.kind}>
      <input
        type="checkbox"
        className={classes.box}
        aria-label={`Choose: ${i.text}`}
        disabled={!i.event_id}
        checked={chosen}
        onChange={choose}
      />
      <time className="mono" dateTime={i.at} title={local(i.at)}>
        {utc(i.at).slice(11)}
      </time>
      <span>
        <Tag tone={tone[i.kind]}>{word[i.kind]}</Tag>
      </span>
      <span className={classes.entity}>
        <Pivot value={i.entity.value} kind={i.entity.kind} />
      </span>
      <span className={classes.text}>
        <button
          type="button"
          className={classes.open}
          aria-expanded={open}
          disabled={!i.event_id}
          onClick={() => setOpen(!open)}
        >
          <Untrusted text={i.text} />
        </button>
        {i.count > 1 && (
          <span className="dim small">
            {' '}
            {number(i.count)} times, until {utc(i.last).slice(11)}
          </span>
        )}
        {open && (
          <Loaded query={found} lines={4}>
            {(e) => <EventDetail event={e} />}
          </Loaded>
        )}
      </span>
    </li>
  );
}

type KeepProps = { caseId: string; ids: string[]; close: () => void; done: () => void };

function Keep({ caseId, ids, close, done }: KeepProps) {
  const [note, setNote] = useState('');
  const keep = useAct({
    run: () => post(`/cases/${seg(caseId)}/lookback/keep`, { event_ids: ids, note: note.trim() }),
    quiet: true,
    refresh: [['case', caseId]],
    done: 'Kept, as evidence and on the timeline',
    after: () => {
      done();
      close();
    },
  });
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (note.trim()) keep.mutate();
      }}
    >
      <p className="small">
        {number(ids.length)} {ids.length === 1 ? 'event becomes' : 'events become'} a snapshot with its hash,
        and a line of the case's timeline.
      </p>
      <Textarea
        label="What they show"
        required
        data-autofocus
        maxLength={4000}
        value={note}
        onChange={(e) => setNote(e.currentTarget.value)}
      />
      {keep.error !== null && (
        <div className="notice notice-bad" role="alert">
          {sentence(keep.error)}
        </div>
      )}
      <div className="row">
        <Button type="submit" loading={keep.isPending} disabled={!note.trim()}>
          Keep
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
