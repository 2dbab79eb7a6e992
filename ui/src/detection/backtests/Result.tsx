import { TextInput } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import type { Backtest, BacktestResult } from '../../api/detection';
import { Untrusted } from '../../display/Untrusted';
import { Empty } from '../../display/Waiting';
import { number } from '../../display/words';
import { IconFlask } from '../../icons';
import classes from '../Detection.module.css';
import { nanos } from '../rules/figures';
import { Stat } from '../Stat';
import { ResultTable } from './ResultTable';
import { RuleResult } from './RuleResult';
import { perDay } from './spec';

const route = getRouteApi('/signed-in/detection/backtests/$id');

const signed = (n: number): string => (n > 0 ? `+${number(n)}` : n < 0 ? `−${number(-n)}` : '±0');

export function Result({ of: b, result: r }: { of: Backtest; result: BacktestResult }) {
  const { rule } = route.useSearch();
  const go = route.useNavigate();
  const [q, setQ] = useState('');
  const rules = useMemo(
    () => r.rules.filter((x) => x.title.toLowerCase().includes(q.trim().toLowerCase())),
    [r.rules, q],
  );
  const open = r.rules.find((x) => x.id === rule) ?? (r.rules.length === 1 ? r.rules[0] : undefined);
  const read = b.progress.read;
  const show = (id: string | undefined) => void go({ search: { rule: id }, replace: true });
  return (
    <>
      <dl className={`${classes.statline} ${classes.stats}`}>
        <Stat
          name="Hits"
          note={`${signed(r.hits - r.hits_active)} against what is in use (${number(r.hits_active)})`}
        >
          {number(r.hits)}
        </Stat>
        <Stat name="Alerts, estimated" note="repeats folded as alerts do">
          {number(r.alerts)}
        </Stat>
        <Stat
          name="Alerts a day"
          note={`over ${r.days < 1 ? 'less than a day' : `${r.days.toFixed(1)} days`}`}
        >
          {r.days > 0 ? perDay(r.alerts / Math.max(r.days, 1)) : '–'}
        </Stat>
        <Stat
          name="Events read"
          note={r.loaded === 1 ? 'one rule was tried' : `${number(r.loaded)} rules were tried`}
        >
          {number(read)}
        </Stat>
        <Stat name="Cost" note="CPU time of all rules for an event">
          {nanos(r.nanos_per_event)}
        </Stat>
      </dl>
      <Remarks of={r} />
      {r.rules.length === 0 ? (
        <div className="panel">
          <Empty icon={<IconFlask size={30} aria-hidden />} title="Nothing was hit">
            <p>
              {read === 0
                ? 'No stored event falls into this time. Choose a longer one, or one with events.'
                : `None of ${number(read)} events made a rule hit.`}
            </p>
          </Empty>
        </div>
      ) : r.rules.length === 1 && open ? (
        <RuleResult of={open} spec={b.spec} days={r.days} />
      ) : (
        <div className={open ? classes.halves : undefined}>
          <section className="panel panel-tight" aria-label="Hits per rule">
            {r.rules.length > 8 && (
              <div className={classes.pad}>
                <TextInput
                  size="xs"
                  aria-label="Filter by title"
                  placeholder="Words of a title"
                  value={q}
                  onChange={(e) => setQ(e.currentTarget.value)}
                />
              </div>
            )}
            <ResultTable rules={rules} at={open?.id ?? ''} show={show} narrow={open !== undefined} />
          </section>
          {open && <RuleResult key={open.id} of={open} spec={b.spec} days={r.days} />}
        </div>
      )}
    </>
  );
}

function Remarks({ of: r }: { of: BacktestResult }) {
  return (
    <>
      {r.cut && (
        <p className="notice notice-warn">
          <strong>This is not all:</strong> a bound was reached, and the rest of the time was not read.
        </p>
      )}
      {r.left > 0 && (
        <p className="notice notice-warn">
          {number(r.left)} more rules hit and are not named, for want of room.
        </p>
      )}
      {r.rejected.length > 0 && (
        <details className="notice notice-bad">
          <summary>
            {r.rejected.length === 1 ? '1 rule' : `${number(r.rejected.length)} rules`} could not be read and
            did not take part
          </summary>
          <ul>
            {r.rejected.map((x) => (
              <li key={x}>
                <Untrusted text={x} />
              </li>
            ))}
          </ul>
        </details>
      )}
    </>
  );
}
