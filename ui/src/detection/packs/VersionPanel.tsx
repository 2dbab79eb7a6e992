import { SegmentedControl, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Change, PackRule, PackVersionDetail } from '../../api/detection';
import { packVersion } from '../../api/detectionQueries';
import { Panel } from '../../display/Page';
import { Severity, Tag } from '../../display/Tag';
import { Untrusted } from '../../display/Untrusted';
import { Loaded } from '../../display/Waiting';
import { number } from '../../display/words';
import { RejectedTable } from '../rules/Rejected';

/** What a version holds, and what it would change. */
export function VersionPanel({ name, version }: { name: string; version: string }) {
  const found = useQuery(packVersion(name, version));
  return (
    <Loaded query={found} lines={10}>
      {(d) => (
        <>
          {d.rejected.length > 0 && (
            <Panel
              id="rejected"
              title={`${number(d.rejected.length)} rejected: they cannot be read and watch nothing`}
              tight
            >
              <RejectedTable rules={d.rejected} />
            </Panel>
          )}
          <Rules key={version} of={d} />
        </>
      )}
    </Loaded>
  );
}

const changes: { value: Change; label: string }[] = [
  { value: 'new', label: 'new' },
  { value: 'changed', label: 'changed' },
  { value: 'gone', label: 'gone' },
  { value: 'same', label: 'the same' },
];
const tone = { new: 'good', changed: 'low', gone: 'high', same: 'none' } as const;
const shownAtOnce = 200;

function Rules({ of: d }: { of: PackVersionDetail }) {
  const compared = d.against !== '' && d.against !== d.version.version;
  const [change, setChange] = useState<string>('all');
  const [q, setQ] = useState('');
  const rules = useMemo(() => {
    const w = q.trim().toLowerCase();
    const fits = d.rules.filter(
      (r) =>
        (change === 'all' || r.change === change) &&
        (!w || `${r.title} ${r.id} ${r.file} ${r.author}`.toLowerCase().includes(w)),
    );
    // What changes stands before what does not.
    const rank = (r: PackRule) => changes.findIndex((c) => c.value === r.change);
    return fits.sort((a, b) => rank(a) - rank(b));
  }, [d.rules, change, q]);
  return (
    <Panel
      id="rules"
      tight
      title={
        compared ? `What changes against ${d.against}, which is in use` : `The rules of ${d.version.version}`
      }
    >
      <div className="row" style={{ padding: '0 14px 10px' }}>
        {compared && (
          <SegmentedControl
            size="xs"
            className="choice"
            aria-label="Show"
            data={[
              { value: 'all', label: `all ${number(d.rules.length)}` },
              ...changes.map((c) => ({ value: c.value, label: `${c.label} ${number(d.counts[c.value])}` })),
            ]}
            value={change}
            onChange={setChange}
          />
        )}
        <TextInput
          size="xs"
          className="grow"
          aria-label="Filter the rules of this version"
          placeholder="Title, id, file, author"
          value={q}
          onChange={(e) => setQ(e.currentTarget.value)}
        />
      </div>
      <section
        className="scroll"
        style={{ maxHeight: 520, overflowY: 'auto' }}
        tabIndex={0}
        aria-label="Rules of this version"
      >
        <table className="tbl">
          <thead>
            <tr>
              {compared && <th>Change</th>}
              <th>Level</th>
              <th>Rule</th>
              <th className="hide-narrow">File</th>
            </tr>
          </thead>
          <tbody>
            {rules.slice(0, shownAtOnce).map((r) => (
              <Row key={`${r.id} ${r.title}`} of={r} compared={compared} linked={d.version.active} />
            ))}
          </tbody>
        </table>
      </section>
      <p className="dim small" style={{ padding: '8px 14px' }} role="status">
        {rules.length > shownAtOnce
          ? `The first ${shownAtOnce} of ${number(rules.length)}; filter for the others.`
          : `${number(rules.length)} rules.`}
      </p>
    </Panel>
  );
}

function Row({ of: r, compared, linked }: { of: PackRule; compared: boolean; linked: boolean }) {
  return (
    <tr>
      {compared && (
        <td>
          <Tag tone={tone[r.change]}>{r.change}</Tag>
        </td>
      )}
      <td>
        <Severity value={r.level} />
      </td>
      <td>
        {linked || (compared && r.change !== 'new') ? (
          <Link to="/detection/rules/$id" params={{ id: r.id }} preload={false}>
            <Untrusted text={r.title} />
          </Link>
        ) : (
          <Untrusted text={r.title} />
        )}
        <div className="dim small">
          <Untrusted text={r.author} />
        </div>
      </td>
      <td className="hide-narrow mono small">
        <Untrusted text={r.file} />
      </td>
    </tr>
  );
}
