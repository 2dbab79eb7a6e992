import { lazy, Suspense } from 'react';
import { number } from '../../display/words';
import { BarList } from './BarList';
import type { Picture } from './series';
import classes from './Table.module.css';

// uPlot is only for those who look at lines.
const TimeChart = lazy(() => import('./TimeChart').then((m) => ({ default: m.TimeChart })));

type Props = { of: Picture; height?: number; bars?: number };

export function Drawing({ of, height = 220, bars }: Props) {
  if (!of) return null;
  if (of.kind === 'figure')
    return (
      <p className={classes.big}>
        {number(of.value)} <span>{of.name}</span>
      </p>
    );
  if (of.kind === 'bars') return <BarList bars={of.bars} name={of.name} shown={bars} />;
  return (
    <Suspense fallback={<div style={{ minHeight: height }} />}>
      <TimeChart times={of.times} series={of.series} height={height} />
    </Suspense>
  );
}
