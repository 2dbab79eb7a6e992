import { ActionIcon, Button, NumberInput, Popover, Select, TextInput, Tooltip } from '@mantine/core';
import { useMemo, useState } from 'react';
import { fromWall, offsetName, toWall, zones } from '../display/zone';
import { IconChevronDown, IconChevronLeft, IconChevronRight, IconZoomOut } from '../icons';
import classes from './TimeRange.module.css';
import { fixed, presets, shifted, units, widened, windowName } from './window';

type Change = { from: string | undefined; to: string | undefined; tz?: string };
type Props = { from: string | undefined; to: string | undefined; tz: string; set: (c: Change) => void };

/** The window of time: relative or fixed, and one step back or forward from where it is. */
export function TimeRange({ from, to, tz, set }: Props) {
  const [opened, setOpened] = useState(false);
  const now = Date.now();
  const e = fixed(from, to, now);
  const choose = (c: Change) => {
    set(c);
    setOpened(false);
  };
  return (
    <fieldset className={classes.range} aria-label="Window of time">
      <Step
        label="The window before"
        run={() => set(shifted(e.from, e.to, -1))}
        icon={<IconChevronLeft size={16} />}
      />
      <Popover opened={opened} onChange={setOpened} shadow="md" position="bottom-end" trapFocus returnFocus>
        <Popover.Target>
          <Button
            variant="default"
            className={classes.name}
            onClick={() => setOpened(!opened)}
            aria-expanded={opened}
            aria-label={`Window: ${windowName(from, to, now)}${to ? ', UTC' : ''}`}
            rightSection={<IconChevronDown size={14} />}
          >
            {windowName(from, to, now)}
          </Button>
        </Popover.Target>
        <Popover.Dropdown className={classes.drop} aria-label="Window of time">
          <Presets from={from} to={to} choose={choose} />
          <Fixed ends={e} tz={tz} choose={choose} />
        </Popover.Dropdown>
      </Popover>
      <Step
        label="The window after"
        run={() => set(shifted(e.from, e.to, 1))}
        icon={<IconChevronRight size={16} />}
      />
      <Step
        label="Twice as wide"
        run={() => set(widened(e.from, e.to, now))}
        icon={<IconZoomOut size={16} />}
      />
    </fieldset>
  );
}

function Step({ label, run, icon }: { label: string; run: () => void; icon: React.ReactNode }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="default" size={36} aria-label={label} onClick={run}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}

type PresetsProps = Pick<Props, 'from' | 'to'> & { choose: (c: Change) => void };

function Presets({ from, to, choose }: PresetsProps) {
  const [n, setN] = useState<number | string>(6);
  const [unit, setUnit] = useState('h');
  return (
    <div className="stack-tight">
      <h3 className="dim small">Until now</h3>
      {presets.map((p) => (
        <button
          key={p.value}
          type="button"
          className={classes.preset}
          aria-pressed={!to && (from ?? 'now-24h') === p.value}
          onClick={() => choose({ from: p.value, to: undefined })}
        >
          {p.label}
        </button>
      ))}
      <form
        className={classes.last}
        onSubmit={(e) => {
          e.preventDefault();
          if (Number(n) >= 1) choose({ from: `now-${Math.floor(Number(n))}${unit}`, to: undefined });
        }}
      >
        <span className="small">Last</span>
        <NumberInput aria-label="How many" size="xs" min={1} max={99_999} w={64} value={n} onChange={setN} />
        <Select
          aria-label="Unit"
          size="xs"
          w={96}
          allowDeselect={false}
          comboboxProps={{ withinPortal: false }}
          data={Object.entries(units).map(([value, u]) => ({ value, label: u.name }))}
          value={unit}
          onChange={(v) => setUnit(v ?? 'h')}
        />
        <Button type="submit" size="xs" variant="default">
          Use
        </Button>
      </form>
    </div>
  );
}

type FixedProps = { ends: { from: string; to: string }; tz: string; choose: (c: Change) => void };

function Fixed({ ends, tz, choose }: FixedProps) {
  const [zone, setZone] = useState(tz);
  const [a, setA] = useState(() => toWall(Date.parse(ends.from), tz));
  const [b, setB] = useState(() => toWall(Date.parse(ends.to), tz));
  const all = useMemo(zones, []);
  const [start, end] = [fromWall(a, zone), fromWall(b, zone)];
  const wrong = start !== null && end !== null && end <= start;
  const moveTo = (next: string) => {
    // The instants stay, their clock changes.
    if (start !== null) setA(toWall(start, next));
    if (end !== null) setB(toWall(end, next));
    setZone(next);
  };
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (start === null || end === null || wrong) return;
        choose({ from: new Date(start).toISOString(), to: new Date(end).toISOString(), tz: zone });
      }}
    >
      <h3 className="dim small">Between two times</h3>
      <TextInput
        label="From"
        type="datetime-local"
        size="xs"
        value={a}
        onChange={(e) => setA(e.currentTarget.value)}
      />
      <TextInput
        label="To"
        type="datetime-local"
        size="xs"
        value={b}
        onChange={(e) => setB(e.currentTarget.value)}
        error={wrong ? 'It ends before it begins' : undefined}
      />
      <Select
        label="Clock of"
        description={`${offsetName(start ?? Date.now(), zone)}; the results stay in UTC`}
        size="xs"
        searchable
        limit={60}
        allowDeselect={false}
        comboboxProps={{ withinPortal: false }}
        data={all}
        value={zone}
        onChange={(v) => v && moveTo(v)}
      />
      <Button type="submit" size="xs" disabled={start === null || end === null || wrong}>
        Use these times
      </Button>
    </form>
  );
}
