import { Button, Drawer, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../../api/act';
import { create, seg } from '../../api/client';
import type { Evidence } from '../../api/lookback';
import { ApiError, sentence } from '../../api/problem';
import type { CaseDetail } from '../../api/types';
import { aboutEntity } from '../../display/query';
import { QueryInput } from '../../search/QueryInput';
import { TimeRange } from '../../search/TimeRange';
import { fixed } from '../../search/window';

/** Copies what a query finds into a file of the case. */
export function Snapshot({ detail, close }: { detail: CaseDetail | null; close: () => void }) {
  return (
    <Drawer opened={detail !== null} onClose={close} title="Take a snapshot">
      {detail && <Form detail={detail} close={close} />}
    </Drawer>
  );
}

/** A day before the first alert until an hour after the last one. */
function usualWindow(d: CaseDetail): { from: string; to: string } {
  const times = d.alerts.flatMap((a) => [a.first_seen, a.last_seen]).map((t) => Date.parse(t));
  const known = [...times.filter((t) => !Number.isNaN(t)), Date.parse(d.case.created)];
  return {
    from: new Date(Math.min(...known) - 86_400_000).toISOString(),
    to: new Date(Math.max(...known) + 3_600_000).toISOString(),
  };
}

function Form({ detail, close }: { detail: CaseDetail; close: () => void }) {
  const [title, setTitle] = useState('');
  const [note, setNote] = useState('');
  const [q, setQ] = useState(() =>
    detail.entities
      .filter((e) => e.kind === 'user' || e.kind === 'host' || e.kind === 'ip')
      .slice(0, 4)
      .map((e) => aboutEntity(e.kind, e.value))
      .join(' or '),
  );
  const [range, setRange] = useState<{ from: string | undefined; to: string | undefined }>(() =>
    usualWindow(detail),
  );
  const id = detail.case.id;
  const take = useAct({
    run: () =>
      create<Evidence>(`/cases/${seg(id)}/evidence`, {
        title: title.trim(),
        q: q.trim(),
        ...fixed(range.from, range.to, Date.now()),
        note: note.trim(),
      }),
    quiet: true,
    refresh: [['case', id]],
    done: 'Kept as evidence',
    after: close,
  });
  const fault = take.error instanceof ApiError ? take.error.problem : null;
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (title.trim()) take.mutate();
      }}
    >
      <TextInput
        label="Title"
        required
        data-autofocus
        maxLength={200}
        value={title}
        onChange={(e) => setTitle(e.currentTarget.value)}
      />
      <div className="stack-tight">
        <span className="fieldlabel">Query; everything that it finds is copied</span>
        <QueryInput
          text={q}
          set={setQ}
          run={() => {}}
          mark={fault?.offset === undefined ? null : { offset: fault.offset, length: fault.length ?? 1 }}
          from={range.from}
          to={range.to}
        />
      </div>
      <TimeRange from={range.from} to={range.to} tz="UTC" set={setRange} />
      <Textarea
        label="What it shows"
        maxLength={4000}
        value={note}
        onChange={(e) => setNote(e.currentTarget.value)}
      />
      {take.error !== null && (
        <div className="notice notice-bad" role="alert">
          {sentence(take.error)}
        </div>
      )}
      <div className="row drawer-foot">
        <Button type="submit" loading={take.isPending} disabled={!title.trim()}>
          Take it
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
