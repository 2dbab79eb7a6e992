import { NumberInput, Select, TextInput } from '@mantine/core';
import type { Op, Plan } from '../../api/saved';
import { every, opName, span } from './range';

const everies = [60, 300, 900, 1800, 3600, 21600, 43200, 86400];
const overs = [300, 900, 1800, 3600, 14400, 43200, 86400, 604800];
const ops = Object.entries(opName).map(([value, label]) => ({ value, label }));

const choices = (values: number[], now: number, name: (n: number) => string) =>
  [...new Set([...values, now])].sort((a, b) => a - b).map((n) => ({ value: String(n), label: name(n) }));

/** When it looks, over how long, and what makes an alert of it. */
export function PlanFields({ plan, set }: { plan: Plan; set: (p: Plan) => void }) {
  const change = (by: Partial<Plan>) => set({ ...plan, ...by });
  return (
    <fieldset className="panel stack" style={{ margin: 0 }}>
      <legend className="small">Plan</legend>
      <div className="row">
        <Select
          className="grow"
          label="Looks"
          allowDeselect={false}
          data={choices(everies, plan.every_s, every)}
          value={String(plan.every_s)}
          onChange={(v) => v && change({ every_s: Number(v) })}
        />
        <Select
          className="grow"
          label="Over the last"
          allowDeselect={false}
          data={choices(overs, plan.over_s, span)}
          value={String(plan.over_s)}
          onChange={(v) => v && change({ over_s: Number(v) })}
        />
      </div>
      <div className="row">
        <Select
          className="grow"
          label="Alert when it finds"
          allowDeselect={false}
          data={ops}
          value={plan.op}
          onChange={(v) => v && change({ op: v as Op })}
        />
        <NumberInput
          className="grow"
          label="Events"
          min={0}
          max={1_000_000_000}
          value={plan.count}
          onChange={(v) => change({ count: v === '' ? Number.NaN : Number(v) })}
        />
      </div>
      <div className="row">
        <TextInput
          className="grow"
          label="For each"
          description="A field: each value counts, and alerts, by itself"
          placeholder="src.ip"
          value={plan.group_by}
          onChange={(e) => change({ group_by: e.currentTarget.value.trim() })}
        />
        <Select
          className="grow"
          label="Severity"
          description="Of the alert"
          allowDeselect={false}
          data={['low', 'medium', 'high', 'critical']}
          value={plan.severity}
          onChange={(v) => v && change({ severity: v })}
        />
      </div>
      <TextInput
        label="Title of the alert"
        required
        maxLength={200}
        value={plan.title}
        onChange={(e) => change({ title: e.currentTarget.value })}
      />
      <p className="dim small">
        It looks {every(plan.every_s)} at the last {span(plan.over_s)}.
        {plan.over_s < plan.every_s && ' What lies between two looks is never seen: look over longer.'}
      </p>
    </fieldset>
  );
}
