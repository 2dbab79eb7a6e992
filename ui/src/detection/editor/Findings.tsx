import type { Check, Mistake } from '../../api/detection';
import { sentence } from '../../api/problem';
import { Untrusted } from '../../display/Untrusted';

type Props = {
  id: string;
  check: Check | undefined;
  current: boolean;
  error: unknown;
  show: (line: number, column: number) => void;
};

/** The mistakes of a draft and its lint; each leads to its place. */
export function Findings({ id, check, current, error, show }: Props) {
  const errors = check?.errors ?? [];
  const warnings = check?.warnings ?? [];
  return (
    <div id={id} className="stack" role="status" aria-busy={!current}>
      {error !== null && <p className="notice notice-bad">{sentence(error)}</p>}
      {check && (
        <div className={`notice ${check.ok ? '' : 'notice-bad'}`}>
          <strong>
            {check.ok
              ? `It can be read${check.kind ? `: a ${check.kind}` : ''}.`
              : errors.length === 1
                ? 'One mistake.'
                : `${errors.length} mistakes.`}
          </strong>{' '}
          {!current && <span className="dim">checking…</span>}
          <List items={errors} show={show} />
        </div>
      )}
      {warnings.length > 0 && (
        <div className="notice notice-warn">
          <strong>{warnings.length === 1 ? 'One thing' : `${warnings.length} things`} to look at.</strong>
          <List items={warnings} show={show} />
        </div>
      )}
    </div>
  );
}

function List({ items, show }: { items: Mistake[]; show: Props['show'] }) {
  if (items.length === 0) return null;
  return (
    <ul>
      {items.map((m) => (
        <li key={`${m.line}:${m.column} ${m.detail}`}>
          {m.line > 0 && (
            <>
              <button type="button" className="pivot" onClick={() => show(m.line, Math.max(1, m.column))}>
                line {m.line}
                {m.column > 0 && `, column ${m.column}`}
              </button>
              :{' '}
            </>
          )}
          <Untrusted text={m.detail} />
        </li>
      ))}
    </ul>
  );
}
