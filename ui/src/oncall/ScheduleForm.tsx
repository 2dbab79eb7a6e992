import { Button, Drawer, NumberInput, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAct } from '../api/act';
import { create, put, seg } from '../api/client';
import { sentence } from '../api/problem';
import { people, schedules } from '../api/queries';
import type { Rotation, Schedule } from '../api/types';
import { Choice, PersonSelect } from '../cases/inputs';
import { fromInput, toInput } from '../display/time';
import { IconArrowDown, IconArrowUp, IconX } from '../icons';
import { Overrides } from './Overrides';

type Props = { of: Schedule | 'new' | null; close: () => void };

export function ScheduleForm({ of, close }: Props) {
  // Overrides come and go while the drawer is open: show the schedule as it is now.
  const all = useQuery(schedules).data?.items;
  const fresh = of === 'new' || of === null ? of : (all?.find((s) => s.id === of.id) ?? of);
  return (
    <Drawer opened={of !== null} onClose={close} title={of === 'new' ? 'New schedule' : 'Schedule'}>
      {fresh && (
        <div className="stack">
          <Form key={fresh === 'new' ? 'new' : fresh.id} of={fresh} close={close} />
          {fresh !== 'new' && <Overrides schedule={fresh} />}
        </div>
      )}
    </Drawer>
  );
}

const zones: string[] =
  typeof Intl.supportedValuesOf === 'function' ? ['UTC', ...Intl.supportedValuesOf('timeZone')] : ['UTC'];

function Form({ of, close }: { of: Schedule | 'new'; close: () => void }) {
  const old = of === 'new' ? null : of;
  const [name, setName] = useState(old?.name ?? '');
  const [zone, setZone] = useState(old?.zone || Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC');
  const [rotation, setRotation] = useState<Rotation>(
    old?.rotation ?? {
      people: [],
      shift: 'weekly',
      length: 1,
      start: `${new Date().toISOString().slice(0, 10)}T08:00:00.000Z`,
    },
  );
  const change = (c: Partial<Rotation>) => setRotation((r) => ({ ...r, ...c }));
  const save = useAct({
    run: () =>
      old
        ? put(`/oncall/schedules/${seg(old.id)}`, { name, zone, rotation }, old.version)
        : create('/oncall/schedules', { name, zone, rotation }),
    done: 'Schedule kept',
    refresh: [['oncall']],
    quiet: true,
    after: close,
  });
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate();
      }}
    >
      <TextInput label="Name" required value={name} onChange={(e) => setName(e.currentTarget.value)} />
      <Select
        label="Time zone"
        description="Shifts change at the same local time, summer and winter"
        searchable
        limit={60}
        data={[...new Set(zones)]}
        value={zone}
        onChange={(z) => setZone(z ?? 'UTC')}
      />
      <Choice
        label="A shift is counted in"
        name="shift"
        value={rotation.shift}
        options={[
          { value: 'weekly', label: 'weeks' },
          { value: 'daily', label: 'days' },
          { value: 'hourly', label: 'hours' },
        ]}
        onChange={(v) => change({ shift: v as Rotation['shift'] })}
      />
      <NumberInput
        label="How many of them"
        min={1}
        max={366}
        value={rotation.length}
        onChange={(n) => change({ length: Number(n) || 1 })}
      />
      <TextInput
        label="First shift begins (UTC)"
        type="datetime-local"
        required
        value={toInput(rotation.start)}
        onChange={(e) => change({ start: fromInput(e.currentTarget.value) })}
      />
      <Rota ids={rotation.people} set={(ids) => change({ people: ids })} />
      {save.error !== null && (
        <div className="notice notice-bad" role="alert">
          {sentence(save.error)}
        </div>
      )}
      <div className="row">
        <Button
          type="submit"
          loading={save.isPending}
          disabled={!name.trim() || rotation.people.length === 0}
        >
          Save
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

/** The people in the order in which they take turns. */
function Rota({ ids, set }: { ids: string[]; set: (ids: string[]) => void }) {
  const all = useQuery(people).data?.items ?? [];
  const nameOf = (id: string) => all.find((p) => p.id === id)?.name ?? id;
  const swap = (i: number, j: number) => {
    const next = [...ids];
    const [a, b] = [next[i], next[j]];
    if (a === undefined || b === undefined) return;
    next[i] = b;
    next[j] = a;
    set(next);
  };
  return (
    <div className="stack-tight">
      <ol className="bare-list stack-tight" aria-label="People in turn">
        {ids.map((id, i) => (
          <li key={id} className="row row-tight">
            <span className="grow">
              {i + 1}. {nameOf(id)}
            </span>
            <Button
              size="compact-xs"
              variant="default"
              disabled={i === 0}
              aria-label={`${nameOf(id)} earlier`}
              onClick={() => swap(i, i - 1)}
            >
              <IconArrowUp size={13} />
            </Button>
            <Button
              size="compact-xs"
              variant="default"
              disabled={i === ids.length - 1}
              aria-label={`${nameOf(id)} later`}
              onClick={() => swap(i, i + 1)}
            >
              <IconArrowDown size={13} />
            </Button>
            <Button
              size="compact-xs"
              variant="default"
              aria-label={`Without ${nameOf(id)}`}
              onClick={() => set(ids.filter((x) => x !== id))}
            >
              <IconX size={13} />
            </Button>
          </li>
        ))}
      </ol>
      <PersonSelect
        label="Add to the rotation"
        value=""
        onChange={(id) => id && !ids.includes(id) && set([...ids, id])}
      />
    </div>
  );
}
