import { SegmentedControl } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { memo, type PointerEvent, useMemo, useRef, useState } from 'react';
import type { StreamHistogram } from '../api/search';
import { Panel } from '../display/Page';
import { duration, utc } from '../display/time';
import { number } from '../display/words';
import { barAt, filled, marks, placed, pressed, type Span, spanCount, spanTimes } from './brush';
import classes from './Histogram.module.css';
import { HistogramTable } from './HistogramTable';

type Props = {
  data: StreamHistogram | null;
  from: string;
  to: string;
  asTable: boolean;
  setAsTable: (on: boolean) => void;
  zoom: (from: string, to: string) => void;
};

/** Events over time; a span that is dragged or chosen by key becomes the window. */
export function HistogramPanel({ data, from, to, asTable, setAsTable, zoom }: Props) {
  return (
    <Panel
      id="histogram"
      title={
        data ? (
          <>
            {number(data.total)}
            {data.partial && ' so far'}{' '}
            <span className="dim small">
              {data.total > 0 && `by ${duration(data.interval_ms)}`}
              {data.partial && ', still counting'}
            </span>
          </>
        ) : (
          <span className="dim">Counting…</span>
        )
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
            aria-label="Show the counts as"
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
      {asTable && data ? (
        <HistogramTable data={data} zoom={zoom} />
      ) : (
        <Plot data={data} from={from} to={to} zoom={zoom} />
      )}
    </Panel>
  );
}

const spanText = (h: StreamHistogram, s: Span): string => {
  const t = spanTimes(h, s);
  if (!t) return '';
  const c = spanCount(h, s);
  return `${utc(t.from)} to ${utc(t.to)}: ${number(c.count)} events, ${number(c.failure)} failures`;
};

function Plot({ data, from, to, zoom }: Pick<Props, 'data' | 'from' | 'to' | 'zoom'>) {
  const { ref: sized, width } = useElementSize();
  const plot = useRef<HTMLDivElement>(null);
  const [span, setSpan] = useState<Span | null>(null);
  const [over, setOver] = useState<number | null>(null);
  const dragging = useRef(false);
  const h = useMemo(
    () => (data ? { ...data, ...filled(data, from, to) } : { ...nothing, ...{ buckets: [] } }),
    [data, from, to],
  );
  const count = h.buckets.length;
  const most = useMemo(() => Math.max(1, ...h.buckets.map((b) => b.count)), [h]);
  const begin = Date.parse(h.buckets[0]?.start ?? from);
  const end = count > 0 ? begin + count * h.interval_ms : Date.parse(to);
  const shownMarks = marks(begin, end, Math.max(2, Math.floor(width / 80)));

  const under = (e: PointerEvent) => {
    const box = plot.current?.getBoundingClientRect();
    return box ? barAt(e.clientX - box.left, box.width, count) : 0;
  };
  const take = (s: Span) => {
    const t = spanTimes(h, s);
    setSpan(null);
    if (t) zoom(t.from, t.to);
  };
  const told = span ?? (over === null ? null : { anchor: over, head: over });

  return (
    <div className={classes.chart} ref={sized}>
      <span className={`${classes.scale} ${classes.top}`}>{count > 0 ? number(most) : ''}</span>
      <span className={`${classes.scale} ${classes.half}`}>
        {most > 1 ? number(Math.round(most / 2)) : ''}
      </span>
      <div
        ref={plot}
        className={classes.plot}
        role="slider"
        tabIndex={0}
        aria-label={`${number(h.total)} events over time. Arrows choose a span, Shift stretches it, Enter makes it the window`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, count - 1)}
        aria-valuenow={span?.head ?? Math.max(0, count - 1)}
        aria-valuetext={span ? spanText(h, span) : 'no span chosen'}
        onPointerDown={(e) => {
          if (e.button !== 0 || count === 0) return;
          e.currentTarget.setPointerCapture(e.pointerId);
          dragging.current = true;
          setSpan({ anchor: under(e), head: under(e) });
        }}
        onPointerMove={(e) => {
          const at = under(e);
          if (dragging.current) setSpan((s) => (s && s.head !== at ? { ...s, head: at } : s));
          else if (e.pointerType === 'mouse') setOver(count > 0 ? at : null);
        }}
        onPointerUp={() => {
          if (dragging.current && span) take(span);
          dragging.current = false;
        }}
        onPointerCancel={() => {
          dragging.current = false;
          setSpan(null);
        }}
        onPointerLeave={() => setOver(null)}
        onBlur={() => !dragging.current && setSpan(null)}
        onKeyDown={(e) => {
          if (e.ctrlKey || e.metaKey || e.altKey) return;
          const next = pressed(e.key, e.shiftKey, span, count);
          if (next) setSpan(next);
          else if (e.key === 'Enter' && span) take(span);
          else if (e.key === 'Escape' && span) setSpan(null);
          else return;
          e.preventDefault();
          e.stopPropagation();
        }}
      >
        <Bars buckets={h.buckets} most={most} />
        {told && (
          <div className={classes.told} style={besides(placed(told, count))}>
            {spanText(h, told)}
          </div>
        )}
        {told && (
          <span
            className={span ? classes.span : classes.over}
            style={{ left: `${placed(told, count).left}%`, width: `${placed(told, count).width}%` }}
          />
        )}
      </div>
      <div className={classes.marks} aria-hidden>
        {shownMarks.map((m) => (
          <span key={m.at} style={{ left: `${(100 * (m.at - begin)) / (end - begin)}%` }}>
            {m.label}
          </span>
        ))}
      </div>
    </div>
  );
}

/** The words begin where the span does, or end where it does, so that they stay on the screen. */
const besides = (p: { left: number; width: number }) =>
  p.left < 50 ? { left: `${p.left}%` } : { right: `${Math.max(0, 100 - p.left - p.width)}%` };

const nothing: StreamHistogram = { interval_ms: 0, buckets: [], total: 0, partial: true };

const Bars = memo(function Bars({ buckets, most }: { buckets: StreamHistogram['buckets']; most: number }) {
  // Anything that is there is seen, be it one of millions.
  const tall = (n: number) => (n === 0 ? 0 : Math.max(2, (98 * n) / most));
  return (
    <svg
      className={classes.bars}
      viewBox={`0 0 ${Math.max(1, buckets.length)} 100`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <line x1="0" x2={buckets.length} y1="2" y2="2" className={classes.grid} />
      <line x1="0" x2={buckets.length} y1="51" y2="51" className={classes.grid} />
      {buckets.map((b, i) => (
        <g key={b.start}>
          <rect
            x={i + 0.08}
            width={0.84}
            y={100 - tall(b.count)}
            height={tall(b.count)}
            className={classes.all}
          />
          <rect
            x={i + 0.3}
            width={0.4}
            y={100 - tall(b.failure)}
            height={tall(b.failure)}
            className={classes.bad}
          />
        </g>
      ))}
    </svg>
  );
});
