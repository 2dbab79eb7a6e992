import type { Lookback } from '../../api/lookback';
import { Panel } from '../../display/Page';
import { Pivot } from '../../display/Pivot';
import { utc } from '../../display/time';
import { number } from '../../display/words';
import { marks } from '../../search/brush';
import classes from './Lookback.module.css';
import { lines, placed, sessionText } from './look';

/** Who was logged in where and when: bars on one line of time, each with its words beside. */
export function Sessions({ of: b }: { of: Lookback }) {
  const rows = lines(b.sessions, b.entities);
  const [from, to] = [Date.parse(b.from), Date.parse(b.to)];
  const ticks = marks(from, to, 8);
  return (
    <Panel
      id="sessions"
      title="Sessions"
      side={<span className="dim small">{number(b.sessions.length)}, from login to logout</span>}
    >
      {rows.length === 0 ? (
        <p className="dim small">No login of these users or on these hosts is stored in this time.</p>
      ) : (
        <div className={classes.sessions}>
          {rows.map((l) => (
            <div key={l.who} className={classes.sessionrow}>
              <div className={classes.who}>
                <Pivot value={l.user || 'unknown'} kind="user" />{' '}
                {l.host && (
                  <>
                    <span className="dim">on</span> <Pivot value={l.host} kind="host" />
                  </>
                )}
              </div>
              <div className={classes.track}>
                {l.sessions.map((s) => {
                  const p = placed(s, b.from, b.to);
                  return (
                    <span
                      key={s.login_id || s.start}
                      className={classes.session}
                      data-how={s.how}
                      data-failed={s.failed_before > 0 || undefined}
                      style={{ left: `${p.left}%`, width: `${p.width}%` }}
                      title={`${utc(s.start)}: ${sessionText(s)}`}
                    />
                  );
                })}
              </div>
            </div>
          ))}
          <div className={classes.sessionrow} aria-hidden>
            <span />
            <div className={classes.ticks}>
              {ticks.map((t) => (
                <span key={t.at} style={{ left: `${(100 * (t.at - from)) / Math.max(1, to - from)}%` }}>
                  {t.label}
                </span>
              ))}
            </div>
          </div>
          <details>
            <summary className="small">As a table</summary>
            <div className="scroll">
              <table className="tbl">
                <thead>
                  <tr>
                    <th>User</th>
                    <th>Host</th>
                    <th>From</th>
                    <th>Login (UTC)</th>
                    <th>How long, how it ended</th>
                    <th className="right">Events</th>
                  </tr>
                </thead>
                <tbody>
                  {b.sessions.map((s) => (
                    <tr key={s.login_id || `${s.user} ${s.start}`}>
                      <td>
                        <Pivot value={s.user || 'unknown'} kind="user" />
                      </td>
                      <td>{s.host ? <Pivot value={s.host} kind="host" /> : '–'}</td>
                      <td>{s.src_ip ? <Pivot value={s.src_ip} kind="ip" /> : '–'}</td>
                      <td className="mono nowrap">{utc(s.start)}</td>
                      <td>{sessionText(s)}</td>
                      <td className="right">{number(s.events)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </details>
        </div>
      )}
    </Panel>
  );
}
