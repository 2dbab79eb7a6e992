import { Button, Textarea } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../../api/act';
import { post, seg } from '../../api/client';
import { sentence } from '../../api/problem';
import { number } from '../../display/words';

type KeepProps = { caseId: string; ids: string[]; close: () => void; done: () => void };

/** Puts chosen lines on the case, with what they show. */
export function Keep({ caseId, ids, close, done }: KeepProps) {
  const [note, setNote] = useState('');
  const keep = useAct({
    run: () => post(`/cases/${seg(caseId)}/lookback/keep`, { event_ids: ids, note: note.trim() }),
    quiet: true,
    refresh: [['case', caseId]],
    done: 'Kept, as evidence and on the timeline',
    after: () => {
      done();
      close();
    },
  });
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (note.trim()) keep.mutate();
      }}
    >
      <p className="small">
        {number(ids.length)} {ids.length === 1 ? 'event becomes' : 'events become'} a snapshot with its hash,
        and a line of the case's timeline.
      </p>
      <Textarea
        label="What they show"
        required
        data-autofocus
        maxLength={4000}
        value={note}
        onChange={(e) => setNote(e.currentTarget.value)}
      />
      {keep.error !== null && (
        <div className="notice notice-bad" role="alert">
          {sentence(keep.error)}
        </div>
      )}
      <div className="row">
        <Button type="submit" loading={keep.isPending} disabled={!note.trim()}>
          Keep
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
