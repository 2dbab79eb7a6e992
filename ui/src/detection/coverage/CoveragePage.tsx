import { Button, Menu, SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedCallback, useMediaQuery } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useDeferredValue, useMemo, useRef, useState } from 'react';
import { toastError } from '../../api/act';
import { get } from '../../api/client';
import type { Coverage } from '../../api/detection';
import { coverage } from '../../api/detectionQueries';
import { download } from '../../display/copy';
import { Empty, Loaded } from '../../display/Waiting';
import { number } from '../../display/words';
import { IconChevronDown, IconDownload, IconRadar, IconSearch } from '../../icons';
import { useKeys } from '../../shell/useKeys';
import { Frame } from '../Frame';
import classes from './Coverage.module.css';
import { pick, type Show, technique, totals } from './cover';
import { Legend } from './Legend';
import { Matrix } from './Matrix';
import { TacticList } from './TacticList';
import { TechniqueDrawer } from './TechniqueDrawer';

const route = getRouteApi('/signed-in/detection/coverage');

async function navigator(by: string): Promise<void> {
  try {
    const layer = await get<unknown>('/coverage/navigator', { by });
    download(`tocsin-attack-${by}.json`, JSON.stringify(layer, null, 2));
  } catch (e) {
    toastError(e);
  }
}

export function CoveragePage() {
  const found = useQuery(coverage);
  return (
    <Frame
      title="Coverage"
      sub={
        found.data
          ? `MITRE ATT&CK ${found.data.version}: which techniques the rules in use would notice`
          : 'Which techniques the rules in use would notice'
      }
      actions={<Export />}
    >
      <Loaded query={found} lines={14}>
        {(c) => <Body of={c} />}
      </Loaded>
    </Frame>
  );
}

function Export() {
  return (
    <Menu shadow="md" width={260} position="bottom-end">
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<IconDownload size={15} />}
          rightSection={<IconChevronDown size={14} />}
        >
          Navigator layer
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>For the ATT&CK Navigator, coloured by</Menu.Label>
        <Menu.Item onClick={() => void navigator('rules')}>rules</Menu.Item>
        <Menu.Item onClick={() => void navigator('live')}>rules that are live</Menu.Item>
        <Menu.Item onClick={() => void navigator('hits')}>hits in 30 days</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function Body({ of: c }: { of: Coverage }) {
  const search = route.useSearch();
  const go = route.useNavigate();
  const phone = useMediaQuery('(max-width: 48em)', false, { getInitialValueInEffect: false });
  const box = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(search.q ?? '');
  const set = useCallback(
    (change: Partial<typeof search>) => void go({ search: (s) => ({ ...s, ...change }), replace: true }),
    [go],
  );
  const setQuery = useDebouncedCallback((q: string) => set({ q: q || undefined }), 120);
  const show = (search.show ?? 'all') as Show;
  const wanted = useDeferredValue(search.q ?? '');
  const tactics = useMemo(() => pick(c.tactics, wanted, show), [c, wanted, show]);
  const sums = useMemo(() => totals(c), [c]);
  const open = useCallback((id: string) => set({ technique: id }), [set]);
  const chosen = search.technique ? technique(c, search.technique) : undefined;
  useKeys([{ keys: '/', label: 'Find a technique', group: 'Coverage', run: () => box.current?.focus() }]);
  return (
    <>
      <p>
        <strong>
          {number(sums.live)} of {number(sums.techniques)} techniques
        </strong>{' '}
        have a rule that can fire. {number(sums.waiting)} wait for events, {number(sums.blind)} have blind
        rules only, {number(sums.none)} have none.
      </p>
      <div className="row">
        <TextInput
          ref={box}
          className="grow"
          aria-label="Find a technique"
          placeholder="A technique, such as T1059 or phishing"
          leftSection={<IconSearch size={15} />}
          value={typed}
          onChange={(e) => {
            setTyped(e.currentTarget.value);
            setQuery(e.currentTarget.value);
          }}
        />
        <SegmentedControl
          className="choice"
          aria-label="Show"
          data={[
            { value: 'all', label: 'All' },
            { value: 'covered', label: 'Live' },
            { value: 'uncovered', label: 'Not live' },
            { value: 'hits', label: 'With hits' },
          ]}
          value={show}
          onChange={(v) => set({ show: v === 'all' ? undefined : v })}
        />
      </div>
      <Legend />
      {tactics.length === 0 ? (
        <div className="panel">
          <Empty icon={<IconRadar size={30} aria-hidden />} title="No technique fits">
            <p>Use fewer words, or show all.</p>
          </Empty>
        </div>
      ) : phone ? (
        <TacticList tactics={tactics} open={open} expanded={wanted !== '' || show !== 'all'} />
      ) : (
        <Matrix tactics={tactics} open={open} chosen={search.technique ?? ''} />
      )}
      <Tags of={c} />
      <TechniqueDrawer
        of={chosen}
        missing={search.technique && !chosen ? search.technique : ''}
        close={() => set({ technique: undefined })}
        open={open}
      />
    </>
  );
}

/** What of the rules stands outside of the matrix. */
function Tags({ of: c }: { of: Coverage }) {
  const lines = [
    ...c.unknown.map((u) => ({ key: u.tag, text: `${u.tag}: names nothing in ATT&CK`, rules: u.rules })),
    ...c.replaced.map((r) => ({
      key: r.was,
      text: `${r.was}: retired, counted as ${r.now}`,
      rules: r.rules,
    })),
  ];
  return (
    <div className="small dim stack-tight">
      <p>{number(c.untagged)} rules name no technique.</p>
      {lines.length > 0 && (
        <details>
          <summary className={classes.summary}>
            {number(lines.length)} tags that are unknown or retired
          </summary>
          <ul>
            {lines.map((l) => (
              <li key={l.key}>
                {l.text} ({number(l.rules)} rules)
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
