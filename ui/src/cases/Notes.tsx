import { Button, Textarea } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAct } from '../api/act';
import { create, put, seg } from '../api/client';
import { isStale, sentence } from '../api/problem';
import { caseDetail } from '../api/queries';
import type { CaseDetail, Note } from '../api/types';
import { Age } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { useMe } from '../session/session';
import classes from './CasePage.module.css';
import { useDraft } from './drafts';

function useSaved(caseId: string) {
  const client = useQueryClient();
  return () => void client.invalidateQueries({ queryKey: ['case', caseId] });
}

/** A new note. The draft stays in this browser until the server has kept it. */
export function NoteComposer({ detail }: { detail: CaseDetail }) {
  const id = detail.case.id;
  const [body, setBody] = useDraft(`note.${id}`);
  const saved = useSaved(id);
  const save = useAct({
    run: () => create(`/cases/${seg(id)}/notes`, { body }),
    quiet: true,
    done: 'Note kept',
    after: () => {
      setBody('');
      saved();
    },
  });
  return (
    <form
      className={classes.composer}
      onSubmit={(e) => {
        e.preventDefault();
        if (body.trim()) save.mutate();
      }}
    >
      <Textarea
        id="note-composer"
        aria-label="New note"
        placeholder="What you see, think or did"
        maxRows={12}
        value={body}
        onChange={(e) => setBody(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === 'Enter' && (e.ctrlKey || e.metaKey) && body.trim()) save.mutate();
        }}
        error={save.error ? `${sentence(save.error)} Your text is kept here.` : undefined}
      />
      <div className="row spread">
        <span className="dim small" role="status">
          {save.isPending ? 'Saving…' : body ? 'Draft, kept in this browser only' : ''}
        </span>
        <Button type="submit" size="xs" variant="default" loading={save.isPending} disabled={!body.trim()}>
          Add note
        </Button>
      </div>
    </form>
  );
}

export function NoteText({ note, detail }: { note: Note; detail: CaseDetail }) {
  const who = useMe();
  const [editing, setEditing] = useState(false);
  if (editing) return <EditNote note={note} caseId={detail.case.id} close={() => setEditing(false)} />;
  return (
    <div>
      <Untrusted text={note.body} lines />
      <div className="row row-tight small">
        {note.edited && (
          <span className="dim">
            edited <Age at={note.edited} />
          </span>
        )}
        {note.author.id === who?.person.id && (
          <Button size="compact-xs" variant="subtle" onClick={() => setEditing(true)}>
            Edit
          </Button>
        )}
      </div>
    </div>
  );
}

/** Edits a note. When someone was quicker, both texts stand side by side and a person chooses. */
function EditNote({ note, caseId, close }: { note: Note; caseId: string; close: () => void }) {
  const client = useQueryClient();
  const [body, setBody] = useDraft(`note.edit.${note.id}`);
  const [started, setStarted] = useState(body !== '');
  const [version, setVersion] = useState(note.version);
  const [theirs, setTheirs] = useState<Note | null>(null);
  const saved = useSaved(caseId);
  const text = started ? body : note.body;
  const leave = () => {
    setBody('');
    close();
  };
  const save = useAct({
    run: () => put(`/notes/${seg(note.id)}`, { body: text }, version),
    quiet: true,
    done: 'Note kept',
    after: () => {
      leave();
      saved();
    },
  });
  const send = () =>
    save.mutate(undefined, {
      onError: async (e) => {
        if (!isStale(e)) return;
        const now = await client.fetchQuery({ ...caseDetail(caseId), staleTime: 0 });
        const found = now.notes.find((n) => n.id === note.id);
        if (!found) return;
        setTheirs(found);
        setVersion(found.version);
      },
    });
  return (
    <form
      className="stack-tight"
      onSubmit={(e) => {
        e.preventDefault();
        send();
      }}
    >
      <div className={theirs ? classes.sides : undefined}>
        {theirs && (
          <div className="notice notice-bad" role="alert">
            <strong>Saved by somebody else meanwhile</strong>
            <Untrusted text={theirs.body} lines />
          </div>
        )}
        <Textarea
          aria-label={theirs ? 'Your version' : 'Note'}
          label={theirs ? 'Your version' : undefined}
          value={text}
          autoFocus
          onChange={(e) => {
            setStarted(true);
            setBody(e.currentTarget.value);
          }}
          error={save.error && !isStale(save.error) ? sentence(save.error) : undefined}
        />
      </div>
      <div className="row">
        <Button type="submit" size="xs" loading={save.isPending} disabled={!text.trim()}>
          {theirs ? 'Keep mine instead' : 'Save'}
        </Button>
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            if (theirs) saved();
            leave();
          }}
        >
          {theirs ? 'Take theirs' : 'Cancel'}
        </Button>
      </div>
    </form>
  );
}
