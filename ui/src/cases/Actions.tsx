import { Button, Drawer, SegmentedControl, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAct } from '../api/act';
import { create, put, seg } from '../api/client';
import type { Action, CaseDetail, Phase } from '../api/types';
import { Panel } from '../display/Page';
import { Tag } from '../display/Tag';
import { Time } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { IconCheck, IconCircleDashed, IconPlus } from '../icons';
import { useCan } from '../session/session';
import classes from './CasePage.module.css';
import { Choice } from './inputs';
import { keep } from './useVerb';

const phases: Phase[] = ['investigate', 'contain', 'eradicate', 'recover', 'communicate'];

export function Actions({ detail }: { detail: CaseDetail }) {
  const can = useCan();
  const [adding, setAdding] = useState(false);
  const [finishing, setFinishing] = useState<Action | null>(null);
  return (
    <Panel
      id="actions"
      title="Actions"
      side={
        can('cases.write') && (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconPlus size={13} />}
            onClick={() => setAdding(true)}
          >
            Add
          </Button>
        )
      }
    >
      {detail.actions.length === 0 && (
        <p className="dim small">
          Nothing planned or done yet. Each action says what was done to what, in which phase, and with what
          result.
        </p>
      )}
      {phases.map((phase) => {
        const own = detail.actions.filter((a) => a.phase === phase);
        if (own.length === 0) return null;
        return (
          <div key={phase} className={classes.block}>
            <h3 className="dim small">{phase}</h3>
            {own.map((a) => (
              <div key={a.id} className="row small" style={{ alignItems: 'flex-start', flexWrap: 'nowrap' }}>
                {a.state === 'done' ? (
                  <IconCheck size={15} aria-label="done" role="img" />
                ) : (
                  <IconCircleDashed size={15} aria-label="planned" role="img" />
                )}
                <div className="grow">
                  <Untrusted text={a.what} /> {a.target && <Tag>{a.target}</Tag>}
                  {a.result && (
                    <div className="dim">
                      <Untrusted text={a.result} lines />
                    </div>
                  )}
                  <div className="dim">
                    {a.actor.name}, <Time at={a.at} />
                  </div>
                </div>
                {a.state === 'planned' && can('cases.write') && (
                  <Button size="compact-xs" variant="default" onClick={() => setFinishing(a)}>
                    Done
                  </Button>
                )}
              </div>
            ))}
          </div>
        );
      })}
      <Drawer opened={adding} onClose={() => setAdding(false)} title="Add an action">
        <NewAction detail={detail} close={() => setAdding(false)} />
      </Drawer>
      <Drawer opened={finishing !== null} onClose={() => setFinishing(null)} title="Action done">
        {finishing && <Finish detail={detail} action={finishing} close={() => setFinishing(null)} />}
      </Drawer>
    </Panel>
  );
}

type FormProps = { detail: CaseDetail; close: () => void };

function useRefresh(detail: CaseDetail) {
  const client = useQueryClient();
  return (answer: unknown) => {
    // The whole case or only the child may come back; either way the page is asked for anew.
    if (typeof answer === 'object' && answer && 'case' in answer) keep(client, answer as CaseDetail);
    else void client.invalidateQueries({ queryKey: ['case', detail.case.id] });
  };
}

function NewAction({ detail, close }: FormProps) {
  const [phase, setPhase] = useState<Phase>('investigate');
  const [what, setWhat] = useState('');
  const [target, setTarget] = useState('');
  const [state, setState] = useState<'planned' | 'done'>('done');
  const [result, setResult] = useState('');
  const refresh = useRefresh(detail);
  const add = useAct({
    run: () => create(`/cases/${seg(detail.case.id)}/actions`, { phase, what, target, result, state }),
    done: 'Action recorded',
    after: (r) => {
      refresh(r);
      close();
    },
  });
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        add.mutate();
      }}
    >
      <Choice
        label="Phase"
        name="phase"
        value={phase}
        options={phases.map((p) => ({ value: p, label: p }))}
        onChange={(v) => setPhase(v as Phase)}
      />
      <TextInput label="What" required value={what} onChange={(e) => setWhat(e.currentTarget.value)} />
      <TextInput
        label="To what"
        description="The system, account or person"
        value={target}
        onChange={(e) => setTarget(e.currentTarget.value)}
      />
      <SegmentedControl
        aria-label="State"
        data={[
          { value: 'done', label: 'done' },
          { value: 'planned', label: 'planned' },
        ]}
        value={state}
        onChange={(v) => setState(v as 'planned' | 'done')}
      />
      {state === 'done' && (
        <Textarea label="Result" value={result} onChange={(e) => setResult(e.currentTarget.value)} />
      )}
      <div className="row">
        <Button type="submit" loading={add.isPending} disabled={!what.trim()}>
          Record it
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
      </div>
    </form>
  );
}

function Finish({ detail, action, close }: FormProps & { action: Action }) {
  const [result, setResult] = useState(action.result);
  const refresh = useRefresh(detail);
  const finish = useAct({
    run: () => put(`/actions/${seg(action.id)}`, { result, state: 'done' }, action.version),
    done: 'Action done',
    after: (r) => {
      refresh(r);
      close();
    },
  });
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        finish.mutate();
      }}
    >
      <Untrusted text={action.what} />
      <Textarea label="Result" required value={result} onChange={(e) => setResult(e.currentTarget.value)} />
      <Button type="submit" loading={finish.isPending}>
        Record the result
      </Button>
    </form>
  );
}
