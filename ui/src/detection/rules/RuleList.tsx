import { Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useCallback, useDeferredValue, useMemo, useRef } from 'react';
import { useAct } from '../../api/act';
import { post } from '../../api/client';
import type { Reload, RulePage } from '../../api/detection';
import { ruleBook, rulesByWords } from '../../api/detectionQueries';
import { Empty, Loaded } from '../../display/Waiting';
import { IconPlus, IconRadar, IconRefresh } from '../../icons';
import { useCan } from '../../session/session';
import { useKeys } from '../../shell/useKeys';
import { useList } from '../../shell/useList';
import { Frame } from '../Frame';
import { afterChange, loadedText, warnOfReload } from '../reload';
import { find, type Wanted } from './find';
import { Rejected } from './Rejected';
import { RuleFilters } from './RuleFilters';
import { RulePreview } from './RulePreview';
import classes from './Rules.module.css';
import { RuleTable } from './RuleTable';

const route = getRouteApi('/signed-in/detection');

export function RuleList() {
  const found = useQuery(ruleBook);
  const can = useCan();
  const { show } = route.useSearch();
  const reload = useAct({
    run: () => post<{ reload: Reload }>('/rules/reload'),
    done: (r) => loadedText(r.reload),
    refresh: afterChange,
    after: (r) => warnOfReload(r.reload),
  });
  const rejected = found.data?.rejected.length ?? 0;
  const warned = found.data?.warnings.length ?? 0;
  return (
    <Frame
      title="Detection"
      sub="What we would notice"
      actions={
        can('detection.write') && (
          <>
            <Button
              variant="default"
              leftSection={<IconRefresh size={15} />}
              loading={reload.isPending}
              onClick={() => reload.mutate()}
            >
              Read again
            </Button>
            <Button
              leftSection={<IconPlus size={15} />}
              renderRoot={(props) => <Link to="/detection/new" {...props} />}
            >
              New rule
            </Button>
          </>
        )
      }
    >
      {rejected + warned > 0 && (
        <Rejected
          rules={found.data?.rejected ?? []}
          warnings={found.data?.warnings ?? []}
          open={show === 'rejected'}
        />
      )}
      <Loaded query={found} lines={12}>
        {(book) => (book.items.length === 0 ? <NoRule /> : <Book book={book} />)}
      </Loaded>
    </Frame>
  );
}

function NoRule() {
  return (
    <Empty icon={<IconRadar size={30} aria-hidden />} title="No rule is loaded">
      <p>
        Rules are Sigma documents and are read as they are. <Link to="/detection/packs">Install a pack</Link>,
        write one here, or put files into the rules folder of the data directory.
      </p>
    </Empty>
  );
}

function Book({ book }: { book: RulePage }) {
  const search = route.useSearch();
  const go = route.useNavigate();
  const leave = useNavigate();
  const can = useCan();
  const box = useRef<HTMLInputElement>(null);
  const set = useCallback(
    (change: Wanted) => void go({ search: (s) => ({ ...s, ...change }), replace: true }),
    [go],
  );

  const [q] = useDebouncedValue((search.q ?? '').trim(), 250);
  const words = useQuery({ ...rulesByWords(q), enabled: q.length > 2 });
  const described = useMemo(
    () =>
      words.data && q === (search.q ?? '').trim() ? new Set(words.data.items.map((r) => r.id)) : undefined,
    [words.data, q, search.q],
  );
  const want = useDeferredValue(search);
  const rules = useMemo(() => find(book.items, want, described), [book.items, want, described]);

  const open = useCallback(
    (id: string) => void leave({ to: '/detection/rules/$id', params: { id } }),
    [leave],
  );
  const list = useList(rules, (r) => open(r.id), search.rule);
  const { setCurrent, item } = list;
  const show = useCallback(
    (id: string) => {
      setCurrent(id);
      set({ rule: id });
    },
    [setCurrent, set],
  );
  // While the preview is open it follows the row.
  const previewed = search.rule ? (item ?? rules.find((r) => r.id === search.rule)) : undefined;

  useKeys([
    { keys: '/', label: 'Filter', group: 'Detection', run: () => box.current?.focus() },
    {
      keys: 'p',
      label: 'Preview on or off',
      group: 'Detection',
      run: () => set({ rule: search.rule ? undefined : (item ?? rules[0])?.id }),
    },
    ...(can('detection.write')
      ? [
          {
            keys: 'n',
            label: 'New rule',
            group: 'Detection',
            run: () => void leave({ to: '/detection/new' }),
          },
          {
            keys: 'b',
            label: 'Back-test the rule',
            group: 'Detection',
            run: () =>
              item &&
              void leave({ to: '/detection/rules/$id', params: { id: item.id }, search: { do: 'backtest' } }),
          },
          {
            keys: 'f',
            label: 'Tune the rule with a filter',
            group: 'Detection',
            run: () =>
              item &&
              void leave({ to: '/detection/rules/$id', params: { id: item.id }, search: { do: 'filter' } }),
          },
          {
            keys: 'd',
            label: 'Switch the rule off or on',
            group: 'Detection',
            run: () =>
              item &&
              void leave({ to: '/detection/rules/$id', params: { id: item.id }, search: { do: 'switch' } }),
          },
        ]
      : []),
  ]);

  return (
    <>
      <RuleFilters book={book} want={search} set={set} box={box} found={rules.length} />
      {rules.length === 0 ? (
        <div className="panel">
          <Empty icon={<IconRadar size={30} aria-hidden />} title="No rule fits">
            <p>Take a filter away, or use fewer words.</p>
          </Empty>
        </div>
      ) : (
        <div className={`${classes.split} ${previewed ? classes.withpreview : ''}`}>
          <RuleTable
            rules={rules}
            at={list.at}
            sort={search.sort ?? 'title'}
            setSort={(sort) => set({ sort: sort === 'title' ? undefined : sort })}
            show={show}
            preview={previewed !== undefined}
          />
          {previewed && (
            <RulePreview key={previewed.id} rule={previewed} close={() => set({ rule: undefined })} />
          )}
        </div>
      )}
    </>
  );
}
