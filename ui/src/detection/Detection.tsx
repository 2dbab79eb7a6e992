import { SegmentedControl, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import * as queries from '../api/queries';
import type { RejectedRule, Rule } from '../api/types';
import { Page } from '../display/Page';
import { Severity, Tag } from '../display/Tag';
import { Untrusted } from '../display/Untrusted';
import { Empty, Loaded } from '../display/Waiting';
import { number } from '../display/words';
import { IconCircleCheck, IconRadar, IconSearch } from '../icons';
import { useKeys } from '../shell/useKeys';
import { Alerts } from './Alerts';

const route = getRouteApi('/signed-in/detection');

export function Detection() {
  const { tab = 'rules', q = '' } = route.useSearch();
  const go = route.useNavigate();
  const box = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(q);
  const setQuery = useDebouncedCallback(
    (next: string) => void go({ search: (s) => ({ ...s, q: next || undefined }), replace: true }),
    250,
  );
  const found = useQuery(queries.rules);
  useKeys([{ keys: '/', label: 'Filter', group: 'Detection', run: () => box.current?.focus() }]);
  const rejected = found.data?.rejected?.length ?? 0;
  return (
    <Page title="Detection" sub="What we would notice, and what we just did">
      <div className="row">
        <SegmentedControl
          aria-label="Show"
          data={[
            { value: 'rules', label: found.data ? `Rules ${number(found.data.items.length)}` : 'Rules' },
            { value: 'rejected', label: `Rejected ${number(rejected)}` },
            { value: 'alerts', label: 'Latest alerts' },
          ]}
          value={tab}
          onChange={(t) => void go({ search: (s) => ({ ...s, tab: t === 'rules' ? undefined : t }) })}
        />
        <TextInput
          ref={box}
          className="grow"
          aria-label="Filter"
          placeholder="Words, a tag such as attack.t1110"
          leftSection={<IconSearch size={15} />}
          value={typed}
          onChange={(e) => {
            setTyped(e.currentTarget.value);
            setQuery(e.currentTarget.value);
          }}
        />
      </div>
      {tab === 'alerts' ? (
        <Alerts q={q} />
      ) : (
        <Loaded query={found} lines={8}>
          {(r) =>
            tab === 'rejected' ? <Rejected rules={r.rejected ?? []} q={q} /> : <Rules rules={r.items} q={q} />
          }
        </Loaded>
      )}
    </Page>
  );
}

const has = (q: string, ...texts: (string | undefined)[]): boolean =>
  q === '' || texts.some((t) => t?.toLowerCase().includes(q.toLowerCase()));

function Rules({ rules, q }: { rules: Rule[]; q: string }) {
  const shown = rules.filter((r) => has(q, r.title, r.id, r.level, ...(r.tags ?? [])));
  if (rules.length === 0) {
    return (
      <Empty icon={<IconRadar size={30} aria-hidden />} title="No rule is loaded">
        <p>
          Put Sigma rules into the rules folder; they are read as they are, and a change is noticed by itself.
        </p>
      </Empty>
    );
  }
  return (
    <div className="panel panel-tight scroll">
      <table className="tbl">
        <thead>
          <tr>
            <th>Level</th>
            <th>Rule</th>
            <th className="hide-narrow">Tags</th>
            <th className="right">Hits</th>
          </tr>
        </thead>
        <tbody>
          {shown.slice(0, 500).map((r) => (
            <tr key={r.id}>
              <td>
                <Severity value={r.level} />
              </td>
              <td>
                {r.title}
                <div className="dim small mono">{r.id}</div>
              </td>
              <td className="hide-narrow">
                <span className="row row-tight">
                  {(r.tags ?? []).map((t) => (
                    <Tag key={t}>{t}</Tag>
                  ))}
                </span>
              </td>
              <td className="right">{number(r.hits)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {shown.length > 500 && (
        <p className="dim small">The first 500 of {number(shown.length)}; filter for the others.</p>
      )}
      {shown.length === 0 && <p className="dim small">No rule fits the filter.</p>}
    </div>
  );
}

function Rejected({ rules, q }: { rules: RejectedRule[]; q: string }) {
  const shown = rules.filter((r) => has(q, r.file, r.reason));
  if (rules.length === 0) {
    return (
      <Empty icon={<IconCircleCheck size={30} aria-hidden />} title="Every rule could be read">
        <p>
          A rule that cannot be read stands here with its file, line and reason, and watches nothing until
          mended.
        </p>
      </Empty>
    );
  }
  return (
    <div className="panel panel-tight scroll">
      <table className="tbl">
        <thead>
          <tr>
            <th>File</th>
            <th className="right">Line</th>
            <th className="right">Column</th>
            <th>Reason</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((r) => (
            <tr key={`${r.file}:${r.line}:${r.column} ${r.reason}`}>
              <td className="mono">
                <Untrusted text={r.file} />
              </td>
              <td className="right mono">{r.line}</td>
              <td className="right mono">{r.column}</td>
              <td>
                <Untrusted text={r.reason} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
