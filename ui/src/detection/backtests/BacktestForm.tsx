import { Button, Radio, Select, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useAct } from '../../api/act';
import { create } from '../../api/client';
import type { Backtest } from '../../api/detection';
import { sentence } from '../../api/problem';
import { fromInput, toInput } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';

export type Subject = {
  /** What is tried, for people. */
  title: string;
  yaml?: string;
  correlation?: boolean;
  pack?: { name: string; version: string };
};

const day = 86_400_000;
const spans = [
  { value: '1', label: 'Last 24 hours' },
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
  { value: '90', label: 'Last 90 days' },
  { value: 'own', label: 'From … to …' },
];

export function BacktestForm({ close, title, yaml, correlation, pack }: Subject & { close: () => void }) {
  const go = useNavigate();
  const [span, setSpan] = useState('7');
  const [from, setFrom] = useState(() => toInput(new Date(Date.now() - 7 * day).toISOString()));
  const [to, setTo] = useState(() => toInput(new Date().toISOString()));
  const [query, setQuery] = useState('');
  // Alone, a correlation has no rules below it to count.
  const [kind, setKind] = useState(correlation ? 'set' : 'rule');
  const start = useAct<void, Backtest>({
    run: () => {
      const now = Date.now();
      const range =
        span === 'own'
          ? { from: fromInput(from), to: fromInput(to) }
          : { from: new Date(now - Number(span) * day).toISOString(), to: new Date(now).toISOString() };
      const what = pack
        ? { kind: 'pack', pack: pack.name, version: pack.version }
        : { kind, ...(yaml ? { rule_yaml: yaml } : {}) };
      return create('/backtests', { ...what, ...range, ...(query.trim() ? { query: query.trim() } : {}) });
    },
    refresh: [['backtests']],
    quiet: true,
    after: (b) => {
      close();
      void go({ to: '/detection/backtests/$id', params: { id: b.id } });
    },
  });
  const long = span === 'own' && Date.parse(to) - Date.parse(from) > 366 * day;
  const badRange = span === 'own' && (long || !from || !to || fromInput(from) >= fromInput(to));
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (!badRange) start.mutate();
      }}
    >
      <p>
        <strong>
          <Untrusted text={title} />
        </strong>{' '}
        runs over events that are stored already. Nothing that it finds becomes an alert.
      </p>
      {!pack && yaml && (
        <Radio.Group label="Run" value={kind} onChange={setKind}>
          <div className="stack-tight">
            <Radio
              value="rule"
              label="it alone"
              description={correlation ? 'A correlation alone counts nothing' : 'Quick'}
              disabled={correlation}
            />
            <Radio
              value="set"
              label="with all rules in use"
              description="Correlations over it are seen too"
            />
          </div>
        </Radio.Group>
      )}
      <Select
        label="Over"
        data={spans}
        value={span}
        allowDeselect={false}
        onChange={(v) => setSpan(v ?? '7')}
      />
      {span === 'own' && (
        <div className="row">
          <TextInput
            className="grow"
            type="datetime-local"
            label="From (UTC)"
            value={from}
            onChange={(e) => setFrom(e.currentTarget.value)}
          />
          <TextInput
            className="grow"
            type="datetime-local"
            label="To (UTC)"
            error={long ? 'A year at most' : badRange ? 'After the beginning' : ''}
            value={to}
            onChange={(e) => setTo(e.currentTarget.value)}
          />
        </div>
      )}
      <TextInput
        label="Only events that match"
        description="In the search language; all of them when empty"
        placeholder="source:winlog"
        maxLength={8192}
        value={query}
        onChange={(e) => setQuery(e.currentTarget.value)}
      />
      {start.error !== null && (
        <div className="notice notice-bad" role="alert">
          {sentence(start.error)}
        </div>
      )}
      <div className="row">
        <Button type="submit" loading={start.isPending} disabled={badRange}>
          Start
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
