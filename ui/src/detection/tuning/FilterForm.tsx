import { Button, Drawer, Select, Textarea, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useRef, useState } from 'react';
import { useAct } from '../../api/act';
import { create } from '../../api/client';
import type { Filter, Mistake, Reload, RuleDetail } from '../../api/detection';
import { sentence } from '../../api/problem';
import { people } from '../../api/queries';
import { number } from '../../display/words';
import { useCan, useMe } from '../../session/session';
import { CodeEditor, type EditorHandle } from '../editor/CodeEditor';
import { Findings } from '../editor/Findings';
import { newFilter, uuid } from '../editor/templates';
import { useCheck } from '../editor/useCheck';
import { afterChange, warnOfReload } from '../reload';

type Props = { opened: boolean; close: () => void; rule: RuleDetail };

export function FilterForm({ opened, close, rule }: Props) {
  return (
    <Drawer opened={opened} onClose={close} title="Tune with a filter" size="xl">
      {opened && <Form close={close} rule={rule} />}
    </Drawer>
  );
}

const none: Mistake[] = [];
const inDays = (n: number): string => new Date(Date.now() + n * 86_400_000).toISOString().slice(0, 10);

function Form({ close, rule }: Omit<Props, 'opened'>) {
  const me = useMe();
  const can = useCan();
  const persons = useQuery({ ...people, enabled: can('people.read') }).data?.items ?? [];
  const start = useMemo(() => newFilter(uuid(), { ...rule.rule, fields: rule.fields }), [rule]);
  const [text, setText] = useState(start);
  const [reason, setReason] = useState('');
  const [owner, setOwner] = useState(me?.person.id ?? '');
  const [ends, setEnds] = useState(inDays(90));
  const editor = useRef<EditorHandle>(null);
  const { check, error, current, ok } = useCheck(text, 'filter');
  const applies = check?.applies ?? [];
  const add = useAct<void, { filter: Filter; reload: Reload }>({
    run: () =>
      create('/rule-filters', {
        yaml: text,
        reason: reason.trim(),
        owner,
        expires: `${ends}T23:59:59Z`,
      }),
    done: 'The filter is in use',
    refresh: afterChange,
    quiet: true,
    after: (r) => {
      warnOfReload(r.reload);
      close();
    },
  });
  const ready = ok && text !== start && reason.trim().length >= 3 && ends !== '';
  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        if (ready) add.mutate();
      }}
    >
      <p className="small">
        A Sigma filter. <code>condition: not known</code> holds back the hits that the selection{' '}
        <code>known</code> names; all others still raise alerts.
      </p>
      <CodeEditor
        ref={editor}
        text={text}
        set={setText}
        label="Filter (YAML)"
        describedBy="filter-findings"
        errors={check?.errors ?? none}
        warnings={check?.warnings ?? none}
        rows={14}
      />
      <Findings
        id="filter-findings"
        check={check}
        current={current}
        error={error}
        show={(line, column) => editor.current?.show(line, column)}
      />
      {check?.ok && (
        <p className="small">
          {applies.length === 0
            ? 'It applies to no rule that is loaded.'
            : applies.length === 1
              ? `It applies to one rule: ${applies[0]?.title}.`
              : `It applies to ${number(applies.length)} rules.`}
        </p>
      )}
      <Textarea
        label="Reason"
        description="Why this is known and harmless"
        required
        maxLength={1000}
        value={reason}
        onChange={(e) => setReason(e.currentTarget.value)}
      />
      <div className="row">
        {persons.length > 0 && (
          <Select
            className="grow"
            label="Who answers for it"
            data={persons.filter((p) => p.active).map((p) => ({ value: p.id, label: p.name }))}
            value={owner}
            allowDeselect={false}
            searchable
            onChange={(v) => setOwner(v ?? '')}
          />
        )}
        <TextInput
          className="grow"
          type="date"
          label="Ends on (UTC)"
          required
          min={inDays(1)}
          max={inDays(729)}
          value={ends}
          onChange={(e) => setEnds(e.currentTarget.value)}
        />
      </div>
      {add.error !== null && (
        <div className="notice notice-bad" role="alert">
          {sentence(add.error)}
        </div>
      )}
      <div className="row">
        <Button type="submit" loading={add.isPending} disabled={!ready}>
          Add the filter
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        {text === start && <span className="dim small">Name what is known, in place of the example.</span>}
      </div>
    </form>
  );
}
