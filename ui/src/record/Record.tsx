import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { toastError } from '../api/act';
import { get } from '../api/client';
import { checkpoint, record } from '../api/queries';
import type { Checkpoint, RecordRow } from '../api/types';
import { CopyLine } from '../display/CopyLine';
import { download } from '../display/copy';
import { Page, Panel } from '../display/Page';
import { Time } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { Empty, Loaded } from '../display/Waiting';
import { number } from '../display/words';
import { IconDownload, IconShieldCheck } from '../icons';

const route = getRouteApi('/signed-in/record');
const page = 100;

export function RecordPage() {
  const seal = useQuery(checkpoint);
  return (
    <Page title="Assure" sub="The record: every decision and act, in order, and nothing taken away">
      <Loaded query={seal}>{(c) => <Sealed checkpoint={c} />}</Loaded>
      <Rows size={seal.data?.size ?? 0} ready={!seal.isPending} />
    </Page>
  );
}

function Sealed({ checkpoint: c }: { checkpoint: Checkpoint }) {
  return (
    <Panel
      id="seal"
      title="Latest checkpoint"
      side={
        <Button
          size="xs"
          variant="default"
          leftSection={<IconDownload size={14} />}
          onClick={() => download(`tocsin-checkpoint-${c.size}.txt`, c.note, 'text/plain')}
        >
          Download
        </Button>
      }
    >
      <div className="stack">
        <p className="small">
          {number(c.size)} entries are sealed, <Time at={c.at} />. Keep a checkpoint somewhere else: with it
          anyone can check later, offline, that nothing was changed or cut off.
        </p>
        <CopyLine text={c.note} label="Signed checkpoint" />
        <CopyLine text={c.public_key} label="Public key" />
        <CopyLine text="tocsin verify --checkpoint checkpoint.txt" label="Command that verifies" />
      </div>
    </Panel>
  );
}

function Rows({ size, ready }: { size: number; ready: boolean }) {
  const { kind = '', after } = route.useSearch();
  const go = route.useNavigate();
  const [typed, setTyped] = useState(kind);
  // The newest page unless told otherwise; a filter counts from the first entry.
  const newest = kind ? 0 : Math.max(0, size - page);
  const from = after === undefined ? newest : Math.max(0, Number(after) || 0);
  const found = useQuery({ ...record(kind, from), enabled: ready });
  const turn = (to: number) => void go({ search: (s) => ({ ...s, after: String(Math.max(0, to)) }) });
  return (
    <Panel
      id="record"
      title="Entries"
      side={
        <form
          className="row"
          onSubmit={(e) => {
            e.preventDefault();
            void go({ search: { kind: typed.trim() || undefined } });
          }}
        >
          <TextInput
            size="xs"
            aria-label="Kind of entry"
            placeholder="Kind, such as case.classified"
            value={typed}
            onChange={(e) => setTyped(e.currentTarget.value)}
          />
          <Button size="xs" type="submit" variant="default">
            Filter
          </Button>
        </form>
      }
    >
      <Loaded query={found} lines={8}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty icon={<IconShieldCheck size={30} aria-hidden />} title="No entry here">
              <p>
                Whatever anyone or the system decides or does writes one, in the same transaction as the act.
              </p>
            </Empty>
          ) : (
            <>
              <RowTable items={items} />
              <div className="row">
                <Button
                  size="xs"
                  variant="default"
                  disabled={from === 0}
                  onClick={() => turn(kind ? 0 : from - page)}
                >
                  {kind ? 'From the first' : 'Older'}
                </Button>
                <Button
                  size="xs"
                  variant="default"
                  disabled={!next}
                  onClick={() => turn(items.at(-1)?.seq ?? from)}
                >
                  Newer
                </Button>
              </div>
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

function RowTable({ items }: { items: RecordRow[] }) {
  const proof = async (r: RecordRow) => {
    try {
      const p = await get<unknown>(`/record/${r.seq}/proof`);
      download(`tocsin-proof-${r.seq}.json`, JSON.stringify(p, null, 2));
    } catch (e) {
      toastError(e);
    }
  };
  return (
    <div className="scroll">
      <table className="tbl">
        <thead>
          <tr>
            <th className="right">No.</th>
            <th>When (UTC)</th>
            <th>Who</th>
            <th>Kind</th>
            <th className="hide-narrow">About</th>
            <th>What</th>
            <th className="right">Proof</th>
          </tr>
        </thead>
        <tbody>
          {items.toReversed().map((r) => (
            <tr key={r.seq}>
              <td className="right mono">{r.seq}</td>
              <td>
                <Time at={r.at} bare />
              </td>
              <td>{r.actor.name || 'Tocsin'}</td>
              <td className="mono">{r.kind}</td>
              <td className="hide-narrow small">
                {r.subject} <span className="mono dim">{r.subject_id}</span>
              </td>
              <td className="small">
                <details>
                  <summary>data</summary>
                  <Untrusted text={JSON.stringify(r.data)} mono />
                </details>
              </td>
              <td className="right">
                <Button size="compact-xs" variant="default" onClick={() => void proof(r)}>
                  Proof<span className="visually-hidden"> of entry {r.seq}</span>
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
