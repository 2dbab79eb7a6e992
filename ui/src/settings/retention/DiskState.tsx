import type { Disk, Tier } from '../../api/retention';
import { Panel } from '../../display/Page';
import { Tag } from '../../display/Tag';
import { bytes, number } from '../../display/words';
import classes from './Retention.module.css';

const says = {
  ok: { tone: 'good', text: 'enough room' },
  low: { tone: 'high', text: 'running low' },
  full: { tone: 'critical', text: 'full' },
} as const;

/** Room on the disk, and what will happen when there is none. */
export function DiskState({ disk: d, tier }: { disk: Disk; tier: Tier }) {
  const usedElse = Math.max(0, d.total - d.free - d.used_by_segments);
  const part = (n: number) => `${d.total > 0 ? (100 * n) / d.total : 0}%`;
  return (
    <Panel
      id="disk"
      title="Disk"
      side={<Tag tone={says[d.state]?.tone}>{says[d.state]?.text ?? d.state}</Tag>}
    >
      <div className="stack">
        <div
          className={classes.disk}
          role="img"
          aria-label={`${bytes(d.used_by_segments)} events, ${bytes(usedElse)} else, ${bytes(d.free)} free of ${bytes(d.total)}`}
        >
          <span className={classes.events} style={{ width: part(d.used_by_segments) }} />
          <span className={classes.other} style={{ width: part(usedElse) }} />
        </div>
        <div className="row small">
          <span className={classes.key}>
            <span className={classes.events} /> {bytes(d.used_by_segments)} events
          </span>
          <span className={classes.key}>
            <span className={classes.other} /> {bytes(usedElse)} all else
          </span>
          <span>
            <strong>{bytes(d.free)}</strong> free of {bytes(d.total)}
          </span>
        </div>
        {d.plan && <p className={d.state === 'ok' ? 'small' : 'notice notice-warn'}>{d.plan}</p>}
        <p className="small">
          {tier.kind === 'none' ? (
            <span className="dim">No second place is set: all events stay on this disk.</span>
          ) : (
            <>
              After {tier.after_days} days they move to{' '}
              {tier.kind === 's3' ? 'the object store' : 'the directory'} <code>{tier.target}</code>:{' '}
              {number(tier.segments)} segments, {bytes(tier.bytes)} are there, and still searched.
            </>
          )}
        </p>
      </div>
    </Panel>
  );
}
