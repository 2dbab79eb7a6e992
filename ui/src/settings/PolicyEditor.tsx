import { Button, Modal, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { useAct } from '../api/act';
import { create, post } from '../api/client';
import { policy } from '../api/queries';
import type { Policy, PolicyCheck } from '../api/types';
import { useDraft } from '../cases/drafts';
import { Matrix } from '../cases/Matrix';
import { Panel } from '../display/Page';
import { Time } from '../display/Time';
import { Loaded } from '../display/Waiting';
import { useCan } from '../session/session';
import { positionOf } from './position';

export function PolicyEditor() {
  const found = useQuery(policy);
  return (
    <Loaded query={found} lines={10}>
      {(p) => (
        <div className="grid2">
          <Editor key={p.version} of={p} />
          <div className="stack">
            <Panel id="inforce" title={`In force: version ${p.version}`}>
              <dl className="facts">
                <dt>since</dt>
                <dd>
                  <Time at={p.effective} />
                </dd>
                <dt>by</dt>
                <dd>{typeof p.author === 'string' ? p.author : p.author?.name}</dd>
                <dt>hash</dt>
                <dd className="mono">{p.hash}</dd>
              </dl>
              <Matrix matrix={p.matrix} impact={0} urgency={0} />
            </Panel>
            <Panel id="criteria" title="Criteria">
              <ol className="bare-list stack">
                {p.criteria.map((c) => (
                  <li key={c.id} className="small">
                    <strong>
                      {c.id} {c.title}
                    </strong>
                    <p>{c.text}</p>
                  </li>
                ))}
              </ol>
            </Panel>
          </div>
        </div>
      )}
    </Loaded>
  );
}

function Editor({ of }: { of: Policy }) {
  const can = useCan();
  const [draft, setDraft] = useDraft(`policy.${of.version}`);
  const text = draft || of.body;
  const [checked, setChecked] = useState<{ text: string; result: PolicyCheck } | null>(null);
  const [asking, setAsking] = useState(false);
  const [note, setNote] = useState('');
  const area = useRef<HTMLTextAreaElement>(null);
  const check = useAct({
    run: () => post<PolicyCheck>('/policy/check', { body: text }),
    after: (result) => setChecked({ text, result }),
  });
  const publish = useAct({
    run: () => create('/policy', { body: text, note }),
    done: 'The new version is in force',
    refresh: [['policy']],
    after: () => {
      setAsking(false);
      setDraft('');
    },
  });
  // A draft that was changed after its check has not been checked.
  const result = checked?.text === text ? checked.result : null;
  const changed = text !== of.body;
  const show = (line: number, column: number) => {
    const el = area.current;
    if (!el) return;
    const at = positionOf(text, line, column);
    el.focus();
    el.setSelectionRange(at, at + 1);
  };
  return (
    <Panel
      id="policy"
      title="Classification policy"
      side={changed && <span className="dim small">changed, not published</span>}
    >
      <div className="stack">
        <p className="dim small">
          What makes an event an incident, who leads, which track, how matters are ranked. A case keeps the
          version that it was judged by.
        </p>
        <Textarea
          ref={area}
          aria-label="Policy (YAML)"
          minRows={20}
          maxRows={34}
          spellCheck={false}
          readOnly={!can('policy.admin')}
          styles={{
            input: {
              fontFamily: 'var(--mantine-font-family-monospace)',
              whiteSpace: 'pre',
              overflowX: 'auto',
            },
          }}
          value={text}
          onChange={(e) => setDraft(e.currentTarget.value)}
        />
        {result && <Result result={result} show={show} />}
        {can('policy.admin') && (
          <div className="row">
            <Button variant="default" loading={check.isPending} onClick={() => check.mutate()}>
              Check
            </Button>
            <Button disabled={!result?.ok || !changed} onClick={() => setAsking(true)}>
              Publish…
            </Button>
            {changed && (
              <Button variant="subtle" onClick={() => setDraft('')}>
                Drop the changes
              </Button>
            )}
            {changed && !result && <span className="dim small">Check it before publishing.</span>}
          </div>
        )}
      </div>
      <Modal opened={asking} onClose={() => setAsking(false)} title={`Publish version ${of.version + 1}?`}>
        <form
          className="stack"
          onSubmit={(e) => {
            e.preventDefault();
            publish.mutate();
          }}
        >
          <p>Every case from now on is judged by it. It is recorded with your name; old versions stay.</p>
          <TextInput
            label="What changed and why"
            required
            value={note}
            onChange={(e) => setNote(e.currentTarget.value)}
          />
          <div className="row">
            <Button type="submit" loading={publish.isPending} disabled={!note.trim()}>
              Publish
            </Button>
            <Button variant="default" onClick={() => setAsking(false)}>
              Not yet
            </Button>
          </div>
        </form>
      </Modal>
    </Panel>
  );
}

function Result({ result, show }: { result: PolicyCheck; show: (line: number, column: number) => void }) {
  return (
    <div className={`notice ${result.ok ? '' : 'notice-bad'}`} role="status">
      <strong>{result.ok ? 'It holds together.' : 'It cannot be published yet.'}</strong> Its examples:{' '}
      {result.examples.passed} passed, {result.examples.failed} failed.
      {(result.errors ?? []).length > 0 && (
        <ul>
          {result.errors.map((e) => (
            <li key={`${e.line}:${e.column} ${e.detail}`}>
              <button type="button" className="pivot" onClick={() => show(e.line, e.column)}>
                line {e.line}, column {e.column}
              </button>
              : {e.detail}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
