import { Drawer, SegmentedControl, Select } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import type { Mistake } from '../../api/detection';
import { packs, ruleBook, rule as ruleQuery } from '../../api/detectionQueries';
import { Loaded } from '../../display/Waiting';
import { CodeEditor } from '../editor/CodeEditor';
import { Findings } from '../editor/Findings';
import { useCheck } from '../editor/useCheck';
import { BacktestForm } from './BacktestForm';

export function NewBacktest({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Drawer opened={opened} onClose={close} title="New back-test" size="xl">
      {opened && <Choose close={close} />}
    </Drawer>
  );
}

function Choose({ close }: { close: () => void }) {
  const [what, setWhat] = useState('set');
  return (
    <div className="stack">
      <SegmentedControl
        className="choice"
        aria-label="What to run"
        data={[
          { value: 'set', label: 'The rules in use' },
          { value: 'rule', label: 'A rule' },
          { value: 'pack', label: 'A pack' },
          { value: 'draft', label: 'A draft' },
        ]}
        value={what}
        onChange={setWhat}
      />
      {what === 'set' && <BacktestForm close={close} title="All rules in use" correlation />}
      {what === 'rule' && <OfRule close={close} />}
      {what === 'pack' && <OfPack close={close} />}
      {what === 'draft' && <OfDraft close={close} />}
    </div>
  );
}

function OfRule({ close }: { close: () => void }) {
  const book = useQuery(ruleBook);
  const [id, setId] = useState('');
  const chosen = useQuery({ ...ruleQuery(id), enabled: id !== '' });
  const data = useMemo(() => {
    const seen = new Set<string>();
    return (book.data?.items ?? []).map((r) => {
      const label = seen.has(r.title) ? `${r.title} (${r.id})` : r.title;
      seen.add(r.title);
      return { value: r.id, label };
    });
  }, [book.data]);
  return (
    <>
      <Select
        label="Rule"
        placeholder={book.data ? 'Type words of its title' : 'The rules are being loaded'}
        data={data}
        searchable
        limit={50}
        value={id || null}
        onChange={(v) => setId(v ?? '')}
      />
      {id !== '' && (
        <Loaded query={chosen} lines={3}>
          {(d) => (
            <BacktestForm
              key={id}
              close={close}
              title={d.rule.title}
              yaml={d.yaml}
              correlation={d.rule.correlation}
            />
          )}
        </Loaded>
      )}
    </>
  );
}

function OfPack({ close }: { close: () => void }) {
  const found = useQuery(packs);
  const [at, setAt] = useState('');
  const all = (found.data?.items ?? []).flatMap((p) =>
    p.versions.map((v) => ({
      value: `${p.name}/${v.version}`,
      label: `${p.name} ${v.version}${v.active ? ', in use' : ''}`,
      pack: { name: p.name, version: v.version },
    })),
  );
  const chosen = all.find((x) => x.value === at);
  return (
    <>
      <Select
        label="Version of a pack"
        placeholder={found.data && all.length === 0 ? 'No pack is installed' : 'Choose one'}
        data={all.map(({ value, label }) => ({ value, label }))}
        searchable
        value={at || null}
        onChange={(v) => setAt(v ?? '')}
      />
      {chosen && <BacktestForm close={close} title={chosen.label} pack={chosen.pack} />}
    </>
  );
}

const none: Mistake[] = [];

function OfDraft({ close }: { close: () => void }) {
  const [text, setText] = useState('');
  const { check, error, current, ok } = useCheck(text, 'rule');
  return (
    <>
      <CodeEditor
        text={text}
        set={setText}
        label="Draft (YAML)"
        errors={check?.errors ?? none}
        warnings={check?.warnings ?? none}
        rows={14}
      />
      <Findings id="draft-findings" check={check} current={current} error={error} show={() => {}} />
      {ok && (
        <BacktestForm
          close={close}
          title={check?.title ?? 'The draft'}
          yaml={text}
          correlation={check?.kind === 'correlation'}
        />
      )}
    </>
  );
}
