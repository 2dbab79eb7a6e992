import { useQuery } from '@tanstack/react-query';
import { memo, useMemo } from 'react';
import { ruleHits } from '../../api/detectionQueries';
import { useLate } from '../../display/Waiting';
import { number } from '../../display/words';
import { byDay, sparkPath } from './figures';
import classes from './Rules.module.css';

const days = 14;

/** Hits of a fortnight. Asked for once the row has stood still: a list that is scrolled through asks nothing. */
export const Sparkline = memo(function Sparkline({ rule }: { rule: string }) {
  const still = useLate(200);
  const found = useQuery({ ...ruleHits(rule, days), enabled: still });
  const values = useMemo(
    () => byDay(found.data?.items ?? [], days, Date.now()).map((d) => d.hits),
    [found.data],
  );
  if (!found.data) return <span className={classes.spark} aria-hidden />;
  const most = Math.max(...values);
  return (
    <svg
      className={classes.spark}
      viewBox="0 0 56 18"
      role="img"
      aria-label={`At most ${number(most)} a day in ${days} days`}
    >
      <path d={sparkPath(values, 56, 18)} />
    </svg>
  );
});
