import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { alert as alertQuery } from '../../api/detectionQueries';
import type { Alert } from '../../api/types';
import { Panel } from '../../display/Page';
import { Pivot } from '../../display/Pivot';
import { ExerciseTag, Severity, Tag } from '../../display/Tag';
import { Time } from '../../display/Time';
import { isSet } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';
import { escaped } from '../../display/untrusted';
import { Loaded } from '../../display/Waiting';
import { number } from '../../display/words';
import { Frame } from '../Frame';
import { AlertEvents } from './AlertEvents';

const route = getRouteApi('/signed-in/detection/alerts/$id');

export function AlertPage() {
  const { id } = route.useParams();
  const found = useQuery(alertQuery(id));
  const a = found.data;
  return (
    <Frame
      title={a ? escaped(a.summary) || 'Alert' : 'Alert'}
      sub={
        a && (
          <span className="row row-tight">
            <Severity value={a.severity} />
            {a.exercise && <ExerciseTag />}
            {isSet(a.cleared) && <Tag tone="good">over</Tag>}
            {a.case && (
              <Link to="/cases/$id" params={{ id: a.case.id }} className="mono">
                {a.case.number}
              </Link>
            )}
          </span>
        )
      }
    >
      <Loaded query={found} lines={8}>
        {(x) => (
          <div className="grid2">
            <div className="stack">
              {x.why && (
                <Panel id="why" title="Why">
                  <p>
                    <Untrusted text={x.why} lines />
                  </p>
                </Panel>
              )}
              <Matched of={x} />
              <AlertEvents of={x} />
            </div>
            <Facts of={x} />
          </div>
        )}
      </Loaded>
    </Frame>
  );
}

function Matched({ of: a }: { of: Alert }) {
  return (
    <Panel id="matched" title="What made the rule match">
      {a.fields.length === 0 ? (
        <p className="dim small">
          No single field: a correlation counts events, and keywords look at the whole text. The events are
          below.
        </p>
      ) : (
        <dl className="facts">
          {a.fields.map((f) => (
            <div key={`${f.name} ${f.value}`} style={{ display: 'contents' }}>
              <dt className="mono">
                <Untrusted text={f.name} />
              </dt>
              <dd>
                <Pivot value={f.value} field={f.name} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {a.count > 1 && a.fields.length > 0 && <p className="dim small">Of the first of its events.</p>}
    </Panel>
  );
}

function Facts({ of: a }: { of: Alert }) {
  return (
    <Panel id="facts" title="The alert">
      <dl className="facts">
        <dt>rule</dt>
        <dd>
          <Link to="/detection/rules/$id" params={{ id: a.rule }}>
            <Untrusted text={a.rule_title} />
          </Link>
        </dd>
        <dt>pack</dt>
        <dd>
          {a.pack ? (
            <Link to="/detection/packs/$name" params={{ name: a.pack }} search={{ version: a.pack_version }}>
              <Untrusted text={`${a.pack} ${a.pack_version}`} />
            </Link>
          ) : (
            'none'
          )}
        </dd>
        <dt>version of the rule</dt>
        <dd className="mono small">{a.rule_version || '–'}</dd>
        <dt>events</dt>
        <dd>{number(a.count)}</dd>
        <dt>first (UTC)</dt>
        <dd>
          <Time at={a.first_seen} />
        </dd>
        <dt>last (UTC)</dt>
        <dd>
          <Time at={a.last_seen} />
        </dd>
        {isSet(a.cleared) && (
          <>
            <dt>over since (UTC)</dt>
            <dd>
              <Time at={a.cleared} />
            </dd>
          </>
        )}
        <dt>tags</dt>
        <dd className="row row-tight">
          {a.tags.length === 0
            ? '–'
            : a.tags.map((t) => (
                <Link key={t} to="/detection" search={{ tag: t }} className="small">
                  <Untrusted text={t} />
                </Link>
              ))}
        </dd>
      </dl>
    </Panel>
  );
}
