import { ActionIcon, Button, SegmentedControl, Tooltip } from '@mantine/core';
import { toast } from '../../api/act';
import { keepOnCase } from '../../cases/keepStore';
import { copyText } from '../../display/copy';
import { number } from '../../display/words';
import { IconBriefcase, IconChartBar, IconCopy, IconLayoutSidebar, IconX } from '../../icons';
import { useCan } from '../../session/session';
import type { Found } from '../run';
import { Line } from '../Status';
import type { State } from '../state';

type Props = {
  found: Found;
  state: State;
  show: (change: Partial<State>) => void;
  chosen: ReadonlySet<string>;
  clear: () => void;
  ends: { from: string; to: string };
};

/** Above the results: how many, and how they are shown; or what can be done with the chosen ones. */
export function Toolbar({ found, state, show, chosen, clear, ends }: Props) {
  return (
    <>
      {chosen.size > 0 ? (
        <Chosen found={found} state={state} chosen={chosen} clear={clear} ends={ends} />
      ) : (
        <Line found={found} />
      )}
      <div className="panel-side">
        <Toggle
          on={state.fields === true}
          label="Fields (f)"
          run={() => show({ fields: !state.fields })}
          icon={<IconLayoutSidebar size={16} />}
          hidden={found.table !== null}
        />
        <Toggle
          on={state.histogram}
          label="Histogram (h)"
          run={() => show({ histogram: !state.histogram })}
          icon={<IconChartBar size={16} />}
        />
        {found.table ? (
          <SegmentedControl
            size="xs"
            aria-label="Show the result as"
            data={[
              { value: 'chart', label: 'Chart and table' },
              { value: 'table', label: 'Table' },
            ]}
            value={state.view === 'table' ? 'table' : 'chart'}
            onChange={(v) => show({ view: v === 'table' ? 'table' : undefined })}
          />
        ) : (
          <SegmentedControl
            size="xs"
            aria-label="Show the events as"
            data={[
              { value: 'table', label: 'Table' },
              { value: 'raw', label: 'Raw' },
            ]}
            value={state.view === 'raw' ? 'raw' : 'table'}
            onChange={(v) => show({ view: v === 'raw' ? 'raw' : undefined })}
          />
        )}
      </div>
    </>
  );
}

type ToggleProps = {
  on: boolean;
  label: string;
  run: () => void;
  icon: React.ReactNode;
  hidden?: boolean;
};

function Toggle({ on, label, run, icon, hidden }: ToggleProps) {
  if (hidden) return null;
  return (
    <Tooltip label={label}>
      <ActionIcon
        variant={on ? 'light' : 'default'}
        size={30}
        aria-label={label}
        aria-pressed={on}
        onClick={run}
      >
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

function Chosen({ found, state, chosen, clear, ends }: Omit<Props, 'show'>) {
  const can = useCan();
  const rows = () => found.rows.filter((r) => chosen.has(r.id));
  const copy = async () => {
    if (await copyText(JSON.stringify(rows(), null, 2))) toast(`${number(chosen.size)} copied`);
  };
  return (
    <div className="row row-tight">
      <h2 aria-live="polite">{number(chosen.size)} chosen</h2>
      {can('cases.write') && (
        <Button
          size="compact-sm"
          leftSection={<IconBriefcase size={14} />}
          onClick={() => keepOnCase({ kind: 'events', ids: rows().map((r) => r.id), q: state.q, ...ends })}
        >
          Add to a case
        </Button>
      )}
      <Button
        size="compact-sm"
        variant="default"
        leftSection={<IconCopy size={14} />}
        onClick={() => void copy()}
      >
        Copy as JSON
      </Button>
      <Button
        size="compact-sm"
        variant="subtle"
        color="gray"
        leftSection={<IconX size={14} />}
        onClick={clear}
      >
        None
      </Button>
    </div>
  );
}
