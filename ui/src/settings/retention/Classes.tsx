import { Button } from '@mantine/core';
import { useState } from 'react';
import type { KeepClass, Retention } from '../../api/retention';
import { useNow } from '../../display/clock';
import { Panel } from '../../display/Page';
import { Tag } from '../../display/Tag';
import { utcDay } from '../../display/time';
import { Untrusted } from '../../display/Untrusted';
import { bytes, number } from '../../display/words';
import { IconPlus } from '../../icons';
import { useCan } from '../../session/session';
import { ClassDrawer } from './ClassDrawer';
import classes from './Retention.module.css';
import { daysText, sizeText, used } from './words';

export function Classes({ of: r }: { of: Retention }) {
  const can = useCan();
  const [editing, setEditing] = useState<KeepClass | 'new' | null>(null);
  return (
    <Panel
      id="classes"
      title="Classes"
      side={
        can('retention.admin') && (
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={14} />}
            onClick={() => setEditing('new')}
          >
            New class
          </Button>
        )
      }
    >
      <div className="scroll">
        <table className="tbl">
          <thead>
            <tr>
              <th>Class</th>
              <th>Kept</th>
              <th className={classes.barcolumn}>Used</th>
              <th className="right">Events</th>
              <th className="right hide-narrow">Size</th>
              <th className="hide-narrow">From – to</th>
              <th>
                <span className="visually-hidden">Acts</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {r.classes.map((c) => (
              <tr key={c.name}>
                <td>
                  <strong>
                    <Untrusted text={c.name} />
                  </strong>{' '}
                  {c.removed && <Tag title="Its segments are kept as the default class says">removed</Tag>}
                </td>
                <td>
                  {daysText(c.days)}
                  {c.max_bytes > 0 && <div className="dim small">{sizeText(c.max_bytes)}</div>}
                  {c.floor_days > 0 && (
                    <div className="dim small">a full disk may drop from {daysText(c.floor_days)} on</div>
                  )}
                </td>
                <td>
                  <Usage of={c} />
                </td>
                <td className="right">{number(c.events)}</td>
                <td className="right hide-narrow">
                  {bytes(c.bytes)}
                  <div className="dim small">
                    {number(c.segments)} segments
                    {c.held_segments > 0 && `, ${number(c.held_segments)} held`}
                  </div>
                </td>
                <td className="mono hide-narrow nowrap">
                  {c.oldest ? `${utcDay(c.oldest)} – ${utcDay(c.newest)}` : '–'}
                </td>
                <td className="right">
                  {can('retention.admin') && !c.removed && (
                    <Button size="compact-xs" variant="default" onClick={() => setEditing(c)}>
                      Change<span className="visually-hidden"> {c.name}</span>
                    </Button>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <ClassDrawer of={editing} delayHours={r.delay_hours} close={() => setEditing(null)} />
    </Panel>
  );
}

function Usage({ of: c }: { of: KeepClass }) {
  const now = useNow();
  const u = used(c, now);
  if (!u) return <span className="dim small">no limit</span>;
  const text = `${Math.round(u.part * 100)} % of ${u.of}`;
  return (
    <div className="stack-tight">
      <span className={classes.usage}>
        <span style={{ width: `${u.part * 100}%` }} />
      </span>
      <span className="dim small">{text}</span>
    </div>
  );
}
