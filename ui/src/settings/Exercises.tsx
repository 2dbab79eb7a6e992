import { Button, Modal, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useAct } from '../api/act';
import { create, post, seg } from '../api/client';
import { exercises } from '../api/queries';
import type { Exercise } from '../api/types';
import { Tag } from '../display/Tag';
import { Time } from '../display/Time';
import { Empty, Loaded } from '../display/Waiting';
import { IconAlertTriangle, IconSchool } from '../icons';

export function Exercises() {
  const found = useQuery(exercises);
  const [scenario, setScenario] = useState('');
  const [real, setReal] = useState<Exercise | null>(null);
  const begin = useAct({
    run: () => create('/exercises', { scenario: scenario.trim() }),
    done: 'The exercise has begun',
    refresh: [['exercises'], ['cases'], ['inbox']],
    after: () => setScenario(''),
  });
  const end = useAct<Exercise>({
    run: (e) => post(`/exercises/${seg(e.id)}/end`),
    done: 'The exercise has ended',
    refresh: [['exercises'], ['cases'], ['inbox']],
  });
  return (
    <div className="stack">
      <form
        className="panel stack"
        onSubmit={(e) => {
          e.preventDefault();
          begin.mutate();
        }}
      >
        <p className="small">
          An exercise runs the whole path on data that is not real. Its cases are numbered EX-, marked
          everywhere, and stay out of all figures; nobody who does not take part is paged.
        </p>
        <TextInput
          label="Scenario"
          description="The name of a scenario that ships, such as ransomware or outage"
          required
          value={scenario}
          onChange={(e) => setScenario(e.currentTarget.value)}
        />
        <div>
          <Button type="submit" loading={begin.isPending} disabled={!scenario.trim()}>
            Begin
          </Button>
        </div>
      </form>
      <Loaded query={found} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconSchool size={28} aria-hidden />} title="No exercise yet">
              <p>Practise at least once a year, before it is needed.</p>
            </Empty>
          ) : (
            <ul className="bare-list stack">
              {items.map((e) => (
                <li key={e.id} className="panel row spread">
                  <div className="stack-tight">
                    <div className="row row-tight">
                      <strong>{e.name || e.scenario}</strong>
                      <Tag tone={e.ended ? 'none' : 'accent'}>{e.ended ? 'ended' : 'running'}</Tag>
                      {e.real && <Tag tone="critical">became real</Tag>}
                    </div>
                    <span className="dim small">
                      began <Time at={e.started || e.created} />
                      {e.ended && (
                        <>
                          , ended <Time at={e.ended} bare />
                        </>
                      )}
                    </span>
                  </div>
                  <div className="row">
                    <Link to="/cases" search={{ exercise: 'only', open: 'any' }}>
                      Its cases
                    </Link>
                    {!e.ended && (
                      <>
                        <Button
                          size="xs"
                          variant="default"
                          loading={end.isPending && end.variables?.id === e.id}
                          onClick={() => end.mutate(e)}
                        >
                          End it
                        </Button>
                        <Button
                          size="xs"
                          color="red"
                          leftSection={<IconAlertTriangle size={14} />}
                          onClick={() => setReal(e)}
                        >
                          This is real
                        </Button>
                      </>
                    )}
                  </div>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <Modal opened={real !== null} onClose={() => setReal(null)} title="This is real">
        {real && <Real of={real} close={() => setReal(null)} />}
      </Modal>
    </div>
  );
}

function Real({ of, close }: { of: Exercise; close: () => void }) {
  const [reason, setReason] = useState('');
  const declare = useAct({
    run: () => post(`/exercises/${seg(of.id)}/real`, { reason }),
    done: 'The exercise has stopped. What is real goes on as real.',
    refresh: [['exercises'], ['cases'], ['inbox']],
    after: close,
  });
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        declare.mutate();
      }}
    >
      <p>Stops the exercise and says to everyone in it that something real has happened.</p>
      <Textarea
        label="What is real"
        required
        data-autofocus
        value={reason}
        onChange={(e) => setReason(e.currentTarget.value)}
      />
      <div className="row">
        <Button type="submit" color="red" loading={declare.isPending} disabled={!reason.trim()}>
          This is real
        </Button>
        <Button variant="default" onClick={close}>
          It is not
        </Button>
      </div>
    </form>
  );
}
