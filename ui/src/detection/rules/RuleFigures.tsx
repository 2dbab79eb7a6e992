import { useMemo } from 'react';
import type { RuleDetail } from '../../api/detection';
import { Age, Time } from '../../display/Time';
import { number } from '../../display/words';
import { BarPanel } from '../BarChart';
import classes from '../Detection.module.css';
import { Stat } from '../Stat';
import { byDay, costText, nanos, rateText, verdictsText } from './figures';

const days = 30;

export function RuleFigures({ of: d }: { of: RuleDetail }) {
  const { rule: r } = d;
  const bars = useMemo(
    () => byDay(d.hits_by_day, days, Date.now()).map((b) => ({ start: b.start, value: b.hits })),
    [d.hits_by_day],
  );
  const month = bars.reduce((n, b) => n + b.value, 0);
  return (
    <>
      <dl className={`${classes.statline} ${classes.stats}`}>
        <Stat name="Hits, 7 days" note={`${number(d.hits_total)} since it was first seen`}>
          {number(r.hits)}
        </Stat>
        <Stat name="Last hit (UTC)" note={<Age at={r.last_hit} />}>
          <span className={classes.value}>
            <Time at={r.last_hit} bare none="never" />
          </span>
        </Stat>
        <Stat name="Alerts, 30 days">{number(r.alerts)}</Stat>
        <Stat name="False positives" note={verdictsText(r.false_positives)}>
          {r.false_positives.enough ? (
            rateText(r.false_positives)
          ) : (
            <span className={classes.value}>{rateText(r.false_positives)}</span>
          )}
        </Stat>
        <Stat
          name="Cost"
          note={
            r.cost.nanos > 0
              ? `an event; ${nanos(r.cost.nanos)} for ${number(r.cost.evaluations)} since the rules were loaded`
              : costText(r.cost)
          }
        >
          {r.cost.nanos > 0 ? nanos(r.cost.nanos_per_event) : '–'}
        </Stat>
      </dl>
      {month > 0 && (
        <BarPanel
          id="hits"
          title={
            <>
              {number(month)} hits <span className="dim small">by day, {days} days</span>
            </>
          }
          bars={bars}
          width={86_400_000}
          names={['Hits']}
        />
      )}
    </>
  );
}
