import { Button, Checkbox, Modal, Select, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import type { Lookback } from '../../api/lookback';
import { Panel } from '../../display/Page';
import { Empty } from '../../display/Waiting';
import { number } from '../../display/words';
import { useCan } from '../../session/session';
import { Keep } from './Keep';
import { Line } from './Line';
import classes from './Lookback.module.css';
import { byDay, kindName, kinds, wished } from './look';

const step = 300;

/** What happened, from its beginning; lines that matter are kept on the case. */
export function Story({ of: b, caseId }: { of: Lookback; caseId: string }) {
  const can = useCan();
  const [without, setWithout] = useState<ReadonlySet<string>>(new Set());
  const [entity, setEntity] = useState('');
  const [words, setWords] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [most, setMost] = useState(step);
  const [keeping, setKeeping] = useState(false);
  const shown = useMemo(() => wished(b.items, { without, entity, words }), [b.items, without, entity, words]);
  // What is nearest to the alert matters most; the rest of five thousand is asked for.
  const days = useMemo(() => byDay(shown.slice(-most)), [shown, most]);
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
        {shown.length > most && (
          <div>
            <Button size="xs" variant="default" onClick={() => setMost(most + step)}>
              Earlier: {number(shown.length - most)} more
            </Button>
          </div>
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
