import { Button, Select, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import * as queries from '../api/queries';
import { Page } from '../display/Page';
import { Empty, Failed, Loading } from '../display/Waiting';
import { IconBriefcase, IconPlus, IconSearch } from '../icons';
import { useCan } from '../session/session';
import { useKeys } from '../shell/useKeys';
import { useList } from '../shell/useList';
import { CaseTable } from './CaseTable';
import { decisionOptions, filterOf, levelOptions, openOptions, stateOptions } from './filter';
import { NewCase } from './NewCase';

const route = getRouteApi('/signed-in/cases');

export function CaseList() {
  const search = route.useSearch();
  const go = route.useNavigate();
  const can = useCan();
  const found = useInfiniteQuery(queries.cases(filterOf(search)));
  const items = found.data?.pages.flatMap((p) => p.items) ?? [];
  const filterBox = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(search.q ?? '');
  const set = (change: Partial<typeof search>) =>
    void go({ search: (s) => ({ ...s, ...change }), replace: true });
  const setQuery = useDebouncedCallback((q: string) => set({ q: q || undefined }), 250);
  const list = useList(items, (c) => void go({ to: '/cases/$id', params: { id: c.id } }));

  useKeys([
    { keys: '/', label: 'Filter', group: 'Cases', run: () => filterBox.current?.focus() },
    ...(can('cases.write')
      ? [{ keys: 'o', label: 'Open a case by hand', group: 'Cases', run: () => set({ new: '1' }) }]
      : []),
  ]);

  return (
    <Page
      title="Cases"
      sub="What we are handling, newest change first"
      actions={
        can('cases.write') && (
          <Button leftSection={<IconPlus size={16} />} onClick={() => set({ new: '1' })}>
            Open a case
          </Button>
        )
      }
    >
      <search className="row">
        <TextInput
          ref={filterBox}
          aria-label="Words of the title or summary"
          placeholder="Number, words, a host, a user"
          leftSection={<IconSearch size={15} />}
          className="grow"
          miw={180}
          value={typed}
          onChange={(e) => {
            setTyped(e.currentTarget.value);
            setQuery(e.currentTarget.value);
          }}
        />
        <Pick
          label="Open or closed"
          always
          value={search.open ?? 'true'}
          data={openOptions}
          set={(v) => set({ open: v === 'true' ? undefined : v })}
        />
        <Pick label="State" value={search.state} data={stateOptions} set={(v) => set({ state: v })} />
        <Pick
          label="Decision"
          value={search.decision}
          data={decisionOptions}
          set={(v) => set({ decision: v })}
        />
        <Pick label="Level" value={search.level} data={levelOptions} set={(v) => set({ level: v })} />
        <Pick
          label="Track"
          value={search.track}
          data={[
            { value: 'formal', label: 'formal' },
            { value: 'light', label: 'light' },
          ]}
          set={(v) => set({ track: v })}
        />
        <Pick
          label="Owner"
          value={search.owner}
          data={[{ value: 'me', label: 'mine' }]}
          set={(v) => set({ owner: v })}
        />
        <Pick
          label="Exercises"
          value={search.exercise}
          data={[
            { value: 'all', label: 'with exercises' },
            { value: 'only', label: 'exercises only' },
          ]}
          set={(v) => set({ exercise: v })}
        />
      </search>
      {found.isError ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading lines={8} />
      ) : items.length === 0 ? (
        <Empty icon={<IconBriefcase size={30} aria-hidden />} title="No case fits">
          <p>
            A case opens when a rule finds something, a monitor reports an outage, or a person reports. Widen
            the filter, or open one by hand.
          </p>
        </Empty>
      ) : (
        <>
          <CaseTable cases={items} at={list.at} rowRef={list.rowRef} />
          {found.hasNextPage && (
            <Button
              variant="default"
              loading={found.isFetchingNextPage}
              onClick={() => void found.fetchNextPage()}
            >
              More
            </Button>
          )}
        </>
      )}
      <NewCase opened={search.new === '1'} close={() => set({ new: undefined })} />
    </Page>
  );
}

type PickProps = {
  label: string;
  value: string | undefined;
  data: { value: string; label: string }[];
  set: (v: string | undefined) => void;
  /** There is always a choice. */
  always?: boolean;
};

function Pick({ label, value, data, set, always }: PickProps) {
  return (
    <Select
      aria-label={label}
      placeholder={label}
      data={data}
      value={value ?? null}
      clearable={!always}
      allowDeselect={!always}
      w={142}
      onChange={(v) => set(v ?? undefined)}
    />
  );
}
