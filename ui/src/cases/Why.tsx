import { Drawer } from '@mantine/core';
import type { Assessment, CaseDetail } from '../api/types';
import { Time } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { decisionName, gradeName, typeName } from '../display/words';
import { Matrix } from './Matrix';

type Props = { detail: CaseDetail; opened: boolean; close: () => void };

/** The decision: which criterion, on what inputs, and what everyone else thought. */
export function Why({ detail, opened, close }: Props) {
  const { case: c, explanation: e, assessments, matrix, cell } = detail;
  const title =
    c.decision === 'incident'
      ? 'Why is this an incident?'
      : c.decision
        ? `Why is this ${decisionName[c.decision]}?`
        : 'What is known for the decision';
  return (
    <Drawer opened={opened} onClose={close} title={title} size="xl">
      <div className="stack">
        {e ? (
          <>
            <div className="notice">
              <strong>
                {e.criterion} {e.title}
              </strong>
              <p>
                <Untrusted text={e.reason} lines />
              </p>
              <p className="dim">
                Classification policy version {e.policy_version}
                {c.provisional ? '; provisional until an expert confirms it' : ''}
              </p>
            </div>
            {e.inputs.length > 0 && (
              <section>
                <h3>What it was decided on</h3>
                <table className="tbl">
                  <thead>
                    <tr>
                      <th>Input</th>
                      <th>Value</th>
                    </tr>
                  </thead>
                  <tbody>
                    {e.inputs.map((i) => (
                      <tr key={i.name}>
                        <td className="mono">{i.name}</td>
                        <td>
                          <Untrusted text={shown(i.value)} mono />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </section>
            )}
          </>
        ) : (
          <p className="dim">Nothing has decided yet.</p>
        )}
        {cell && (
          <section>
            <h3>Priority</h3>
            <Matrix matrix={matrix} impact={cell.impact} urgency={cell.urgency} />
          </section>
        )}
        <section>
          <h3>All views, side by side</h3>
          <SideBySide all={assessments} />
        </section>
      </div>
    </Drawer>
  );
}

const shown = (v: unknown): string => (typeof v === 'string' ? v : JSON.stringify(v));
const grade = (n: number | string): string =>
  typeof n === 'number' ? (gradeName[n] ?? String(n)) : n || '–';

const rows: [string, (a: Assessment) => string][] = [
  ['decision', (a) => (a.decision ? decisionName[a.decision] : '–')],
  ['impact', (a) => grade(a.impact)],
  ['urgency', (a) => grade(a.urgency)],
  ['breadth', (a) => grade(a.breadth)],
  ['confidentiality', (a) => a.effects.confidentiality || '–'],
  ['integrity', (a) => a.effects.integrity || '–'],
  ['availability', (a) => a.effects.availability || '–'],
  ['intent', (a) => a.intent || '–'],
  ['type', (a) => (a.type ? typeName(a.type) : '–')],
  ['how sure', (a) => grade(a.confidence)],
  ['criterion', (a) => a.criterion || '–'],
];

function SideBySide({ all }: { all: Assessment[] }) {
  if (all.length === 0) return <p className="dim">No assessment yet.</p>;
  return (
    <section className="scroll" tabIndex={0} aria-label="Assessments">
      <table className="tbl">
        <thead>
          <tr>
            <th scope="col">View</th>
            {all.map((a) => (
              <th key={a.id} scope="col">
                {a.view}
                <div className="dim small">{a.actor.name || 'policy'}</div>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, of]) => {
            const values = all.map(of);
            const differ = new Set(values.filter((v) => v !== '–')).size > 1;
            return (
              <tr key={name}>
                <th scope="row">
                  {name}
                  {differ ? ' ≠' : ''}
                </th>
                {values.map((v, i) => (
                  <td key={all[i]?.id} style={differ ? { fontWeight: 650 } : undefined}>
                    {v}
                  </td>
                ))}
              </tr>
            );
          })}
          <tr>
            <th scope="row">reason</th>
            {all.map((a) => (
              <td key={a.id}>
                <Untrusted text={a.reason} lines />
              </td>
            ))}
          </tr>
          <tr>
            <th scope="row">when</th>
            {all.map((a) => (
              <td key={a.id}>
                <Time at={a.at} />
              </td>
            ))}
          </tr>
        </tbody>
      </table>
    </section>
  );
}
