import { Autocomplete, Button, Drawer, Textarea, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useAct } from '../api/act';
import { create } from '../api/client';
import type { Case, CaseDetail } from '../api/types';
import { caseTypes } from './types';

export function NewCase({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Drawer opened={opened} onClose={close} title="Open a case by hand">
      {opened && <Form close={close} />}
    </Drawer>
  );
}

function Form({ close }: { close: () => void }) {
  const go = useNavigate();
  const [title, setTitle] = useState('');
  const [summary, setSummary] = useState('');
  const [type, setType] = useState('');
  const open = useAct({
    run: () => create<Case | CaseDetail>('/cases', { title, summary, type: type || undefined }),
    refresh: [['cases'], ['inbox']],
    after: (answer) => {
      const c = 'case' in answer ? answer.case : answer;
      void go({ to: '/cases/$id', params: { id: c.id } });
    },
    done: (answer) => `${'case' in answer ? answer.case.number : answer.number} is open`,
  });
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        open.mutate();
      }}
    >
      <TextInput
        label="Title"
        description="What is wrong, and where"
        required
        data-autofocus
        value={title}
        onChange={(e) => setTitle(e.currentTarget.value)}
      />
      <Textarea
        label="Summary"
        required
        minRows={4}
        value={summary}
        onChange={(e) => setSummary(e.currentTarget.value)}
      />
      <Autocomplete
        label="Type"
        placeholder="class/type"
        data={caseTypes}
        limit={12}
        value={type}
        onChange={setType}
      />
      <div className="row">
        <Button type="submit" loading={open.isPending} disabled={!title.trim() || !summary.trim()}>
          Open the case
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
      </div>
    </form>
  );
}
