import { Button } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../../api/act';
import { post, seg } from '../../api/client';
import type { Change, ChangeState, Retention } from '../../api/retention';
import { ReasonDialog } from '../../detection/ReasonDialog';
import { Panel } from '../../display/Page';
import { Tag } from '../../display/Tag';
import { Time } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { number } from '../../display/words';
import { useCan, useMe } from '../../session/session';
import classes from './Retention.module.css';
import { next, parts } from './words';

const tone: Record<ChangeState, 'high' | 'accent' | 'good' | 'none'> = {
  pending: 'high',
  waiting: 'accent',
  applied: 'good',
  rejected: 'none',
  cancelled: 'none',
};
const stateName: Record<ChangeState, string> = {
  pending: 'waits for a second person',
  waiting: 'approved, waits for its time',
  applied: 'in effect',
  rejected: 'rejected',
  cancelled: 'cancelled',
};
const isOpen = (c: Change) => c.state === 'pending' || c.state === 'waiting';

/** Changes that wait, and those that were. */
export function Changes({ of: r }: { of: Retention }) {
  const open = r.changes.filter(isOpen);
  const ended = r.changes.filter((c) => !isOpen(c));
  return (
    <Panel
      id="changes"
      title="Changes that wait"
      side={<span className="dim small">{open.length > 0 ? number(open.length) : 'none'}</span>}
    >
      {open.length === 0 && (
        <p className="dim small">
          What only lengthens is in effect at once. What shortens or removes waits here for a second person,
          and then {number(r.delay_hours)} hours more.
        </p>
      )}
      {open.map((c) => (
        <One key={c.id} of={c} />
      ))}
      {ended.length > 0 && (
        <details className={classes.ended}>
          <summary>Earlier changes ({number(ended.length)})</summary>
          {ended.map((c) => (
            <One key={c.id} of={c} />
          ))}
        </details>
      )}
    </Panel>
  );
}

function One({ of: c }: { of: Change }) {
  const me = useMe()?.person.id ?? '';
  const can = useCan();
  const [asking, setAsking] = useState<'reject' | 'cancel' | null>(null);
  const n = next(c, me, can('retention.admin'));
  const act = useAct({
    run: ({ verb, reason }: { verb: 'approve' | 'reject' | 'cancel'; reason?: string }) =>
      post<Change>(`/retention/changes/${seg(c.id)}/${verb}`, reason ? { reason } : {}),
    refresh: [['retention']],
    done: (_r, { verb }) => ({ approve: 'Approved', reject: 'Rejected', cancel: 'Cancelled' })[verb],
    after: () => setAsking(null),
  });
  return (
    <article className={classes.change}>
      <div className="row spread">
        <strong>
          <Untrusted text={c.detail} />
        </strong>
        <Tag tone={tone[c.state]}>{stateName[c.state]}</Tag>
      </div>
      <dl className="facts">
        {parts(c).map((p) => (
          <div key={p.name} style={{ display: 'contents' }}>
            <dt>{p.name}</dt>
            <dd>
              {p.before} → <strong>{p.after}</strong>
            </dd>
          </div>
        ))}
        <dt>asked for</dt>
        <dd>
          by {c.by_name || c.by}, <Time at={c.at} />: <Untrusted text={c.reason} />
        </dd>
        {c.approved_by && (
          <>
            <dt>approved</dt>
            <dd>
              by {c.approved_by.name}, <Time at={c.approved_at} />
            </dd>
          </>
        )}
        {c.effective && (
          <>
            <dt>{c.state === 'applied' ? 'in effect since' : 'takes effect'}</dt>
            <dd>
              <Time at={c.effective} />
            </dd>
          </>
        )}
      </dl>
      <p className="small">
        <Untrusted text={n.text} />
      </p>
      <div className="row">
        {n.approve && (
          <Button size="xs" loading={act.isPending} onClick={() => act.mutate({ verb: 'approve' })}>
            Approve
          </Button>
        )}
        {n.reject && (
          <Button size="xs" variant="default" onClick={() => setAsking('reject')}>
            Reject
          </Button>
        )}
        {n.cancel && (
          <Button size="xs" variant="default" onClick={() => setAsking('cancel')}>
            Cancel the change
          </Button>
        )}
      </div>
      <ReasonDialog
        opened={asking !== null}
        close={() => setAsking(null)}
        title={asking === 'reject' ? 'Reject the change' : 'Cancel the change'}
        verb={asking === 'reject' ? 'Reject' : 'Cancel the change'}
        busy={act.isPending}
        error={act.error}
        run={(reason) => asking && act.mutate({ verb: asking, reason })}
      />
    </article>
  );
}
