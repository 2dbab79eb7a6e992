import { Button, Select, Switch, TextInput } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useBlocker, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useAct } from '../../api/act';
import { create, newKey, put, seg } from '../../api/client';
import { type Dashboard, type DashboardBody, type DashPanel, dashboard } from '../../api/dashboards';
import { isStale, sentence } from '../../api/problem';
import { Loaded } from '../../display/Waiting';
import { IconPlus } from '../../icons';
import { Frame } from '../../search/Frame';
import { Overtaken } from '../../search/saved/Overtaken';
import { presets } from '../../search/window';
import classes from '../Dashboards.module.css';
import { bottom, resized, settled } from '../layout';
import { bodyOf, sent } from '../useCopy';
import { Canvas } from './Canvas';
import { PanelForm } from './PanelForm';

const route = getRouteApi('/signed-in/search/dashboards/$id/edit');

export function DashboardEditor() {
  const { id } = route.useParams();
  const isNew = id === 'new';
  const found = useQuery({ ...dashboard(id), enabled: !isNew, staleTime: Number.POSITIVE_INFINITY });
  if (isNew) return <Editor first={empty} />;
  return (
    <Loaded query={found} lines={8} page>
      {(d) => <Editor key={d.id} first={bodyOf(d)} of={d} />}
    </Loaded>
  );
}

const empty: DashboardBody = {
  name: '',
  description: '',
  shared: false,
  range: '24h',
  refresh_s: 300,
  panels: [],
  mail: null,
};

const newPanel = (panels: DashPanel[]): DashPanel => ({
  id: newKey().slice(0, 12),
  title: 'Events over time',
  kind: 'chart',
  q: '* | timechart count',
  text: '',
  x: 0,
  y: bottom(panels),
  w: 6,
  h: 7,
  range: '',
});

function Editor({ first, of }: { first: DashboardBody; of?: Dashboard }) {
  const go = useNavigate();
  const client = useQueryClient();
  const [d, setBody] = useState(() => ({ ...first, panels: settled(first.panels) }));
  const [saved, setSaved] = useState(d);
  const [version, setVersion] = useState(of?.version ?? 0);
  const [overtaken, setOvertaken] = useState<{ before: DashboardBody; now: DashboardBody } | null>(null);
  const [on, setOn] = useState(d.panels[0]?.id ?? '');
  const set = (change: Partial<DashboardBody>) => setBody((old) => ({ ...old, ...change }));
  const chosen = d.panels.find((p) => p.id === on);
  const dirty = d !== saved;
  const save = useAct({
    run: () =>
      of
        ? put<Dashboard>(`/dashboards/${seg(of.id)}`, sent(d), version)
        : create<Dashboard>('/dashboards', sent(d)),
    quiet: true,
    done: (r) => `“${r.name}” is saved`,
    refresh: [['dashboards']],
    after: (r) => {
      setSaved(d);
      void go({ to: '/search/dashboards/$id', params: { id: r.id }, ignoreBlocker: true });
    },
  });
  useBlocker({
    shouldBlockFn: () => dirty && !window.confirm('Leave without saving the dashboard?'),
    enableBeforeUnload: dirty,
  });
  const send = () =>
    save.mutate(undefined, {
      onError: async (e) => {
        if (!isStale(e) || !of) return;
        const now = await client.fetchQuery({ ...dashboard(of.id), staleTime: 0 });
        setOvertaken({ before: first, now: bodyOf(now) });
        setVersion(now.version);
      },
    });
  const add = () => {
    const p = newPanel(d.panels);
    set({ panels: settled([...d.panels, p]) });
    setOn(p.id);
  };
  return (
    <Frame
      title={of ? `Edit ${of.name}` : 'New dashboard'}
      actions={
        <>
          <Button variant="default" leftSection={<IconPlus size={15} />} onClick={add}>
            Add a panel
          </Button>
          <Button
            variant="default"
            onClick={() =>
              void (of
                ? go({ to: '/search/dashboards/$id', params: { id: of.id } })
                : go({ to: '/search/dashboards' }))
            }
          >
            Cancel
          </Button>
          <Button loading={save.isPending} disabled={!d.name.trim() || !dirty} onClick={send}>
            Save
          </Button>
        </>
      }
    >
      {overtaken && <Overtaken {...overtaken} />}
      {save.error !== null && !isStale(save.error) && (
        <div className="notice notice-bad" role="alert">
          {sentence(save.error)}
        </div>
      )}
      <div className="panel row" style={{ alignItems: 'flex-end' }}>
        <TextInput
          className="grow"
          label="Name"
          required
          maxLength={120}
          value={d.name}
          onChange={(e) => set({ name: e.currentTarget.value })}
        />
        <TextInput
          className="grow"
          label="What it shows"
          maxLength={500}
          value={d.description}
          onChange={(e) => set({ description: e.currentTarget.value })}
        />
        <Select
          label="Window"
          w={160}
          allowDeselect={false}
          data={presets.map((p) => ({ value: p.value.slice(4), label: p.label }))}
          value={d.range}
          onChange={(v) => v && set({ range: v })}
        />
        <Switch
          mb={8}
          label="Others see it"
          checked={d.shared}
          onChange={(e) => set({ shared: e.currentTarget.checked })}
        />
      </div>
      <div className={classes.editor}>
        <Canvas panels={d.panels} set={(panels) => set({ panels })} on={on} choose={setOn} />
        <aside className={`panel ${classes.side380}`} aria-label="The chosen panel">
          {chosen ? (
            <PanelForm
              key={chosen.id}
              panel={chosen}
              range={d.range}
              set={(change) =>
                set({ panels: d.panels.map((p) => (p.id === chosen.id ? { ...p, ...change } : p)) })
              }
              resize={(w, h) => set({ panels: resized(d.panels, chosen.id, w, h) })}
              drop={() => set({ panels: settled(d.panels.filter((p) => p.id !== chosen.id)) })}
            />
          ) : (
            <p className="dim small">
              Add a panel, or choose one: its query and size are changed here. By key, arrows move the chosen
              panel and Shift with arrows sizes it.
            </p>
          )}
        </aside>
      </div>
    </Frame>
  );
}
