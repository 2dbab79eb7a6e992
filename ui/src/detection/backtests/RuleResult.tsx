import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { BacktestRule, BacktestSpec } from '../../api/detection';
import { Panel } from '../../display/Page';
import { duration } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';
import { number } from '../../display/words';
import { BarPanel } from '../BarChart';
import { nanos } from '../rules/figures';
import { Samples } from './Samples';
import { perDay, spread } from './spec';

type Props = { of: BacktestRule; spec: BacktestSpec; days: number };

/** One rule of a result: over time, against the one in use, by example. */
export function RuleResult({ of: r, spec, days }: Props) {
  const { width, bars } = useMemo(() => spread(r.over_time, spec.from, spec.to), [r, spec]);
  const before = r.alerts_active / Math.max(days, 1);
  return (
    <div className="stack">
      <Panel
        id="one"
        title={<Untrusted text={r.title} />}
        side={
          r.in_use && (
            <Link to="/detection/rules/$id" params={{ id: r.id }} className="small">
              The rule in use
            </Link>
          )
        }
      >
        <dl className="facts">
          <dt>alerts a day</dt>
          <dd>
            {perDay(r.alerts_per_day)} estimated
            {r.in_use && <span className="dim">, {perDay(before)} with the one in use</span>}
          </dd>
          <dt>hits</dt>
          <dd>
            {number(r.hits)}
            {r.in_use ? (
              <span className="dim">
                , {number(r.new)} that the one in use does not find, {number(r.gone)} that only it finds
              </span>
            ) : (
              <span className="dim">, no rule of this id is in use</span>
            )}
          </dd>
          <dt>cost</dt>
          <dd>
            {r.nanos_per_event > 0
              ? `${nanos(r.nanos_per_event)} an event, matched against ${number(r.evaluations)}`
              : 'too little to measure'}
          </dd>
        </dl>
      </Panel>
      <BarPanel
        id="over"
        title={
          <>
            Hits over time <span className="dim small">by {duration(width)}</span>
          </>
        }
        bars={bars}
        width={width}
        names={r.in_use ? ['Tried', 'In use'] : ['Tried']}
      />
      <Samples of={r.samples} hits={r.hits} />
    </div>
  );
}
