import { Button, Modal } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useAct } from '../../api/act';
import { remove, seg } from '../../api/client';
import { afterChange } from '../reload';

export function DeleteRule({ id, version }: { id: string; version: number }) {
  const go = useNavigate();
  const [asking, setAsking] = useState(false);
  const act = useAct({
    run: () => remove(`/rules/${seg(id)}`, version),
    done: 'The rule is deleted; its versions stay',
    refresh: afterChange,
    after: () => void go({ to: '/detection/rules/$id', params: { id } }),
  });
  return (
    <>
      <Button variant="subtle" color="red" onClick={() => setAsking(true)}>
        Delete…
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title="Delete the rule?">
        <div className="stack">
          <p>It watches nothing from now on. Its versions stay, and rolling back brings it back.</p>
          <div className="row">
            <Button color="red" loading={act.isPending} onClick={() => act.mutate()}>
              Delete
            </Button>
            <Button variant="default" onClick={() => setAsking(false)}>
              Keep it
            </Button>
          </div>
        </div>
      </Modal>
    </>
  );
}
