import { SegmentedControl, useComputedColorScheme } from '@mantine/core';
import { useElementSize, useMergedRef } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import type { Histogram } from '../api/types';
import { Panel } from '../display/Page';
import { duration, utc } from '../display/time';
import { number } from '../display/words';
import classes from './Search.module.css';

type Props = {
  data: Histogram;
  asTable: boolean;
  setAsTable: (on: boolean) => void;
  zoom: (from: string, to: string) => void;
};

export function HistogramPanel({ data, asTable, setAsTable, zoom }: Props) {
  return (
    <Panel
      id="histogram"
      title={
        <>
          {number(data.total)} events <span className="dim small">by {duration(data.interval_ms)}</span>
        </>
      }
      side={
        <>
          <span className={classes.key}>
            <span className={classes.swatch} /> all
          </span>
          <span className={classes.key}>
            <span className={`${classes.swatch} ${classes.failure}`} /> failures
          </span>
          <SegmentedControl
            size="xs"
            aria-label="Show as"
            data={[
              { value: 'chart', label: 'Chart' },
              { value: 'table', label: 'Table' },
            ]}
            value={asTable ? 'table' : 'chart'}
            onChange={(v) => setAsTable(v === 'table')}
          />
        </>
      }
    >
      {asTable ? <Buckets data={data} zoom={zoom} /> : <Chart data={data} zoom={zoom} />}
    </Panel>
  );
}

function Buckets({ data, zoom }: Pick<Props, 'data' | 'zoom'>) {
  return (
    <section
      className="scroll"
      style={{ maxHeight: 240, overflowY: 'auto' }}
      tabIndex={0}
      aria-label="Counts"
    >
      <table className="tbl">
        <thead>
          <tr>
            <th>From (UTC)</th>
            <th className="right">Events</th>
            <th className="right">Failures</th>
            <th className="right">Zoom</th>
          </tr>
        </thead>
        <tbody>
          {data.buckets
            .filter((b) => b.count > 0)
            .map((b) => (
              <tr key={b.start}>
                <td className="mono">{utc(b.start)}</td>
                <td className="right">{number(b.count)}</td>
                <td className="right">{number(b.failure)}</td>
                <td className="right">
                  <button
                    type="button"
                    className="pivot"
                    onClick={() =>
                      zoom(b.start, new Date(Date.parse(b.start) + data.interval_ms).toISOString())
                    }
                  >
                    Zoom in<span className="visually-hidden"> to {utc(b.start)}</span>
                  </button>
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}

/** Midnight is the day, all else the clock. */
function tick(seconds: number, step: number): string {
  const iso = new Date(seconds * 1000).toISOString();
  if (step >= 86_400 || iso.slice(11, 19) === '00:00:00') return iso.slice(5, 10);
  return step < 60 ? iso.slice(11, 19) : iso.slice(11, 16);
}

function Chart({ data, zoom }: Pick<Props, 'data' | 'zoom'>) {
  const host = useRef<HTMLDivElement>(null);
  const { ref: measured, width } = useElementSize();
  const ref = useMergedRef(host, measured);
  const dark = useComputedColorScheme('light') === 'dark';
  const zoomRef = useRef(zoom);
  zoomRef.current = zoom;

  useEffect(() => {
    const parent = host.current;
    if (!parent || width === 0) return;
    const ink = dark ? '#a6adb4' : '#55606b';
    const grid = { stroke: dark ? '#2c2f33' : '#eceff1', width: 1 };
    const bars = uPlot.paths.bars?.({ size: [0.8, 60], align: 1 });
    const plot = new uPlot(
      {
        width,
        height: 130,
        tzDate: (ts) => uPlot.tzDate(new Date(ts * 1000), 'Etc/UTC'),
        cursor: { drag: { x: true, y: false, setScale: false }, points: { show: false } },
        legend: { show: false },
        scales: {
          // The last bucket reaches one interval past its start.
          x: { range: (_u, min, max) => [min, max + data.interval_ms / 1000] },
          y: { range: (_u, _min, max) => [0, Math.max(max, 1)] },
        },
        axes: [
          {
            stroke: ink,
            grid,
            ticks: grid,
            space: 70,
            size: 28,
            values: (_u, splits, _axis, _space, step) => splits.map((s) => tick(s, step)),
          },
          { stroke: ink, grid, ticks: grid, size: 56, values: (_u, v) => v.map((n) => number(n)) },
        ],
        series: [
          {},
          { paths: bars, fill: '#4c6ef5', stroke: '#4c6ef5', width: 0, points: { show: false } },
          { paths: bars, fill: '#e8590c', stroke: '#e8590c', width: 0, points: { show: false } },
        ],
        hooks: {
          setSelect: [
            (u) => {
              if (u.select.width < 4) return;
              const at = (px: number) => new Date(u.posToVal(px, 'x') * 1000).toISOString();
              zoomRef.current(at(u.select.left), at(u.select.left + u.select.width));
            },
          ],
        },
      },
      [
        data.buckets.map((b) => Date.parse(b.start) / 1000),
        data.buckets.map((b) => b.count),
        data.buckets.map((b) => b.failure),
      ],
      parent,
    );
    return () => plot.destroy();
  }, [data, width, dark]);

  return (
    <div
      ref={ref}
      className={classes.chart}
      role="img"
      aria-label={`${number(data.total)} events over time; the table beside says the same`}
      title="Drag to zoom in"
    />
  );
}
