import { Button, Drawer, Textarea, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAct } from '../api/act';
import { put, seg } from '../api/client';
import { isStale, sentence } from '../api/problem';
import { article } from '../api/queries';
import type { Article } from '../api/types';
import { Untrusted } from '../display/Untrusted';

type Text = Pick<Article, 'title' | 'type' | 'symptoms' | 'cause' | 'solution'>;

export function ArticleForm({ of, close }: { of: Article | null; close: () => void }) {
  return (
    <Drawer opened={of !== null} onClose={close} title="Edit the article" size="xl">
      {of && <Form of={of} close={close} />}
    </Drawer>
  );
}

function Form({ of, close }: { of: Article; close: () => void }) {
  const client = useQueryClient();
  const [text, setText] = useState<Text>({
    title: of.title,
    type: of.type,
    symptoms: of.symptoms,
    cause: of.cause,
    solution: of.solution,
  });
  const [version, setVersion] = useState(of.version);
  const [theirs, setTheirs] = useState<Article | null>(null);
  const set = (name: keyof Text) => (e: { currentTarget: { value: string } }) => {
    const { value } = e.currentTarget;
    setText((t) => ({ ...t, [name]: value }));
  };
  const save = useAct({
    run: () => put(`/articles/${seg(of.id)}`, text, version),
    done: 'Article kept',
    refresh: [['article', of.id], ['articles']],
    quiet: true,
    after: close,
  });
  const send = () =>
    save.mutate(undefined, {
      onError: async (e) => {
        if (!isStale(e)) return;
        const now = await client.fetchQuery({ ...article(of.id), staleTime: 0 });
        setTheirs(now);
        setVersion(now.version);
      },
    });
  const parts = ['symptoms', 'cause', 'solution'] as const;
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        send();
      }}
    >
      {theirs && (
        <div className="notice notice-bad" role="alert">
          <strong>Somebody else saved this article meanwhile.</strong> Theirs stands below each field of yours
          that differs. Saving now keeps yours.
        </div>
      )}
      <TextInput label="Title" required value={text.title} onChange={set('title')} />
      <TextInput label="Type" value={text.type} onChange={set('type')} />
      {parts.map((p) => (
        <div key={p} className="stack-tight">
          <Textarea
            label={p[0]?.toUpperCase() + p.slice(1)}
            minRows={4}
            maxRows={16}
            value={text[p]}
            onChange={set(p)}
          />
          {theirs && theirs[p] !== text[p] && (
            <div className="notice">
              <span className="dim small">Theirs</span>
              <Untrusted text={theirs[p]} lines />
            </div>
          )}
        </div>
      ))}
      {save.error !== null && !isStale(save.error) && (
        <div className="notice notice-bad" role="alert">
          {sentence(save.error)}
        </div>
      )}
      <div className="row">
        <Button type="submit" loading={save.isPending} disabled={!text.title.trim()}>
          {theirs ? 'Keep mine instead' : 'Save'}
        </Button>
        <Button variant="default" onClick={close}>
          {theirs ? 'Take theirs' : 'Cancel'}
        </Button>
      </div>
    </form>
  );
}
