import { Link } from '@tanstack/react-router';
import type { RuleDetail } from '../../api/detection';
import { Panel } from '../../display/Page';
import { Severity, Tag } from '../../display/Tag';
import { Time } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { IconAlertTriangle } from '../../icons';
import { asSentence, originName, stateWords } from './figures';
import { logsourceText } from './find';
import { RuleState } from './RuleState';

export function RuleHead({ of: { rule: r } }: { of: RuleDetail }) {
  return (
    <span className="row row-tight">
      <Severity value={r.level} />
      <RuleState state={r.state} />
      {r.status && <Tag>{r.status}</Tag>}
      {r.correlation && <Tag>correlation</Tag>}
      <span className="mono">{r.id}</span>
    </span>
  );
}

/** Its state in words, what it finds, its tags, what is known to set it off wrongly. */
export function RuleAbout({ of: d }: { of: RuleDetail }) {
  const { rule: r } = d;
  return (
    <Panel id="about" title="What it finds">
      <div className="stack">
        <State of={d} />
        <p>
          {d.description ? (
            <Untrusted text={d.description} lines />
          ) : (
            <span className="dim">It has no description.</span>
          )}
        </p>
        <dl className="facts">
          <dt>log source</dt>
          <dd>{logsourceText(r.logsource)}</dd>
          <dt>ATT&CK</dt>
          <dd className="row row-tight">
            {d.techniques.map((t) => (
              <Link key={t} to="/detection/coverage" search={{ technique: t }} className="mono">
                {t}
              </Link>
            ))}
            {r.tags
              .filter((t) => !/^attack\.t\d/i.test(t))
              .map((t) => (
                <Link key={t} to="/detection" search={{ tag: t }} className="small">
                  {t}
                </Link>
              ))}
            {r.tags.length === 0 && <span className="dim">no tag</span>}
          </dd>
          <dt>known false positives</dt>
          <dd>
            {d.known_false_positives.length === 0 ? (
              <span className="dim">none named</span>
            ) : (
              <ul className="bare-list">
                {d.known_false_positives.map((f) => (
                  <li key={f}>
                    <Untrusted text={f} />
                  </li>
                ))}
              </ul>
            )}
          </dd>
          {d.proposal.Type && (
            <>
              <dt>proposes</dt>
              <dd>
                {d.proposal.Type}
                <span className="dim">
                  {d.proposal.Impact > 0 && `, impact ${d.proposal.Impact}`}
                  {d.proposal.Urgency > 0 && `, urgency ${d.proposal.Urgency}`}
                  {d.proposal.Intent && `, intent ${d.proposal.Intent}`}
                  {d.proposal.Proof && ', a hit is proof'}
                </span>
              </dd>
            </>
          )}
          {d.correlates.length > 0 && (
            <>
              <dt>correlates</dt>
              <dd>
                {d.correlates.map((c) => (
                  <div key={c}>
                    <Link to="/detection" search={{ q: c }}>
                      <Untrusted text={c} />
                    </Link>
                  </div>
                ))}
              </dd>
            </>
          )}
        </dl>
      </div>
    </Panel>
  );
}

function State({ of: d }: { of: RuleDetail }) {
  const { rule: r } = d;
  const bad = r.state === 'blind' || r.state === 'disabled' || !d.loaded;
  return (
    <div className={`notice ${bad ? 'notice-warn' : ''}`}>
      <p>
        {bad && <IconAlertTriangle size={14} aria-hidden />} <strong>{stateWords[r.state]}</strong>{' '}
        <Untrusted text={asSentence(r.disabled || r.state_reason)} />
      </p>
      {d.disabled_by && (
        <p className="small">
          By {d.disabled_by.name}, <Time at={d.disabled_at} />
        </p>
      )}
    </div>
  );
}

/** Where it comes from, whose it is, under which licence. */
export function RuleOrigin({ of: d }: { of: RuleDetail }) {
  const { rule: r } = d;
  return (
    <Panel id="origin" title="Where it comes from">
      <dl className="facts">
        <dt>origin</dt>
        <dd>
          {r.pack ? (
            <Link to="/detection/packs/$name" params={{ name: r.pack }}>
              {r.pack} {r.pack_version}
            </Link>
          ) : (
            (originName[r.origin] ?? r.origin)
          )}
        </dd>
        {r.overrides && (
          <>
            <dt>stands for</dt>
            <dd>the rule of the same id that {originName[r.replaces] ?? r.replaces}</dd>
          </>
        )}
        <dt>author</dt>
        <dd>
          <Untrusted text={r.author || 'not named'} />
        </dd>
        <dt>licence</dt>
        <dd>
          <Untrusted text={r.license || (r.pack ? 'that of the pack' : 'not named')} />
        </dd>
        <dt>written</dt>
        <dd>
          {d.date || '–'}
          {d.modified && `, changed ${d.modified}`}
        </dd>
        {r.file && (
          <>
            <dt>file</dt>
            <dd className="mono">
              <Untrusted text={r.file} />
            </dd>
          </>
        )}
        <dt>version</dt>
        <dd className="mono small">{r.version || '–'}</dd>
        {d.references.length > 0 && (
          <>
            <dt>references</dt>
            <dd>
              <ul className="bare-list">
                {d.references.map((x) => (
                  <li key={x} className="small">
                    <Untrusted text={x} mono />
                  </li>
                ))}
              </ul>
            </dd>
          </>
        )}
      </dl>
    </Panel>
  );
}
