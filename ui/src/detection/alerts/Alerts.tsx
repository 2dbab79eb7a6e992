import { Button, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import * as queries from '../../api/queries';
import type { Alert } from '../../api/types';
import { ExerciseTag, Severity } from '../../display/Tag';
import { Age, Time } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { Empty, Failed, Loading } from '../../display/Waiting';
import { number } from '../../display/words';
import { IconRadar, IconSearch } from '../../icons';
import { useKeys } from '../../shell/useKeys';
import { useList } from '../../shell/useList';
import classes from '../Detection.module.css';
import { Frame } from '../Frame';

const route = getRouteApi('/signed-in/detection/alerts');

/** What rules, monitors and other tools put forward last. */
export function Alerts() {
  const { q = '' } = route.useSearch();
  const go = route.useNavigate();
  const box = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(q);
  const setQuery = useDebouncedCallback(
    (next: string) => void go({ search: { q: next || undefined }, replace: true }),
    250,
  );
  const found = useInfiniteQuery(queries.alerts(q));
  useKeys([{ keys: '/', label: 'Filter', group: 'Alerts', run: () => box.current?.focus() }]);
  const items = found.data?.pages.flatMap((p) => p.items) ?? [];
  return (
    <Frame title="Alerts" sub="What was put forward for assessment, latest first; repeats fold into one">
      <TextInput
        ref={box}
        aria-label="Filter alerts"
        placeholder="Words of the summary or of the rule's title"
        leftSection={<IconSearch size={15} />}
        value={typed}
        onChange={(e) => {
          setTyped(e.currentTarget.value);
          setQuery(e.currentTarget.value);
        }}
      />
      {found.isError ? (
        <Failed error={found.error} retry={() => void found.refetch()} />
      ) : found.isPending ? (
        <Loading lines={8} />
      ) : items.length === 0 ? (
        <div className="panel">
          <Empty icon={<IconRadar size={30} aria-hidden />} title={q ? 'No alert fits' : 'No alert'}>
            <p>
              {q
                ? 'Use fewer words; they must stand together in the summary or the title.'
                : 'An alert is what a rule, a monitor or another tool puts forward for assessment. To see one made, run a drill under Settings, Exercises.'}
            </p>
          </Empty>
        </div>
      ) : (
        <>
          <AlertTable items={items} />
          {found.hasNextPage && (
            <div>
              <Button
                variant="default"
                loading={found.isFetchingNextPage}
                onClick={() => void found.fetchNextPage()}
              >
                More
              </Button>
            </div>
          )}
        </>
      )}
    </Frame>
  );
}

function AlertTable({ items }: { items: Alert[] }) {
  const leave = useNavigate();
  const list = useList(items, (a) => void leave({ to: '/detection/alerts/$id', params: { id: a.id } }));
  return (
    <div className="panel panel-tight scroll">
      <table className="tbl">
        <thead>
          <tr>
            <th>Severity</th>
            <th>Alert</th>
            <th className="hide-narrow">Case</th>
            <th className="hide-narrow">Pack</th>
            <th className="right hide-narrow">Count</th>
            <th className="hide-narrow">First (UTC)</th>
            <th className="right hide-narrow">Last</th>
          </tr>
        </thead>
        <tbody>
          {items.map((a, i) => (
            <tr key={a.id} ref={list.rowRef(i)} className={i === list.at ? 'on' : undefined}>
              <td>
                <Severity value={a.severity} />
              </td>
              <td>
                <Link to="/detection/alerts/$id" params={{ id: a.id }}>
                  <Untrusted text={a.summary} />
                </Link>{' '}
                {a.exercise && <ExerciseTag />}
                <div className="dim small">
                  <Untrusted text={a.rule_title} />
                </div>
                <div className={`small ${classes.narrow}`}>
                  {a.case && (
                    <Link to="/cases/$id" params={{ id: a.case.id }} className="mono">
                      {a.case.number}
                    </Link>
                  )}{' '}
                  <span className="dim">{number(a.count)} ×, last</span> <Age at={a.last_seen} />
                </div>
              </td>
              <td className="mono nowrap hide-narrow">
                {a.case ? (
                  <Link to="/cases/$id" params={{ id: a.case.id }}>
                    {a.case.number}
                  </Link>
                ) : (
                  '–'
                )}
              </td>
              <td className="hide-narrow dim">
                {a.pack ? <Untrusted text={`${a.pack} ${a.pack_version}`} /> : '–'}
              </td>
              <td className="right hide-narrow">{number(a.count)}</td>
              <td className="hide-narrow">
                <Time at={a.first_seen} bare />
              </td>
              <td className="right hide-narrow">
                <Age at={a.last_seen} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
