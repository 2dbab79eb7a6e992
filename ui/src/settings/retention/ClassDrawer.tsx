import { Button, Drawer, NumberInput, Textarea, TextInput } from '@mantine/core';
import { useState } from 'react';
import { sentence } from '../../api/problem';
import type { KeepClass } from '../../api/retention';
import { TwoPeople } from './TwoPeople';
import { useRequest } from './useRequest';

type Props = { of: KeepClass | 'new' | null; delayHours: number; close: () => void };

export function ClassDrawer({ of, delayHours, close }: Props) {
  return (
    <Drawer
      opened={of !== null}
      onClose={close}
      title={of === 'new' ? 'New class' : `Class ${of?.name ?? ''}`}
    >
      {of && <Form of={of === 'new' ? null : of} delayHours={delayHours} close={close} />}
    </Drawer>
  );
}

const gb = 1024 ** 3;

function Form({ of, delayHours, close }: Omit<Props, 'of'> & { of: KeepClass | null }) {
  const [name, setName] = useState(of?.name ?? '');
  const [days, setDays] = useState<number | string>(of?.days ?? 90);
  const [size, setSize] = useState<number | string>(of ? of.max_bytes / gb : 0);
  const [floor, setFloor] = useState<number | string>(of?.floor_days ?? 0);
  const [reason, setReason] = useState('');
  const ask = useRequest(close);
  const [d, s, f] = [Number(days), Math.round(Number(size) * gb), Number(floor)];
  const shorter =
    of !== null &&
    ((d > 0 && (of.days === 0 || d < of.days)) ||
      (s > 0 && (of.max_bytes === 0 || s < of.max_bytes)) ||
      (f > 0 && (of.floor_days === 0 || f < of.floor_days)));
  const ready = /^[a-z0-9][a-z0-9_-]{0,31}$/.test(name) && reason.trim().length >= 3;
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (ready)
          ask.mutate({
            kind: 'class',
            name,
            days: d,
            max_bytes: s,
            floor_days: f,
            reason: reason.trim(),
          });
      }}
    >
      {of === null && (
        <TextInput
          label="Name"
          description="Small letters, figures, - and _"
          required
          data-autofocus
          maxLength={32}
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
        />
      )}
      <NumberInput
        label="Kept for (days)"
        description="0 is for ever"
        min={0}
        max={36_500}
        value={days}
        onChange={setDays}
      />
      <NumberInput
        label="At most (GiB)"
        description="The oldest go first when it is more; 0 is no limit"
        min={0}
        decimalScale={2}
        value={size}
        onChange={setSize}
      />
      <NumberInput
        label="A full disk may drop them after (days)"
        description="Only if the disk fills up; 0 is never"
        min={0}
        max={36_500}
        value={floor}
        onChange={setFloor}
      />
      <TwoPeople shortens={shorter} delayHours={delayHours} />
      <Textarea
        label="Reason"
        description="Stands in the record with your name"
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
        {of && of.name !== 'default' && (
          <Button
            variant="subtle"
            color="red"
            disabled={reason.trim().length < 3}
            onClick={() => ask.mutate({ kind: 'class_removal', name: of.name, reason: reason.trim() })}
          >
            Ask to remove the class
          </Button>
        )}
      </div>
    </form>
  );
}
