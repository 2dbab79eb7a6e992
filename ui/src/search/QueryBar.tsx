import { ActionIcon, Button, Popover, Select, Textarea, TextInput, Tooltip } from '@mantine/core';
import { useRef, useState } from 'react';
import { ApiError } from '../api/problem';
import { fromInput, toInput, utc } from '../display/time';
import { IconHelp, IconPlayerStop, IconSearch } from '../icons';
import { useKeys } from '../shell/useKeys';
import classes from './Search.module.css';
import { charOffset, defaultFrom, fixed, presets } from './window';

type Props = {
  q: string;
  from: string | undefined;
  to: string | undefined;
  error: unknown;
  busy: boolean;
  run: (q: string) => void;
  setWindow: (from: string | undefined, to: string | undefined) => void;
  stop: () => void;
};

export function QueryBar({ q, from, to, error, busy, run, setWindow, stop }: Props) {
  const [text, setText] = useState(q);
  const [ran, setRan] = useState(q);
  if (ran !== q) {
    // A pivot or the back button changed the query.
    setRan(q);
    setText(q);
  }
  const input = useRef<HTMLTextAreaElement>(null);
  useKeys([{ keys: '/', label: 'Change the query', group: 'Search', run: () => input.current?.focus() }]);
  return (
    <search className="stack-tight">
      <form
        className={classes.bar}
        onSubmit={(e) => {
          e.preventDefault();
          run(text.trim());
        }}
      >
        <Textarea
          ref={input}
          aria-label="Query"
          placeholder="user.name:alice outcome:failure not src.ip:10.0.0.0/8"
          minRows={1}
          maxRows={6}
          leftSection={<IconSearch size={15} />}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          spellCheck={false}
          autoCapitalize="none"
          value={text}
          onChange={(e) => setText(e.currentTarget.value)}
          onKeyDown={(e) => {
            if (e.key === 'Enter' && !e.shiftKey) {
              e.preventDefault();
              run(text.trim());
            }
          }}
          aria-describedby={error ? 'query-fault' : undefined}
          aria-invalid={error ? true : undefined}
        />
        <Syntax />
        <Window from={from} to={to} set={setWindow} />
        {busy ? (
          <Button variant="default" leftSection={<IconPlayerStop size={15} />} onClick={stop}>
            Stop
          </Button>
        ) : (
          <Button type="submit">Search</Button>
        )}
      </form>
      <Fault q={q} error={error} />
    </search>
  );
}

export const isFault = (error: unknown): boolean =>
  error instanceof ApiError && error.problem.offset !== undefined;

/** The query again, with the fault marked where it is. */
export function Fault({ q, error }: { q: string; error: unknown }) {
  if (!(error instanceof ApiError) || error.problem.offset === undefined) return null;
  const start = charOffset(q, error.problem.offset);
  const end = charOffset(q, error.problem.offset + Math.max(error.problem.length ?? 1, 1));
  return (
    <div id="query-fault" className="notice notice-bad" role="alert">
      <strong>{error.field('q') || error.message}</strong>
      <pre className={classes.fault}>
        {q.slice(0, start)}
        <mark>{q.slice(start, end) || '␣'}</mark>
        {q.slice(end)}
      </pre>
    </div>
  );
}

function Window({ from, to, set }: Pick<Props, 'from' | 'to'> & { set: Props['setWindow'] }) {
  const [opened, setOpened] = useState(false);
  const ends = fixed(from, to, Date.now());
  const [a, setA] = useState(toInput(ends.from));
  const [b, setB] = useState(toInput(ends.to));
  const preset = !to ? presets.find((p) => p.value === (from ?? defaultFrom)) : undefined;
  return (
    <Popover opened={opened} onChange={setOpened} shadow="md" position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default" onClick={() => setOpened(!opened)} aria-expanded={opened}>
          {preset?.label ?? `${utc(ends.from).slice(0, 16)} – ${utc(ends.to).slice(0, 16)}`}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="stack">
          <Select
            label="Relative"
            data={presets}
            value={preset?.value ?? null}
            comboboxProps={{ withinPortal: false }}
            onChange={(v) => {
              set(v && v !== defaultFrom ? v : undefined, undefined);
              setOpened(false);
            }}
          />
          <TextInput
            label="From (UTC)"
            type="datetime-local"
            value={a}
            onChange={(e) => setA(e.currentTarget.value)}
          />
          <TextInput
            label="To (UTC)"
            type="datetime-local"
            value={b}
            onChange={(e) => setB(e.currentTarget.value)}
          />
          <Button
            disabled={!a || !b}
            onClick={() => {
              set(fromInput(a), fromInput(b));
              setOpened(false);
            }}
          >
            Use this window
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

const syntax: [string, string][] = [
  ['failed password', 'both words, anywhere in the message'],
  ['"failed password"', 'the phrase'],
  ['user.name:alice', 'a field'],
  ['user:(alice or bob)', 'one of several'],
  ['host.name:web-*', '* any text, ? one character'],
  ['not outcome:success', 'the opposite; -outcome:success is the same'],
  ['src.ip:10.0.0.0/8', 'an address range'],
  ['http.status:>=500', 'comparison; also [400 TO 499]'],
  ['severity:>=high', 'severities in their order'],
  ['url.path:/^\\/api\\//', 'a regular expression (RE2)'],
  ['user.name:*', 'the field is there'],
  ['time:>now-15m', 'a time; the window above is quicker'],
];

function Syntax() {
  return (
    <Popover shadow="md" position="bottom-end" width={460} trapFocus returnFocus>
      <Popover.Target>
        <Tooltip label="How to write a query">
          <ActionIcon variant="default" size={36} aria-label="How to write a query">
            <IconHelp size={18} />
          </ActionIcon>
        </Tooltip>
      </Popover.Target>
      <Popover.Dropdown>
        <dl className={`facts ${classes.help}`} tabIndex={-1}>
          {syntax.map(([example, says]) => (
            <div key={example} style={{ display: 'contents' }}>
              <dt>{example}</dt>
              <dd>{says}</dd>
            </div>
          ))}
        </dl>
        <p className="dim small">
          Terms side by side must all hold. or binds more loosely; parentheses group.
        </p>
      </Popover.Dropdown>
    </Popover>
  );
}
