import { Button, SegmentedControl, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { type Saved, savedList } from '../../api/saved';
import { Empty, Loaded } from '../../display/Waiting';
import { number } from '../../display/words';
import { IconBookmark, IconPlus, IconSearch } from '../../icons';
import { useMe } from '../../session/session';
import { useKeys } from '../../shell/useKeys';
import { Frame } from '../Frame';
import { readState } from '../state';
import { type Draft, draftOf } from './draft';
import { SaveDrawer } from './SaveDrawer';
import { SavedTable } from './SavedTable';

const route = getRouteApi('/signed-in/search/saved');

const kinds = [
  { value: 'all', label: 'All' },
  { value: 'mine', label: 'Mine' },
  { value: 'shared', label: 'Shared' },
  { value: 'scheduled', label: 'Scheduled' },
];

function fits(s: Saved, q: string, show: string, me: string): boolean {
  if (show === 'mine' && s.owner !== me) return false;
  if (show === 'shared' && !s.shared) return false;
  if (show === 'scheduled' && !s.schedule?.enabled) return false;
  const text = `${s.name} ${s.description} ${s.q} ${s.owner_name}`.toLowerCase();
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((w) => text.includes(w));
}

/** Searches that were kept, and what the scheduled ones found last. */
export function SavedPage() {
  const { q = '', show = 'all', do: wanted } = route.useSearch();
  const go = route.useNavigate();
  const me = useMe()?.person.id ?? '';
  const box = useRef<HTMLInputElement>(null);
  const found = useQuery(savedList);
  const [draft, setDraft] = useState<Draft | null>(wanted === 'new' ? draftOf(readState({})) : null);
  const set = (change: { q?: string; show?: string }) =>
    void go({ search: (s) => ({ ...s, ...change }), replace: true });
  useKeys([
    { keys: '/', label: 'Filter', group: 'Saved searches', run: () => box.current?.focus() },
    {
      keys: 'n',
      label: 'New saved search',
      group: 'Saved searches',
      run: () => setDraft(draftOf(readState({}))),
    },
  ]);
  return (
    <Frame
      title="Saved searches"
      sub="Questions worth asking again; some ask themselves and raise an alert"
      actions={
        <Button leftSection={<IconPlus size={15} />} onClick={() => setDraft(draftOf(readState({})))}>
          New
        </Button>
      }
    >
      <div className="row">
        <TextInput
          ref={box}
          className="grow"
          aria-label="Filter saved searches"
          placeholder="Words of the name, the query or the owner"
          leftSection={<IconSearch size={15} />}
          value={q}
          onChange={(e) => set({ q: e.currentTarget.value || undefined })}
        />
        <SegmentedControl
          aria-label="Which"
          data={kinds}
          value={show}
          onChange={(v) => set({ show: v === 'all' ? undefined : v })}
        />
      </div>
      <Loaded query={found} lines={6}>
        {({ items }) => {
          const fit = items.filter((s) => fits(s, q.trim(), show, me));
          if (items.length === 0) return <None />;
          return (
            <>
              <p className="dim small" aria-live="polite">
                {number(fit.length)} of {number(items.length)}
              </p>
              {fit.length > 0 && <SavedTable items={fit} edit={setDraft} />}
            </>
          );
        }}
      </Loaded>
      <SaveDrawer draft={draft} close={() => setDraft(null)} />
    </Frame>
  );
}

function None() {
  return (
    <div className="panel">
      <Empty icon={<IconBookmark size={30} aria-hidden />} title="No search is saved yet">
        <p>
          A search that you ask more than once is worth a name. <Link to="/search">Search</Link>, then press
          Save. With a plan it asks by itself, and an alert tells you when its condition holds.
        </p>
      </Empty>
    </div>
  );
}
