import { Link } from '@tanstack/react-router';
import type { CaseDetail } from '../api/types';
import { Panel } from '../display/Page';
import { Pivot } from '../display/Pivot';
import { Tag } from '../display/Tag';
import { Time } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { Delivery } from '../oncall/Delivery';
import classes from './CasePage.module.css';

export function People({ detail }: { detail: CaseDetail }) {
  return (
    <Panel id="people" title="People">
      {detail.people.length === 0 && (
        <p className="dim small">Nobody yet. Taking the case makes you its owner.</p>
      )}
      <ul className="bare-list stack-tight">
        {detail.people.map((p) => (
          <li key={`${p.id} ${p.role} ${p.name}`} className="row spread small">
            <Untrusted text={p.name} />
            <Tag tone={p.role === 'owner' ? 'accent' : 'none'}>{p.role}</Tag>
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const runSays = {
  paging: 'is paging',
  acknowledged: 'acknowledged',
  exhausted: 'ran out of people to page',
  ended: 'has ended',
};

export function Run({ detail }: { detail: CaseDetail }) {
  const { run, messages } = detail;
  if (!run && messages.length === 0) return null;
  return (
    <Panel id="run" title="Paging and messages">
      {run && (
        <p className="small">
          <Tag tone={run.state === 'exhausted' ? 'critical' : run.state === 'paging' ? 'high' : 'good'}>
            {runSays[run.state]}
          </Tag>{' '}
          {run.state === 'paging' && `step ${run.step + 1}, round ${run.round + 1}`}
          {run.acked_by && (
            <>
              by {run.acked_by.name}, <Time at={run.acked_at} />
            </>
          )}
        </p>
      )}
      <ul className="bare-list">
        {messages.map((m) => (
          <li key={m.id} className={classes.block}>
            <Delivery message={m} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}

export function Entities({ detail }: { detail: CaseDetail }) {
  const kinds = [...new Set(detail.entities.map((e) => e.kind))];
  return (
    <Panel id="entities" title="Users, hosts, addresses">
      {kinds.length === 0 && <p className="dim small">The events behind the case name none.</p>}
      <dl className="facts">
        {kinds.map((kind) => (
          <div key={kind} style={{ display: 'contents' }}>
            <dt>{kind}</dt>
            <dd>
              {detail.entities
                .filter((e) => e.kind === kind)
                .map((e) => (
                  <div key={`${e.value} ${e.role}`}>
                    <Pivot value={e.value} kind={kind} />{' '}
                    {e.role && <span className="dim small">{e.role}</span>}
                  </div>
                ))}
            </dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

export function Similar({ detail }: { detail: CaseDetail }) {
  return (
    <Panel id="similar" title="Solved before">
      {detail.similar.length === 0 && (
        <p className="dim small">
          Nothing like it has been solved yet. The solution of this one will be offered next time.
        </p>
      )}
      {detail.similar.map((s) => (
        <article key={`${s.kind} ${s.id}`} className={classes.block}>
          <div className="row row-tight spread">
            {s.kind === 'case' ? (
              <Link to="/cases/$id" params={{ id: s.id }}>
                {s.number} <Untrusted text={s.title} />
              </Link>
            ) : (
              <Link to="/knowledge" search={{ article: s.id }}>
                <Untrusted text={s.title} />
              </Link>
            )}
            <Tag title="How alike, of 100">{Math.round(s.score * 100)} %</Tag>
          </div>
          <p className="small">
            <Untrusted text={s.solution} lines />
          </p>
          <p className="dim small">Offered because {s.reasons.join('; ')}</p>
        </article>
      ))}
    </Panel>
  );
}
