import type { BacktestRule } from '../../api/detection';
import { Severity, Tag } from '../../display/Tag';
import { Untrusted } from '../../display/Untrusted';
import { number } from '../../display/words';
import { useList } from '../../shell/useList';
import { nanos } from '../rules/figures';
import { perDay } from './spec';

type Props = { rules: BacktestRule[]; at: string; show: (id: string | undefined) => void; narrow: boolean };

/** What each rule found, beside what the one in use found in the same events. */
export function ResultTable({ rules, at, show, narrow }: Props) {
  const list = useList(rules, (r) => show(r.id === at ? undefined : r.id), at || undefined);
  return (
    <div className="scroll">
      <table className="tbl">
        <thead>
          <tr>
            <th>Level</th>
            <th>Rule</th>
            <th className="right">Hits</th>
            <th className="right">In use</th>
            <th className="right">Alerts a day</th>
            {!narrow && (
              <>
                <th className="right hide-narrow">New</th>
                <th className="right hide-narrow">Gone</th>
                <th className="right hide-narrow">Cost</th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {rules.map((r, i) => (
            <tr key={r.id} ref={list.rowRef(i)} className={r.id === at || i === list.at ? 'on' : undefined}>
              <td>
                <Severity value={r.level} />
              </td>
              <td>
                <button
                  type="button"
                  className="pivot"
                  aria-expanded={r.id === at}
                  onClick={() => show(r.id === at ? undefined : r.id)}
                >
                  <Untrusted text={r.title || r.id} />
                </button>{' '}
                {!r.in_use && <Tag tone="low">not in use yet</Tag>}
              </td>
              <td className="right">{number(r.hits)}</td>
              <td className="right">{r.in_use ? number(r.hits_active) : '–'}</td>
              <td className="right">{perDay(r.alerts_per_day)}</td>
              {!narrow && (
                <>
                  <td className="right hide-narrow">{number(r.new)}</td>
                  <td className="right hide-narrow">{number(r.gone)}</td>
                  <td className="right hide-narrow mono">{nanos(r.nanos_per_event)}</td>
                </>
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
