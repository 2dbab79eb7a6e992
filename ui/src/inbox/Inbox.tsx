import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useCallback, useEffect, useState } from 'react';
import { toast, toastError } from '../api/act';
import { inbox } from '../api/queries';
import type { InboxItem } from '../api/types';
import { doMany, useVerb } from '../cases/useVerb';
import { VerbDrawer } from '../cases/VerbDrawer';
import { Page } from '../display/Page';
import { Empty, Loaded } from '../display/Waiting';
import { number } from '../display/words';
import { IconInbox } from '../icons';
import { useCan } from '../session/session';
import { useKeys } from '../shell/useKeys';
import { useList } from '../shell/useList';
import { BulkBar } from './BulkBar';
import classes from './Inbox.module.css';
import { InboxRow } from './InboxRow';
import { Preview } from './Preview';

const route = getRouteApi('/signed-in/inbox');

export function Inbox() {
  const found = useQuery(inbox);
  return (
    <Page
      title="Inbox"
      sub={
        found.data
          ? `${number(found.data.items.length)} waiting for a judgement`
          : 'What waits for a judgement'
      }
    >
      <Loaded query={found} lines={8}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty icon={<IconInbox size={32} aria-hidden />} title="Nothing waits for a judgement">
              <p>
                What rules find, monitors report and people tell us comes here, most pressing first. Each
                needs a verdict: incident, weakness, or event only.
              </p>
            </Empty>
          ) : (
            <Queue items={items} />
          )
        }
      </Loaded>
    </Page>
  );
}

function Queue({ items }: { items: InboxItem[] }) {
  const { case: wanted } = route.useSearch();
  const goHere = route.useNavigate();
  const go = useNavigate();
  const can = useCan();
  const client = useQueryClient();
  const [verb, setVerb] = useState<string | null>(null);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const [busy, setBusy] = useState(false);
  const open = useCallback((id: string) => void go({ to: '/cases/$id', params: { id } }), [go]);
  const first = items.find((i) => i.id === wanted) ?? items[0];
  const list = useList(items, (c) => open(c.id), first?.id);
  const take = useVerb();

  // A case that was dealt with leaves the list; its place is taken by the first.
  const shown = list.item ?? items[0];

  // The URL follows the row, so that what is looked at can be linked.
  useEffect(() => {
    if (list.item && list.item.id !== wanted) {
      void goHere({ search: { case: list.item.id }, replace: true });
    }
  }, [list.item, wanted, goHere]);

  const toggle = (id: string) =>
    setSelected((old) => {
      const next = new Set(old);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  const { setCurrent } = list;
  const show = useCallback(
    (id: string) => {
      setCurrent(id);
      if (window.matchMedia('(max-width: 62em)').matches) {
        window.setTimeout(() => document.getElementById('preview')?.scrollIntoView({ block: 'start' }));
      }
    },
    [setCurrent],
  );
  const chosen = items.filter((i) => selected.has(i.id));

  const many = async (name: string, body: unknown, did: string) => {
    setBusy(true);
    const { done, failed } = await doMany(
      client,
      chosen.map((c) => ({ id: c.id, verb: name, version: c.version, body })),
    );
    setBusy(false);
    setSelected(new Set(failed.map((f) => f.id)));
    if (done > 0) toast(`${did}: ${done}`);
    if (failed.length > 0) {
      toastError(new Error(`${failed.length} could not be done; they stay selected. Open one to see why.`));
      void client.invalidateQueries({ queryKey: inbox.queryKey });
    }
  };

  const on = (name: string) => () => shown && setVerb(name);
  useKeys(
    can('cases.write')
      ? [
          { keys: 'x', label: 'Select', group: 'Inbox', run: () => shown && toggle(shown.id) },
          { keys: 'e', label: 'Verdict: assess', group: 'Inbox', run: on('assess') },
          { keys: 'c', label: 'Classify', group: 'Inbox', run: on('classify') },
          { keys: 'a', label: 'Assign', group: 'Inbox', run: on('assign') },
          { keys: 's', label: 'Snooze', group: 'Inbox', run: on('snooze') },
          { keys: 'd', label: 'Dismiss with a reason', group: 'Inbox', run: on('dismiss') },
          {
            keys: 't',
            label: 'Take it',
            group: 'Inbox',
            run: () =>
              shown &&
              take.mutate({
                id: shown.id,
                verb: 'acknowledge',
                version: shown.version,
                body: {},
                done: 'It is yours',
              }),
          },
        ]
      : [],
  );

  return (
    <>
      {chosen.length > 0 && (
        <BulkBar count={chosen.length} busy={busy} clear={() => setSelected(new Set())} act={many} />
      )}
      <div className={classes.split}>
        <ul className={`bare-list panel panel-tight ${classes.list}`} aria-label="Waiting cases">
          {items.map((c, i) => (
            <InboxRow
              key={c.id}
              of={c}
              on={c.id === shown?.id}
              selected={selected.has(c.id)}
              show={show}
              open={open}
              toggle={toggle}
              rowRef={list.rowRef(i)}
            />
          ))}
        </ul>
        {shown && <Preview key={shown.id} of={shown} start={setVerb} />}
      </div>
      <VerbDrawer id={shown?.id ?? ''} verb={verb} close={() => setVerb(null)} />
    </>
  );
}
