import { Button, Drawer, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../api/act';
import { create, seg } from '../api/client';
import { sentence } from '../api/problem';
import type { Case, CaseDetail } from '../api/types';
import { utc } from '../display/time';
import { Untrusted } from '../display/Untrusted';
import { number } from '../display/words';
import { CaseChoice } from './CaseChoice';
import { type Keepable, keepOnCase } from './keepStore';

/** Puts what was chosen on a case, an open one or a new one. */
export function KeepDrawer({ what }: { what: Keepable }) {
  return (
    <Drawer opened onClose={() => keepOnCase(null)} title="Add to a case" zIndex={300}>
      <Form what={what} />
    </Drawer>
  );
}

function Form({ what }: { what: Keepable }) {
  const [to, setTo] = useState<'open' | 'new'>('open');
  const [chosen, setChosen] = useState<Case | null>(null);
  const [title, setTitle] = useState('');
  const [note, setNote] = useState('');
  const ready = note.trim() !== '' && (to === 'open' ? chosen !== null : title.trim() !== '');
  const keep = useAct({
    run: async () => {
      const c = to === 'open' ? chosen : await open(title.trim(), note.trim());
      // If the rest fails, trying again must not open a second case.
      setChosen(c);
      setTo('open');
      if (c) await put(c.id, what, note.trim());
      return c;
    },
    quiet: true,
    refresh: [['case'], ['cases'], ['inbox']],
    done: (c) => `Kept on ${c?.number}`,
    after: () => keepOnCase(null),
  });
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (ready) keep.mutate();
      }}
    >
      <About what={what} />
      <SegmentedControl
        aria-label="To which case"
        data={[
          { value: 'open', label: 'An open case' },
          { value: 'new', label: 'A new case' },
        ]}
        value={to}
        onChange={(v) => setTo(v as 'open' | 'new')}
      />
      {to === 'open' ? (
        <CaseChoice chosen={chosen} choose={setChosen} />
      ) : (
        <TextInput
          label="Title of the case"
          description="What is wrong, and where"
          required
          value={title}
          onChange={(e) => setTitle(e.currentTarget.value)}
        />
      )}
      <Textarea
        label="What it shows"
        description="Stands beside it on the case, with your name"
        required
        maxLength={4000}
        value={note}
        onChange={(e) => setNote(e.currentTarget.value)}
      />
      {keep.error !== null && (
        <div className="notice notice-bad" role="alert">
          {sentence(keep.error)}
        </div>
      )}
      <div className="row drawer-foot">
        <Button type="submit" loading={keep.isPending} disabled={!ready}>
          {to === 'open' ? 'Add to the case' : 'Open the case with it'}
        </Button>
        <Button variant="default" onClick={() => keepOnCase(null)}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

const mostInSnapshot = 10_000;

function About({ what }: { what: Keepable }) {
  if (what.kind === 'value')
    return (
      <p>
        The {what.what} <Untrusted text={what.value} mono />, as a note.
      </p>
    );
  return (
    <div className="stack-tight">
      <p>
        {what.kind === 'events'
          ? `${number(what.ids.length)} chosen ${what.ids.length === 1 ? 'event' : 'events'}`
          : `All that the query finds${what.about === undefined ? '' : `, about ${number(what.about)} events`}`}
        , as a snapshot: a file with its hash that later retention does not touch.
        {what.kind === 'query' && (what.about ?? 0) > mostInSnapshot && (
          <strong> A snapshot holds {number(mostInSnapshot)} at most: narrow the search first.</strong>
        )}
      </p>
      <p className="dim small">
        <code>
          <Untrusted text={what.q || '*'} />
        </code>
        , {utc(what.from)} to {utc(what.to)} UTC
      </p>
    </div>
  );
}

async function open(title: string, summary: string): Promise<Case> {
  const answer = await create<Case | CaseDetail>('/cases', { title, summary });
  return 'case' in answer ? answer.case : answer;
}

function put(id: string, what: Keepable, note: string): Promise<unknown> {
  if (what.kind === 'value')
    return create(`/cases/${seg(id)}/notes`, { body: `${what.what}: ${what.value}\n\n${note}` });
  return create(`/cases/${seg(id)}/evidence`, {
    title: note.split('\n')[0]?.slice(0, 120),
    q: what.q,
    from: what.from,
    to: what.to,
    event_ids: what.kind === 'events' ? what.ids : undefined,
    note,
  });
}
