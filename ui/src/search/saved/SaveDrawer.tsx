import { Button, Drawer, Select, Switch, TagsInput, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAct } from '../../api/act';
import { create, put, seg } from '../../api/client';
import { isStale, sentence } from '../../api/problem';
import { type Saved, savedOne } from '../../api/saved';
import { useCan } from '../../session/session';
import { QueryInput } from '../QueryInput';
import { presets } from '../window';
import { bodyOf, type Draft, draftFrom, missing, newPlan } from './draft';
import { Overtaken } from './Overtaken';
import { PlanFields } from './PlanFields';

type Props = { draft: Draft | null; close: () => void; saved?: (s: Saved) => void };

/** Keeps a search under a name; with a plan it looks by itself and raises an alert. */
export function SaveDrawer({ draft, close, saved }: Props) {
  return (
    <Drawer
      opened={draft !== null}
      onClose={close}
      title={draft?.id ? 'Change the saved search' : 'Save the search'}
    >
      {draft && <Form first={draft} close={close} saved={saved} />}
    </Drawer>
  );
}

const ranges = [
  ...presets.map((p) => ({ value: p.value.slice('now-'.length), label: p.label })),
  { value: '', label: 'Two fixed times' },
];

function Form({ first, close, saved }: { first: Draft; close: () => void; saved: Props['saved'] }) {
  const client = useQueryClient();
  const can = useCan();
  const [d, setDraft] = useState(first);
  const [overtaken, setOvertaken] = useState<{ before: Draft; now: Draft } | null>(null);
  const set = (change: Partial<Draft>) => setDraft((old) => ({ ...old, ...change }));
  const save = useAct({
    run: () =>
      d.id
        ? put<Saved>(`/searches/${seg(d.id)}`, bodyOf(d), d.version ?? 0)
        : create<Saved>('/searches', bodyOf(d)),
    quiet: true,
    refresh: [['searches']],
    done: () => `“${d.name}” is saved`,
    after: (s) => {
      saved?.(s);
      close();
    },
  });
  const lacks = missing(d);
  const send = () =>
    save.mutate(undefined, {
      onError: async (e) => {
        if (!isStale(e) || !d.id) return;
        const now = draftFrom(await client.fetchQuery({ ...savedOne(d.id), staleTime: 0 }));
        setOvertaken({ before: first, now });
        set({ version: now.version });
      },
    });
  const known = ranges.some((r) => r.value === d.range);
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (!lacks) send();
      }}
    >
      {overtaken && <Overtaken before={overtaken.before} now={overtaken.now} />}
      {save.error !== null && !isStale(save.error) && (
        <div className="notice notice-bad" role="alert">
          {sentence(save.error)}
        </div>
      )}
      <TextInput
        label="Name"
        required
        data-autofocus
        maxLength={200}
        value={d.name}
        onChange={(e) => set({ name: e.currentTarget.value })}
      />
      <Textarea
        label="What it is for"
        maxLength={2000}
        value={d.description}
        onChange={(e) => set({ description: e.currentTarget.value })}
      />
      <div>
        <span className="fieldlabel">Query</span>
        <QueryInput
          label="Query"
          text={d.q}
          set={(q) => set({ q })}
          run={() => {}}
          mark={null}
          from={undefined}
          to={undefined}
        />
      </div>
      <Select
        label="Window"
        allowDeselect={false}
        data={known ? ranges : [...ranges, { value: d.range, label: `Last ${d.range}` }]}
        value={d.range}
        onChange={(range) => set({ range: range ?? '' })}
      />
      {d.range === '' && (
        <div className="row">
          <TextInput
            className="grow"
            label="From"
            value={d.from}
            onChange={(e) => set({ from: e.currentTarget.value })}
          />
          <TextInput
            className="grow"
            label="To"
            value={d.to}
            onChange={(e) => set({ to: e.currentTarget.value })}
          />
        </div>
      )}
      <TagsInput label="Columns" value={d.columns} onChange={(columns) => set({ columns })} maxTags={30} />
      <Switch
        label="Others see it too"
        description="They can run it; you alone can change it"
        checked={d.shared}
        onChange={(e) => set({ shared: e.currentTarget.checked })}
      />
      {can('cases.write') && (
        <Switch
          label="It looks by itself"
          description="And raises an alert when its condition holds"
          checked={d.schedule?.enabled ?? false}
          onChange={(e) =>
            set({
              schedule: e.currentTarget.checked
                ? { ...(d.schedule ?? newPlan(d.name)), enabled: true }
                : d.schedule && { ...d.schedule, enabled: false },
            })
          }
        />
      )}
      {d.schedule?.enabled && <PlanFields plan={d.schedule} set={(schedule) => set({ schedule })} />}
      <div className="row drawer-foot">
        <Button type="submit" loading={save.isPending} disabled={lacks !== ''}>
          Save
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        {lacks && <span className="dim small">Still needed: {lacks}</span>}
      </div>
    </form>
  );
}
