import { SegmentedControl, useComputedColorScheme } from '@mantine/core';
import { useElementSize, useMergedRef } from '@mantine/hooks';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { Panel } from '../display/Page';
import { utc, utcDay } from '../display/time';
import { number } from '../display/words';
import classes from './Detection.module.css';

export type Bar = { start: number; value: number; second?: number };
type Props = {
  id: string;
  title: ReactNode;
  bars: Bar[];
  /** Milliseconds that a bar stands for. */
  width: number;
  names: [string] | [string, string];
};

/** Counts over time, with the table that says the same. */
export function BarPanel({ id, title, bars, width, names }: Props) {
  const [table, setTable] = useState(false);
  return (
    <Panel
      id={id}
      title={title}
      side={
        <>
          {names.length === 2 &&
            names.map((n, i) => (
              <span key={n} className={classes.legend}>
                <span className={`${classes.swatch} ${i === 1 ? classes.second : ''}`} /> {n}
              </span>
            ))}
          <SegmentedControl
            size="xs"
            aria-label="Show as"
            data={['Chart', 'Table']}
            value={table ? 'Table' : 'Chart'}
            onChange={(v) => setTable(v === 'Table')}
          />
        </>
      }
    >
      {table ? (
        <Counts bars={bars} width={width} names={names} />
      ) : (
        <Chart bars={bars} width={width} names={names} />
      )}
    </Panel>
  );
}

type Of = Pick<Props, 'bars' | 'width' | 'names'>;

function Counts({ bars, width, names }: Of) {
  const said = bars.filter((b) => b.value > 0 || (b.second ?? 0) > 0);
  const at = (ms: number) => (width >= 86_400_000 ? utcDay : utc)(new Date(ms).toISOString());
  return (
    <section
      className="scroll"
      style={{ maxHeight: 220, overflowY: 'auto' }}
      tabIndex={0}
      aria-label="Counts"
    >
      <table className="tbl">
        <thead>
          <tr>
            <th>{width >= 86_400_000 ? 'Day (UTC)' : 'From (UTC)'}</th>
            {names.map((n) => (
              <th key={n} className="right">
                {n}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {said.map((b) => (
            <tr key={b.start}>
              <td className="mono">{at(b.start)}</td>
              <td className="right">{number(b.value)}</td>
              {names.length === 2 && <td className="right">{number(b.second)}</td>}
            </tr>
          ))}
          {said.length === 0 && (
            <tr>
              <td colSpan={3} className="dim">
                None in this time.
              </td>
            </tr>
          )}
        </tbody>
      </table>
    </section>
  );
}

const label = (seconds: number, step: number): string => {
  const iso = new Date(seconds * 1000).toISOString();
  return step >= 86_400 || iso.slice(11, 16) === '00:00' ? iso.slice(5, 10) : iso.slice(11, 16);
};

function Chart({ bars, width: span, names }: Of) {
  const host = useRef<HTMLDivElement>(null);
  const { ref: measured, width } = useElementSize();
  const ref = useMergedRef(host, measured);
  const dark = useComputedColorScheme('light') === 'dark';
  const two = names.length === 2;

  useEffect(() => {
    const parent = host.current;
    if (!parent || width === 0 || bars.length === 0) return;
    const ink = dark ? '#a6adb4' : '#55606b';
    const grid = { stroke: dark ? '#2c2f33' : '#eceff1', width: 1 };
    const paths = (align: -1 | 0 | 1, size: number) => uPlot.paths.bars?.({ size: [size, 40], align });
    const bar = (fill: string, align: 0 | 1 | -1, size: number) => ({
      paths: paths(align, size),
      fill,
      stroke: fill,
      width: 0,
      points: { show: false },
    });
    const first = dark ? '#748ffc' : '#4c6ef5';
    const plot = new uPlot(
      {
        width,
        height: 130,
        tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), 'Etc/UTC'),
        cursor: { show: false },
        legend: { show: false },
        scales: {
          x: { range: (_u, min, max) => [min - span / 2000, max + span / 2000] },
          y: { range: (_u, _min, max) => [0, Math.max(max, 1)] },
        },
        axes: [
          {
            stroke: ink,
            grid: { show: false },
            ticks: grid,
            space: 60,
            size: 28,
            values: (_u, splits, _axis, _space, step) => splits.map((s) => label(s, step)),
          },
          {
            stroke: ink,
            grid,
            ticks: grid,
            size: 48,
            space: 30,
            incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6, 1e7],
            values: (_u, v) => v.map((n) => number(n)),
          },
        ],
        series: two ? [{}, bar(first, -1, 0.4), bar('#e8590c', 1, 0.4)] : [{}, bar(first, 0, 0.75)],
      },
      [
        bars.map((b) => b.start / 1000),
        bars.map((b) => b.value),
        ...(two ? [bars.map((b) => b.second ?? 0)] : []),
      ] as uPlot.AlignedData,
      parent,
    );
    return () => plot.destroy();
  }, [bars, width, dark, span, two]);

  const total = bars.reduce((n, b) => n + b.value, 0);
  return (
    <div
      ref={ref}
      className={classes.chart}
      style={{ minHeight: 130 }}
      role="img"
      aria-label={`${names[0]}: ${number(total)} over time; the table says the same`}
    />
  );
}
