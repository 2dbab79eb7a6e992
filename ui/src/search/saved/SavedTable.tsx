import { ActionIcon, Menu } from '@mantine/core';
import { Link, useNavigate } from '@tanstack/react-router';
import { useAct } from '../../api/act';
import { post, remove, seg } from '../../api/client';
import type { Saved } from '../../api/saved';
import { Severity, Tag } from '../../display/Tag';
import { Age } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { number } from '../../display/words';
import { IconCopy, IconDotsVertical, IconPencil, IconPlayerPlay, IconTrash } from '../../icons';
import { useCan, useMe } from '../../session/session';
import { useList } from '../../shell/useList';
import { writeState } from '../state';
import { type Draft, draftFrom } from './draft';
import { every, opName, rangeOf, span } from './range';

const searchOf = (s: Saved) =>
  writeState({
    q: s.q,
    ...rangeOf(s),
    tz: 'UTC',
    view: s.view === 'raw' ? 'raw' : undefined,
    cols: s.columns,
    event: undefined,
    histogram: true,
    fields: undefined,
    counts: false,
  });

export function SavedTable({ items, edit }: { items: Saved[]; edit: (d: Draft) => void }) {
  const go = useNavigate();
  const list = useList(items, (s) => void go({ to: '/search', search: searchOf(s) }));
  return (
    <div className="panel panel-tight scroll">
      <table className="tbl">
        <thead>
          <tr>
            <th>Search</th>
            <th className="hide-narrow">Owner</th>
            <th>Plan</th>
            <th className="hide-narrow">Last look</th>
            <th>
              <span className="visually-hidden">Acts</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {items.map((s, i) => (
            <tr key={s.id} ref={list.rowRef(i)} className={i === list.at ? 'on' : undefined}>
              <td>
                <Link to="/search" search={searchOf(s)}>
                  <Untrusted text={s.name} />
                </Link>
                {s.description && (
                  <div className="small">
                    <Untrusted text={s.description} />
                  </div>
                )}
                <div className="dim small">
                  <code>
                    <Untrusted text={s.q || '*'} />
                  </code>
                </div>
              </td>
              <td className="hide-narrow">
                <Untrusted text={s.owner_name} /> {s.shared && <Tag>shared</Tag>}
              </td>
              <td>
                <PlanText of={s} />
              </td>
              <td className="hide-narrow">
                <LastLook of={s} />
              </td>
              <td className="right">
                <Acts of={s} edit={edit} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function PlanText({ of: s }: { of: Saved }) {
  const p = s.schedule;
  if (!p?.enabled) return <span className="dim">{p ? 'paused' : '–'}</span>;
  return (
    <div className="stack-tight small">
      <span>
        <Severity value={p.severity} />
      </span>
      <span>
        {every(p.every_s)}: {opName[p.op]} {number(p.count)} in {span(p.over_s)}
        {p.group_by && (
          <>
            {' '}
            by <Untrusted text={p.group_by} mono />
          </>
        )}
      </span>
    </div>
  );
}

function LastLook({ of: s }: { of: Saved }) {
  const p = s.schedule;
  if (!p) return <span className="dim">–</span>;
  return (
    <div className="stack-tight small">
      {p.last_run ? (
        <span>
          <Age at={p.last_run} />: {number(p.last_count)} found
        </span>
      ) : (
        <span className="dim">not yet</span>
      )}
      {p.last_error && (
        <span>
          <Tag tone="high">failed</Tag> <Untrusted text={p.last_error} />
        </span>
      )}
      {p.last_alert && (
        <Link to="/detection/alerts/$id" params={{ id: p.last_alert }}>
          Its last alert
        </Link>
      )}
      {p.enabled && p.next_run && (
        <span className="dim">
          next <Age at={p.next_run} />
        </span>
      )}
    </div>
  );
}

function Acts({ of: s, edit }: { of: Saved; edit: (d: Draft) => void }) {
  const can = useCan();
  const me = useMe()?.person.id;
  const mine = me === s.owner || can('cases.manage');
  const refresh = [['searches'], ['alerts']];
  const look = useAct({
    run: () => post<Partial<Saved>>(`/searches/${seg(s.id)}/run`),
    done: (r) => (r.schedule?.last_run ? `Looked: ${number(r.schedule.last_count)} found` : 'It looks now'),
    refresh,
  });
  const drop = useAct({
    run: () => remove(`/searches/${seg(s.id)}`, s.version),
    done: `“${s.name}” is removed`,
    refresh,
  });
  return (
    <Menu shadow="md" position="bottom-end" width={220}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={28} aria-label={`More of ${s.name}`}>
          <IconDotsVertical size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {s.schedule && can('cases.write') && (
          <Menu.Item leftSection={<IconPlayerPlay size={14} />} onClick={() => look.mutate()}>
            Look now
          </Menu.Item>
        )}
        {mine && (
          <Menu.Item leftSection={<IconPencil size={14} />} onClick={() => edit(draftFrom(s))}>
            Change
          </Menu.Item>
        )}
        <Menu.Item
          leftSection={<IconCopy size={14} />}
          onClick={() =>
            edit({
              ...draftFrom(s),
              id: undefined,
              version: undefined,
              name: `${s.name}, copy`,
              shared: false,
              schedule: null,
            })
          }
        >
          Copy
        </Menu.Item>
        {mine && (
          <Menu.Item color="red" leftSection={<IconTrash size={14} />} onClick={() => drop.mutate()}>
            Remove{s.schedule?.enabled && ', and its plan'}
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
