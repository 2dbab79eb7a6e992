import { Button, Drawer, MultiSelect, NumberInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useAct } from '../api/act';
import { put, seg } from '../api/client';
import { sentence } from '../api/problem';
import { people, schedules } from '../api/queries';
import type { EscalationPolicy, EscalationStep } from '../api/types';
import { IconPlus } from '../icons';
import classes from './OnCall.module.css';

export function PolicyForm({ of, close }: { of: EscalationPolicy | null; close: () => void }) {
  return (
    <Drawer opened={of !== null} onClose={close} title="Escalation policy">
      {of && <Form key={of.id} of={of} close={close} />}
    </Drawer>
  );
}

const asTarget = (v: string): EscalationStep['targets'][number] => {
  const [kind, ...id] = v.split(':');
  return { kind: kind === 'person' ? 'person' : 'schedule', id: id.join(':') };
};

function Form({ of, close }: { of: EscalationPolicy; close: () => void }) {
  const [name, setName] = useState(of.name);
  const [repeat, setRepeat] = useState(of.repeat);
  const [steps, setSteps] = useState(of.steps);
  const persons = useQuery(people).data?.items ?? [];
  const rota = useQuery(schedules).data?.items ?? [];
  const targets = [
    {
      group: 'Schedules',
      items: rota.map((s) => ({ value: `schedule:${s.id}`, label: `on call: ${s.name}` })),
    },
    {
      group: 'People',
      items: persons.filter((p) => p.active).map((p) => ({ value: `person:${p.id}`, label: p.name })),
    },
  ];
  const change = (i: number, c: Partial<EscalationStep>) =>
    setSteps((all) => all.map((s, j) => (i === j ? { ...s, ...c } : s)));
  const save = useAct({
    run: () => put(`/oncall/policies/${seg(of.id)}`, { name, repeat, steps }, of.version),
    done: 'Escalation policy kept',
    refresh: [['oncall']],
    quiet: true,
    after: close,
  });
  const blank = steps.some((s) => s.targets.length === 0);
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate();
      }}
    >
      <TextInput label="Name" required value={name} onChange={(e) => setName(e.currentTarget.value)} />
      {steps.map((s, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: steps have no identity but their place
        <fieldset key={i} className={`stack ${classes.step}`}>
          <legend className="small">Step {i + 1}</legend>
          <MultiSelect
            label="Page"
            data={targets}
            searchable
            value={s.targets.map((t) => `${t.kind}:${t.id}`)}
            onChange={(v) => change(i, { targets: v.map(asTarget) })}
          />
          <NumberInput
            label="Without an answer go on after (minutes)"
            min={1}
            max={1440}
            value={Math.round(s.delay_seconds / 60)}
            onChange={(n) => change(i, { delay_seconds: (Number(n) || 1) * 60 })}
          />
          {steps.length > 1 && (
            <div>
              <Button size="xs" variant="default" onClick={() => setSteps(steps.filter((_, j) => j !== i))}>
                Take step {i + 1} away
              </Button>
            </div>
          )}
        </fieldset>
      ))}
      <div>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} />}
          onClick={() => setSteps([...steps, { targets: [], delay_seconds: 300 }])}
        >
          Add a step
        </Button>
      </div>
      <NumberInput
        label="Repeat from the top"
        description="How many times, before it gives up and says so"
        min={0}
        max={20}
        value={repeat}
        onChange={(n) => setRepeat(Number(n) || 0)}
      />
      {save.error !== null && (
        <div className="notice notice-bad" role="alert">
          {sentence(save.error)}
        </div>
      )}
      <div className="row">
        <Button type="submit" loading={save.isPending} disabled={blank || steps.length === 0 || !name.trim()}>
          Save
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        {blank && <span className="dim small">Every step pages someone.</span>}
      </div>
    </form>
  );
}
