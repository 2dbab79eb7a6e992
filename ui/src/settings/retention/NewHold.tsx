import { Button, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../../api/act';
import { create } from '../../api/client';
import { sentence } from '../../api/problem';
import type { Hold } from '../../api/retention';
import type { Case } from '../../api/types';
import { CaseChoice } from '../../cases/CaseChoice';
import { fromInput } from '../../display/time';
import { QueryInput } from '../../search/QueryInput';

/** Holds what a query finds, or the events of a case. */
export function NewHold({ close }: { close: () => void }) {
  const [kind, setKind] = useState<'query' | 'case'>('query');
  const [q, setQ] = useState('');
  const [chosen, setChosen] = useState<Case | null>(null);
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  const [reason, setReason] = useState('');
  const ready = reason.trim().length >= 3 && (kind === 'query' || chosen !== null);
  const add = useAct({
    run: () =>
      create<Hold>(
        '/holds',
        kind === 'case'
          ? { kind, case_id: chosen?.id, reason: reason.trim() }
          : { kind, q: q.trim(), from: fromInput(from), to: fromInput(to), reason: reason.trim() },
      ),
    quiet: true,
    refresh: [['retention'], ['case']],
    done: 'Held',
    after: close,
  });
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (ready) add.mutate();
      }}
    >
      <SegmentedControl
        aria-label="Of what"
        data={[
          { value: 'query', label: 'What a query finds' },
          { value: 'case', label: 'A case' },
        ]}
        value={kind}
        onChange={(v) => setKind(v as 'query' | 'case')}
      />
      {kind === 'query' ? (
        <>
          <div className="stack-tight">
            <span className="fieldlabel">Query; empty is everything in the time</span>
            <QueryInput text={q} set={setQ} run={() => {}} mark={null} from="now-30d" to={undefined} />
          </div>
          <div className="row">
            <TextInput
              className="grow"
              label="From (UTC)"
              type="datetime-local"
              value={from}
              onChange={(e) => setFrom(e.currentTarget.value)}
            />
            <TextInput
              className="grow"
              label="To (UTC); empty stays open"
              type="datetime-local"
              value={to}
              onChange={(e) => setTo(e.currentTarget.value)}
            />
          </div>
        </>
      ) : (
        <CaseChoice chosen={chosen} choose={setChosen} />
      )}
      <Textarea
        label="Reason"
        description="Whoever wonders why nothing is dropped reads this"
        required
        maxLength={1000}
        value={reason}
        onChange={(e) => setReason(e.currentTarget.value)}
      />
      {add.error !== null && (
        <div className="notice notice-bad" role="alert">
          {sentence(add.error)}
        </div>
      )}
      <div className="row drawer-foot">
        <Button type="submit" loading={add.isPending} disabled={!ready}>
          Hold
        </Button>
      </div>
    </form>
  );
}
