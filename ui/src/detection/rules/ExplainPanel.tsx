import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { explain } from '../../api/detectionQueries';
import { Panel } from '../../display/Page';
import { Failed, Loading } from '../../display/Waiting';
import { IconMicroscope } from '../../icons';
import { useCan } from '../../session/session';
import { useKeys } from '../../shell/useKeys';
import { ExplainTree } from './ExplainTree';

const route = getRouteApi('/signed-in/detection/rules/$id');

/** Why the rule matched an event, or did not. */
export function ExplainPanel({ id, correlation }: { id: string; correlation: boolean }) {
  const can = useCan();
  const { event = '' } = route.useSearch();
  const go = route.useNavigate();
  const [typed, setTyped] = useState(event);
  const found = useQuery({ ...explain(id, event), enabled: event !== '' && can('events.read') });
  useKeys(
    can('events.read') && !correlation
      ? [
          {
            keys: '/',
            label: 'Explain against an event',
            group: 'Rule',
            run: () => document.getElementById('explain-event')?.focus(),
          },
        ]
      : [],
  );
  if (!can('events.read') || correlation) return null;
  return (
    <Panel id="explain" title="Why did it match, or not?">
      <div className="stack">
        <form
          className="stack"
          onSubmit={(e) => {
            e.preventDefault();
            void go({ search: (s) => ({ ...s, event: typed.trim() || undefined }), replace: true });
          }}
        >
          <div className="row">
            <TextInput
              id="explain-event"
              className="grow"
              aria-label="Id of an event"
              placeholder="Id of an event, from Search or an alert"
              ff="monospace"
              value={typed}
              onChange={(e) => setTyped(e.currentTarget.value)}
            />
            <Button type="submit" variant="default" leftSection={<IconMicroscope size={15} />}>
              Explain
            </Button>
          </div>
        </form>
        {event !== '' &&
          (found.isError ? (
            <Failed error={found.error} retry={() => void found.refetch()} />
          ) : found.data ? (
            <ExplainTree of={found.data} />
          ) : (
            <Loading lines={4} />
          ))}
      </div>
    </Panel>
  );
}
