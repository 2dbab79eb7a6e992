import { Button, Drawer, Select, TagsInput, TextInput } from '@mantine/core';
import { useMemo, useState } from 'react';
import { useAct } from '../api/act';
import { post, put, seg } from '../api/client';
import type { Dashboard, Mail } from '../api/dashboards';
import { sentence } from '../api/problem';
import { Time } from '../display/Time';
import { browserZone, zones } from '../display/zone';
import { bodyOf, sent } from './useCopy';

/** A picture of the dashboard by mail, at a time of day. */
export function MailDrawer({ board, close }: { board: Dashboard | null; close: () => void }) {
  return (
    <Drawer opened={board !== null} onClose={close} title="Mail it regularly">
      {board && <Form board={board} close={close} />}
    </Drawer>
  );
}

function Form({ board, close }: { board: Dashboard; close: () => void }) {
  const [mail, setMail] = useState<Mail>(
    () => board.mail ?? { to: [], every: 'daily', at: '08:00', zone: browserZone() },
  );
  const set = (change: Partial<Mail>) => setMail((old) => ({ ...old, ...change }));
  const all = useMemo(zones, []);
  const refresh = [['dashboards']];
  const save = useAct({
    run: (next: Mail | null) =>
      put<Dashboard>(`/dashboards/${seg(board.id)}`, sent({ ...bodyOf(board), mail: next }), board.version),
    quiet: true,
    done: (_r, next) => (next ? 'It will be mailed' : 'It is mailed no longer'),
    refresh,
    after: close,
  });
  const now = useAct({
    run: () => post(`/dashboards/${seg(board.id)}/mail`),
    done: 'It is on its way',
    refresh,
  });
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        save.mutate(mail);
      }}
    >
      <TagsInput
        label="To"
        description="Addresses of people who have an account here; Enter adds one"
        data-autofocus
        value={mail.to}
        onChange={(to) => set({ to })}
        maxTags={50}
      />
      <Select
        label="How often"
        allowDeselect={false}
        data={[
          { value: 'daily', label: 'Each day' },
          { value: 'weekly', label: 'Each Monday' },
          { value: 'monthly', label: 'Each first of the month' },
        ]}
        value={mail.every}
        onChange={(v) => v && set({ every: v as Mail['every'] })}
      />
      <div className="row">
        <TextInput
          label="At"
          type="time"
          required
          value={mail.at}
          onChange={(e) => set({ at: e.currentTarget.value })}
        />
        <Select
          className="grow"
          label="Clock of"
          searchable
          limit={60}
          allowDeselect={false}
          data={all}
          value={mail.zone}
          onChange={(v) => v && set({ zone: v })}
        />
      </div>
      {board.mail?.error && (
        <p className="notice notice-bad">The last one did not leave: {board.mail.error}</p>
      )}
      {board.mail && (
        <p className="small">
          Next: <Time at={board.mail.next} />
        </p>
      )}
      {save.error !== null && (
        <div className="notice notice-bad" role="alert">
          {sentence(save.error)}
        </div>
      )}
      <div className="row drawer-foot">
        <Button type="submit" loading={save.isPending} disabled={mail.to.length === 0 || !mail.at}>
          Save
        </Button>
        {board.mail && (
          <>
            <Button variant="default" loading={now.isPending} onClick={() => now.mutate()}>
              Send now
            </Button>
            <Button variant="subtle" color="red" onClick={() => save.mutate(null)}>
              Stop mailing
            </Button>
          </>
        )}
      </div>
    </form>
  );
}
