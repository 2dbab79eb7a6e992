import { Autocomplete, Button, Drawer, Select, Textarea } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { sentence } from '../../api/problem';
import { sources } from '../../api/queries';
import type { Assignment, Retention } from '../../api/retention';
import { ReasonDialog } from '../../detection/ReasonDialog';
import { Panel } from '../../display/Page';
import { Untrusted } from '../../display/Untrusted';
import { IconPlus } from '../../icons';
import { useCan } from '../../session/session';
import { TwoPeople } from './TwoPeople';
import { useRequest } from './useRequest';
import { daysText } from './words';

/** Which events go to which class; whatever is named nowhere goes to the default one. */
export function Assignments({ of: r }: { of: Retention }) {
  const can = useCan();
  const [adding, setAdding] = useState(false);
  const [dropping, setDropping] = useState<Assignment | null>(null);
  const drop = useRequest(() => setDropping(null));
  const admin = can('retention.admin');
  return (
    <Panel
      id="assignments"
      title="Which events go where"
      side={
        admin && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} />}
            onClick={() => setAdding(true)}
          >
            Assign
          </Button>
        )
      }
    >
      {r.assignments.length === 0 ? (
        <p className="dim small">All events are of the default class.</p>
      ) : (
        <table className="tbl">
          <thead>
            <tr>
              <th>Source</th>
              <th>Source type</th>
              <th>Class</th>
              <th>
                <span className="visually-hidden">Acts</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {r.assignments.map((a) => (
              <tr key={a.id}>
                <td>{a.source ? <Untrusted text={a.source} mono /> : <span className="dim">any</span>}</td>
                <td>
                  {a.source_type ? <Untrusted text={a.source_type} mono /> : <span className="dim">any</span>}
                </td>
                <td>{a.class}</td>
                <td className="right">
                  {admin && (
                    <Button size="compact-xs" variant="default" onClick={() => setDropping(a)}>
                      Remove<span className="visually-hidden"> {a.source || a.source_type}</span>
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Drawer opened={adding} onClose={() => setAdding(false)} title="Assign events to a class">
        {adding && <Form of={r} close={() => setAdding(false)} />}
      </Drawer>
      <ReasonDialog
        opened={dropping !== null}
        close={() => setDropping(null)}
        title="Remove the assignment"
        verb="Ask for it"
        busy={drop.isPending}
        error={drop.error}
        run={(reason) => dropping && drop.mutate({ kind: 'assignment_removal', id: dropping.id, reason })}
      >
        <p className="small">
          New events of it would go to the default class. Those stored stay where they are.
        </p>
      </ReasonDialog>
    </Panel>
  );
}

function Form({ of: r, close }: { of: Retention; close: () => void }) {
  const known = useQuery(sources);
  const [source, setSource] = useState('');
  const [type, setType] = useState('');
  const [to, setTo] = useState<string | null>(null);
  const [reason, setReason] = useState('');
  const ask = useRequest(close);
  const usual = r.classes.find((c) => c.name === 'default');
  const chosen = r.classes.find((c) => c.name === to);
  const shorter = Boolean(
    chosen && chosen.days > 0 && (!usual || usual.days === 0 || chosen.days < usual.days),
  );
  const ready = (source.trim() !== '' || type.trim() !== '') && to !== null && reason.trim().length >= 3;
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (ready)
          ask.mutate({
            kind: 'assignment',
            source: source.trim(),
            source_type: type.trim(),
            class: to,
            reason: reason.trim(),
          });
      }}
    >
      <Autocomplete
        label="Source"
        description="Empty is any"
        data-autofocus
        data={(known.data?.items ?? []).map((s) => s.name)}
        value={source}
        onChange={setSource}
      />
      <Autocomplete
        label="Source type"
        description="Empty is any"
        data={[...new Set((known.data?.items ?? []).flatMap((s) => s.source_types ?? []))]}
        value={type}
        onChange={setType}
      />
      <Select
        label="Class"
        required
        data={r.classes
          .filter((c) => !c.removed)
          .map((c) => ({ value: c.name, label: `${c.name}, ${daysText(c.days)}` }))}
        value={to}
        onChange={setTo}
      />
      {chosen && <TwoPeople shortens={shorter} delayHours={r.delay_hours} />}
      <Textarea
        label="Reason"
        required
        maxLength={1000}
        value={reason}
        onChange={(e) => setReason(e.currentTarget.value)}
      />
      {ask.error !== null && (
        <div className="notice notice-bad" role="alert">
          {sentence(ask.error)}
        </div>
      )}
      <div className="row drawer-foot">
        <Button type="submit" loading={ask.isPending} disabled={!ready}>
          {shorter ? 'Ask for it' : 'Save'}
        </Button>
      </div>
    </form>
  );
}
