import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import type { Backtest } from '../../api/detection';
import { backtest, isGoing } from '../../api/detectionQueries';
import { Tag } from '../../display/Tag';
import { Time } from '../../display/Time';
import { isSet } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';
import { escaped } from '../../display/untrusted';
import { Loaded } from '../../display/Waiting';
import { Frame } from '../Frame';
import { Progress } from './Progress';
import { Result } from './Result';
import { stateTone, subject } from './spec';

const route = getRouteApi('/signed-in/detection/backtests/$id');

export function BacktestPage() {
  const { id } = route.useParams();
  const found = useQuery(backtest(id));
  const b = found.data;
  return (
    <Frame
      title={b ? escaped(subject(b)) : 'Back-test'}
      sub={
        b && (
          <span className="row row-tight">
            <Tag tone={stateTone[b.state]}>{b.state}</Tag> back-test over <Time at={b.spec.from} bare /> –{' '}
            <Time at={b.spec.to} bare /> UTC by {b.actor.name}
            {b.spec.query && (
              <span className="mono">
                , only <Untrusted text={b.spec.query} />
              </span>
            )}
          </span>
        )
      }
    >
      <Loaded query={found} lines={8}>
        {(x) => <Body of={x} />}
      </Loaded>
    </Frame>
  );
}

function Body({ of: b }: { of: Backtest }) {
  return (
    <>
      {isGoing(b) && (
        <div className="panel" aria-live="polite">
          <Progress of={b} />
          {isSet(b.progress.at) && (
            <p className="dim small">
              It has come to events of <Time at={b.progress.at} bare /> UTC.
            </p>
          )}
        </div>
      )}
      {b.error && (
        <p className="notice notice-bad" role="alert">
          <strong>It failed.</strong> <Untrusted text={b.error} />
        </p>
      )}
      {b.state === 'cancelled' && (
        <p className="notice notice-warn">It was stopped; the figures are of what it had read until then.</p>
      )}
      {b.result && <Result of={b} result={b.result} />}
    </>
  );
}
