import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../api/act';
import { create, del, seg } from '../api/client';
import type { Schedule } from '../api/types';
import { PersonSelect } from '../cases/inputs';
import { fromInput, isSet, toInput, utc } from '../display/time';
import { usePeopleNames } from './usePeopleNames';

const inOneHour = () => new Date(Math.ceil(Date.now() / 3_600_000) * 3_600_000).toISOString();

/** Someone else, for a while: holidays, swaps, illness. */
export function Overrides({ schedule }: { schedule: Schedule }) {
  const nameOf = usePeopleNames();
  const [person, setPerson] = useState('');
  const [starts, setStarts] = useState(inOneHour);
  const [ends, setEnds] = useState(() => new Date(Date.parse(inOneHour()) + 8 * 3_600_000).toISOString());
  const path = `/oncall/schedules/${seg(schedule.id)}/overrides`;
  const add = useAct({
    run: () => create(path, { person, starts, ends }),
    done: 'Override kept',
    refresh: [['oncall']],
    after: () => setPerson(''),
  });
  const remove = useAct<string>({
    run: (id) => del(`${path}/${seg(id)}`),
    done: 'Override taken away',
    refresh: [['oncall']],
  });
  const ordered = isSet(starts) && isSet(ends) && Date.parse(ends) > Date.parse(starts);
  return (
    <section className="stack">
      <h3>Overrides</h3>
      {(schedule.overrides ?? []).length === 0 && <p className="dim small">None: the rotation holds.</p>}
      <ul className="bare-list stack-tight">
        {(schedule.overrides ?? []).map((o) => (
          <li key={o.id} className="row spread small">
            <span>
              <strong>{nameOf('person', o.person)}</strong>{' '}
              <span className="mono">
                {utc(o.starts).slice(0, 16)} – {utc(o.ends).slice(0, 16)}
              </span>
            </span>
            <Button
              size="compact-xs"
              variant="default"
              loading={remove.isPending && remove.variables === o.id}
              onClick={() => remove.mutate(o.id)}
            >
              Take away<span className="visually-hidden"> {nameOf('person', o.person)}</span>
            </Button>
          </li>
        ))}
      </ul>
      <form
        className="stack"
        onSubmit={(e) => {
          e.preventDefault();
          add.mutate();
        }}
      >
        <PersonSelect label="Who instead" value={person} onChange={setPerson} />
        <TextInput
          label="From (UTC)"
          type="datetime-local"
          value={toInput(starts)}
          onChange={(e) => setStarts(fromInput(e.currentTarget.value))}
        />
        <TextInput
          label="To (UTC)"
          type="datetime-local"
          value={toInput(ends)}
          error={ordered ? undefined : 'It ends before it begins'}
          onChange={(e) => setEnds(fromInput(e.currentTarget.value))}
        />
        <div>
          <Button type="submit" variant="default" loading={add.isPending} disabled={!person || !ordered}>
            Add the override
          </Button>
        </div>
      </form>
    </section>
  );
}
