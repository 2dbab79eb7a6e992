import { Button } from '@mantine/core';
import { useState } from 'react';
import type { RejectedRule } from '../../api/detection';
import { Untrusted } from '../../display/Untrusted';
import { number } from '../../display/words';
import { IconAlertTriangle } from '../../icons';

type Props = { rules: RejectedRule[]; warnings: string[]; open?: boolean };

/** Documents that could not be read watch nothing, so they are not to be overlooked. */
export function Rejected({ rules, warnings, open: first = false }: Props) {
  const [open, setOpen] = useState(first);
  return (
    <section
      className={`notice ${rules.length > 0 ? 'notice-bad' : 'notice-warn'}`}
      aria-label="Rejected rules"
    >
      <div className="row spread">
        <span className="row row-tight">
          <IconAlertTriangle size={16} aria-hidden />
          {rules.length > 0 && (
            <span>
              <strong>
                {rules.length === 1 ? '1 rule was rejected' : `${number(rules.length)} rules were rejected`}
              </strong>{' '}
              and {rules.length === 1 ? 'watches nothing until it is' : 'watch nothing until they are'}{' '}
              mended.
            </span>
          )}
          {warnings.length > 0 && (
            <span>{warnings.length === 1 ? 'One warning.' : `${number(warnings.length)} warnings.`}</span>
          )}
        </span>
        <Button size="compact-xs" variant="default" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Hide them' : 'Show them'}
        </Button>
      </div>
      {open && rules.length > 0 && <RejectedTable rules={rules} />}
      {open && warnings.length > 0 && (
        <ul>
          {warnings.map((w) => (
            <li key={w}>
              <Untrusted text={w} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

export function RejectedTable({ rules }: { rules: RejectedRule[] }) {
  return (
    <section
      className="scroll"
      style={{ maxHeight: 300, overflowY: 'auto' }}
      tabIndex={0}
      aria-label="Rejected rules, with file, line and reason"
    >
      <table className="tbl">
        <thead>
          <tr>
            <th>Reason</th>
            <th>File</th>
            <th className="right">Line</th>
            <th className="hide-narrow">Rule</th>
          </tr>
        </thead>
        <tbody>
          {rules.map((r) => (
            <tr key={`${r.file}:${r.line}:${r.column} ${r.reason}`}>
              <td>
                <Untrusted text={r.reason} />
              </td>
              <td className="mono">
                <Untrusted text={r.file} />
              </td>
              <td className="right mono">
                {r.line}:{r.column}
              </td>
              <td className="hide-narrow mono">
                <Untrusted text={r.rule} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
