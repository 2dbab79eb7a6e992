import { Button, NumberInput, SegmentedControl, Select, Textarea, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import type { DashPanel, PanelKind } from '../../api/dashboards';
import { ApiError } from '../../api/problem';
import { searchOnce } from '../../api/searchQueries';
import { splitPipes } from '../../display/query';
import { Loaded } from '../../display/Waiting';
import { IconTrash } from '../../icons';
import { QueryInput } from '../../search/QueryInput';
import { presets } from '../../search/window';
import classes from '../Dashboards.module.css';
import { gridColumns, leastHeight, leastWidth, mostHeight } from '../layout';
import { PanelBody } from '../PanelView';

type Props = {
  panel: DashPanel;
  set: (change: Partial<DashPanel>) => void;
  resize: (w: number, h: number) => void;
  drop: () => void;
  range: string;
};

export const kinds: { value: PanelKind; label: string; pipe: string }[] = [
  { value: 'count', label: 'Figure', pipe: 'count' },
  { value: 'top', label: 'Top', pipe: 'top 10 source' },
  { value: 'chart', label: 'Chart', pipe: 'timechart count' },
  { value: 'table', label: 'Table', pipe: 'count by source' },
  { value: 'text', label: 'Text', pipe: '' },
];

/** One panel: what it asks, how it shows it, and a look at the answer. */
export function PanelForm({ panel: p, set, resize, drop, range }: Props) {
  const change = (kind: PanelKind) => {
    const { where, pipes } = splitPipes(p.q);
    const pipe = kinds.find((k) => k.value === kind)?.pipe ?? '';
    const mine = kinds.some((k) => k.pipe !== '' && pipes.join(' | ') === k.pipe);
    // A pipe that was only proposed gives way to the next proposal; a written one stays.
    if (pipe && (pipes.length === 0 || mine)) set({ kind, q: `${where || '*'} | ${pipe}` });
    else set({ kind });
  };
  return (
    <div className="stack">
      <TextInput
        label="Title"
        maxLength={120}
        value={p.title}
        onChange={(e) => set({ title: e.currentTarget.value })}
      />
      <SegmentedControl
        size="xs"
        fullWidth
        aria-label="Kind of panel"
        data={kinds.map(({ value, label }) => ({ value, label }))}
        value={p.kind}
        onChange={(v) => change(v as PanelKind)}
      />
      {p.kind === 'text' ? (
        <Textarea
          label="Text"
          minRows={5}
          maxLength={10_000}
          value={p.text}
          onChange={(e) => set({ text: e.currentTarget.value })}
        />
      ) : (
        <Query panel={p} set={set} range={range} />
      )}
      <div className="row">
        <NumberInput
          label="Width"
          description="of 12"
          w={84}
          min={leastWidth}
          max={gridColumns}
          value={p.w}
          onChange={(v) => resize(Number(v) || p.w, p.h)}
        />
        <NumberInput
          label="Height"
          description="rows"
          w={84}
          min={leastHeight}
          max={mostHeight}
          value={p.h}
          onChange={(v) => resize(p.w, Number(v) || p.h)}
        />
        <Select
          className="grow"
          label="Window"
          description="Its own, or the dashboard's"
          allowDeselect={false}
          data={[
            { value: '', label: "The dashboard's" },
            ...presets.map((x) => ({ value: x.value.slice(4), label: x.label })),
          ]}
          value={p.range}
          onChange={(v) => set({ range: v ?? '' })}
        />
      </div>
      <div>
        <Button variant="subtle" color="red" size="xs" leftSection={<IconTrash size={14} />} onClick={drop}>
          Remove the panel
        </Button>
      </div>
    </div>
  );
}

function Query({ panel: p, set, range }: Pick<Props, 'panel' | 'set' | 'range'>) {
  const [settled] = useDebouncedValue(p.q, 600);
  const found = useQuery({
    ...searchOnce(settled, `now-${p.range || range || '24h'}`, 'now', 1),
    retry: false,
    enabled: settled.trim() !== '',
  });
  const fault = found.error instanceof ApiError && settled === p.q ? found.error.problem : null;
  const piped = splitPipes(p.q).pipes.length > 0;
  return (
    <>
      <div className="stack-tight">
        <span className="fieldlabel">Query</span>
        <QueryInput
          text={p.q}
          set={(q) => set({ q })}
          run={() => void found.refetch()}
          mark={fault?.offset === undefined ? null : { offset: fault.offset, length: fault.length ?? 1 }}
          from={undefined}
          to={undefined}
        />
        {!piped && p.q.trim() !== '' && (
          <span className="dim small">It needs a pipe that makes a table, such as “| count”.</span>
        )}
      </div>
      <section className={classes.preview} aria-label="Preview" tabIndex={0}>
        {settled.trim() === '' ? (
          <p className="dim small">Write a query to see its answer.</p>
        ) : (
          <Loaded query={found} lines={3}>
            {(a) => <PanelBody kind={p.kind} table={a.table} height={6} />}
          </Loaded>
        )}
      </section>
    </>
  );
}
