import { Button, TextInput } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { useAct } from '../../api/act';
import { create, put, seg } from '../../api/client';
import type { ChangedRule, Mistake } from '../../api/detection';
import { isStale, sentence } from '../../api/problem';
import { useDraft } from '../../cases/drafts';
import { Panel } from '../../display/Page';
import { Severity } from '../../display/Tag';
import { Untrusted } from '../../display/Untrusted';
import { IconCopy, IconFlask } from '../../icons';
import { BacktestDialog } from '../backtests/BacktestDialog';
import { afterChange, warnOfReload } from '../reload';
import { logsourceText } from '../rules/find';
import { CodeEditor, type EditorHandle } from './CodeEditor';
import { DeleteRule } from './DeleteRule';
import { Findings } from './Findings';
import { uuid, withNewId } from './templates';
import { useCheck } from './useCheck';

type Props = {
  draftKey: string;
  start: string;
  own?: { id: string; version: number; deleted: boolean };
  /** The title of somebody else's rule that this began as. */
  copyOf?: string;
};

const none: Mistake[] = [];

export function EditorForm({ draftKey, start, own, copyOf }: Props) {
  const go = useNavigate();
  const [draft, setDraft] = useDraft(draftKey);
  const text = draft || start;
  const changed = draft !== '' && draft !== start;
  const [note, setNote] = useState('');
  const [testing, setTesting] = useState(false);
  const editor = useRef<EditorHandle>(null);
  const { check, error, current, ok } = useCheck(text, 'rule');
  const save = useAct<void, ChangedRule>({
    run: () =>
      own
        ? put(`/rules/${seg(own.id)}`, { yaml: text, note: note.trim() }, own.version)
        : create('/rules', { yaml: text, note: note.trim() }),
    done: (r) => `${r.title} is kept as version ${r.number}`,
    refresh: afterChange,
    quiet: true,
    after: (r) => {
      setDraft('');
      warnOfReload(r.reload);
      void go({ to: '/detection/rules/$id', params: { id: r.id } });
    },
  });
  const show = (line: number, column: number) => editor.current?.show(line, column);
  return (
    <div className="grid2">
      <form
        className="stack"
        onSubmit={(e) => {
          e.preventDefault();
          if (ok && note.trim()) save.mutate();
        }}
      >
        <CodeEditor
          ref={editor}
          text={text}
          set={setDraft}
          label="Rule (YAML)"
          describedBy="findings"
          errors={check?.errors ?? none}
          warnings={check?.warnings ?? none}
          rows={27}
        />
        <TextInput
          label={own ? 'What changed and why' : 'What it is for'}
          description="Stands with the version and in the record"
          required
          maxLength={1000}
          value={note}
          onChange={(e) => setNote(e.currentTarget.value)}
        />
        {save.error !== null && (
          <div className="notice notice-bad" role="alert">
            {isStale(save.error) && own ? (
              <>
                <strong>Somebody else changed this rule meanwhile.</strong> Your text is kept here.{' '}
                <Link to="/detection/rules/$id" params={{ id: own.id }} reloadDocument>
                  Look at theirs
                </Link>
                , then edit again.
              </>
            ) : (
              sentence(save.error)
            )}
          </div>
        )}
        <div className="row">
          <Button type="submit" loading={save.isPending} disabled={!ok || !note.trim()}>
            {own ? 'Save the next version' : 'Save and use it'}
          </Button>
          <Button
            variant="default"
            leftSection={<IconFlask size={15} />}
            disabled={!ok}
            onClick={() => setTesting(true)}
          >
            Back-test the draft
          </Button>
          {changed && (
            <Button variant="subtle" onClick={() => setDraft('')}>
              Drop the changes
            </Button>
          )}
          {own && !own.deleted && <DeleteRule id={own.id} version={own.version} />}
        </div>
      </form>
      <div className="stack">
        <Findings id="findings" check={check} current={current} error={error} show={show} />
        {check?.ok && (
          <Panel id="read" title="As it is understood">
            <dl className="facts">
              <dt>title</dt>
              <dd>
                <Untrusted text={check.title} />
              </dd>
              <dt>level</dt>
              <dd>
                <Severity value={check.level} />
              </dd>
              {check.kind === 'rule' && (
                <>
                  <dt>log source</dt>
                  <dd>{logsourceText(check.logsource)}</dd>
                </>
              )}
              {check.needs.length > 0 && (
                <>
                  <dt>needs</dt>
                  <dd className="mono">{check.needs.map((any) => any.join(' or ')).join(', and ')}</dd>
                </>
              )}
              {check.replaces && check.replaces.id !== own?.id && (
                <>
                  <dt>takes the place of</dt>
                  <dd>
                    <Link to="/detection/rules/$id" params={{ id: check.replaces.id }}>
                      <Untrusted text={check.replaces.title} />
                    </Link>
                  </dd>
                </>
              )}
            </dl>
            {copyOf && check.replaces && (
              <div className="row">
                <Button
                  size="xs"
                  variant="default"
                  leftSection={<IconCopy size={13} />}
                  onClick={() => setDraft(withNewId(text, uuid()))}
                >
                  Make it a rule beside it
                </Button>
              </div>
            )}
          </Panel>
        )}
        <p className="dim small">
          <kbd>Ctrl</kbd> <kbd>]</kbd> and <kbd>Ctrl</kbd> <kbd>[</kbd> move lines in and out; <kbd>Tab</kbd>{' '}
          leaves the editor. What you type is kept in this browser until it is saved.
        </p>
      </div>
      <BacktestDialog
        opened={testing}
        close={() => setTesting(false)}
        title={check?.title || 'the draft'}
        yaml={text}
        correlation={check?.kind === 'correlation'}
      />
    </div>
  );
}
