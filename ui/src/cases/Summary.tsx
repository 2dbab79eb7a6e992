import type { CaseDetail } from '../api/types';
import { Panel } from '../display/Page';
import { Severity } from '../display/Tag';
import { Time } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { number } from '../display/words';
import classes from './CasePage.module.css';
import { Anchors } from './Header';

export function Summary({ detail }: { detail: CaseDetail }) {
  const { case: c, alerts } = detail;
  return (
    <Panel id="summary" title="Summary">
      <div className="stack">
        {c.summary ? (
          <Untrusted text={c.summary} lines />
        ) : (
          <p className="dim small">No summary yet. Notes and the assessments say what is known.</p>
        )}
        <Anchors detail={detail} />
        {alerts.map((a) => (
          <div key={a.id} className={classes.block}>
            <div className="row row-tight">
              <Severity value={a.severity} />
              <strong>
                <Untrusted text={a.rule_title} />
              </strong>
              <span className="dim small">× {number(a.count)}</span>
            </div>
            <Untrusted text={a.summary} />
            <div className="dim small">
              first <Time at={a.first_seen} bare />, last <Time at={a.last_seen} />
              {a.cleared && (
                <>
                  , cleared <Time at={a.cleared} />
                </>
              )}
            </div>
            {a.reason_joined && <div className="dim small">Joined because {a.reason_joined}</div>}
          </div>
        ))}
      </div>
    </Panel>
  );
}

export function Resolution({ detail }: { detail: CaseDetail }) {
  const r = detail.resolution;
  if (!r) return null;
  const rows: [string, string][] = [
    ['Cause', r.cause],
    ['Solution', r.solution],
    [
      'Handled by',
      r.third_parties
        ? `${r.third_parties === 'alone' ? 'us alone' : 'us with third parties'}: ${r.third_parties_reason}`
        : '',
    ],
    ['Closing statement', r.statement],
    ['Impact on the business', r.business_impact],
    ['Lessons', r.lessons],
    ['Hours', r.cost_hours ? number(r.cost_hours) : ''],
    ['Cost', r.cost_money ? `${number(r.cost_money)} ${r.currency}` : ''],
    ['Recovery', r.recovery_verified ? 'verified' : ''],
  ];
  const filled = rows.filter(([, v]) => v);
  if (filled.length === 0) return null;
  return (
    <Panel id="resolution" title="Cause, solution, cost">
      <dl className="facts">
        {filled.map(([name, value]) => (
          <div key={name} style={{ display: 'contents' }}>
            <dt>{name}</dt>
            <dd>
              <Untrusted text={value} lines />
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}
