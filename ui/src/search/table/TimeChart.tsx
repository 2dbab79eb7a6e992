import { useComputedColorScheme } from '@mantine/core';
import { useElementSize, useMergedRef } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { Untrusted } from '../../display/Untrusted';
import { number } from '../../display/words';
import { colours, dashes } from './colours';
import classes from './Table.module.css';

type Props = { times: number[]; series: { name: string; values: (number | null)[] }[]; height?: number };

const label = (seconds: number, step: number): string => {
  const iso = new Date(seconds * 1000).toISOString();
  if (step >= 86_400 || iso.slice(11, 19) === '00:00:00') return iso.slice(5, 10);
  return step < 60 ? iso.slice(11, 19) : iso.slice(11, 16);
};

/** Lines over time; each has its own colour and dash. One alone is bars. */
export function TimeChart({ times, series, height = 220 }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const { ref: measured, width } = useElementSize();
  const ref = useMergedRef(host, measured);
  const dark = useComputedColorScheme('light') === 'dark';

  useEffect(() => {
    const parent = host.current;
    if (!parent || width === 0) return;
    const ink = dark ? '#a6adb4' : '#55606b';
    const grid = { stroke: dark ? '#2c2f33' : '#eceff1', width: 1 };
    const alone = series.length === 1;
    const step = times.length > 1 ? ((times[1] ?? 0) - (times[0] ?? 0)) / 1000 : 3600;
    const plot = new uPlot(
      {
        width,
        height,
        tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), 'Etc/UTC'),
        cursor: { drag: { x: false, y: false } },
        legend: { show: false },
        scales: {
          x: { range: (_u, min, max) => [min - step / 2, max + step / 2] },
          y: { range: (_u, _min, max) => [0, Math.max(max, 1)] },
        },
        axes: [
          {
            stroke: ink,
            grid: { show: false },
            ticks: grid,
            space: 64,
            size: 28,
            values: (_u, splits, _axis, _space, by) => splits.map((s) => label(s, by)),
          },
          { stroke: ink, grid, ticks: grid, size: 56, space: 30, values: (_u, v) => v.map((n) => number(n)) },
        ],
        series: [
          {},
          ...series.map((_, i) => {
            const stroke = colours(dark)[i % 10] ?? ink;
            return alone
              ? {
                  paths: uPlot.paths.bars?.({ size: [0.8, 60], align: 0 as const }),
                  fill: stroke,
                  stroke,
                  width: 0,
                  points: { show: false },
                }
              : { stroke, width: 1.5, dash: dashes[i % dashes.length], points: { show: times.length < 3 } };
          }),
        ],
      },
      [times.map((n) => n / 1000), ...series.map((s) => s.values)] as uPlot.AlignedData,
      parent,
    );
    return () => plot.destroy();
  }, [times, series, width, height, dark]);

  return (
    <figure className={classes.figure}>
      <div
        ref={ref}
        style={{ minHeight: height }}
        role="img"
        aria-label={`${series.map((s) => s.name).join(', ')} over time; the table beside says the same`}
      />
      {series.length > 1 && (
        <figcaption className={classes.legend}>
          {series.map((s, i) => (
            <span key={s.name}>
              <svg width="22" height="8" aria-hidden="true">
                <line
                  x1="0"
                  x2="22"
                  y1="4"
                  y2="4"
                  stroke={colours(dark)[i % 10]}
                  strokeWidth="2.5"
                  strokeDasharray={dashes[i % dashes.length]?.join(' ')}
                />
              </svg>
              <Untrusted text={s.name} />
            </span>
          ))}
        </figcaption>
      )}
    </figure>
  );
}
