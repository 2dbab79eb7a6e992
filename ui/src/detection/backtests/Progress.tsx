import { Button } from '@mantine/core';
import { useAct } from '../../api/act';
import { post, seg } from '../../api/client';
import type { Backtest } from '../../api/detection';
import { isGoing } from '../../api/detectionQueries';
import { useNow } from '../../display/clock';
import { number } from '../../display/words';
import { IconPlayerStop } from '../../icons';
import { useCan } from '../../session/session';
import classes from '../Detection.module.css';
import { estimate, part, subject } from './spec';

/** How far one is that is still going, with the way to stop it. */
export function Progress({ of: b, compact }: { of: Backtest; compact?: boolean }) {
  const can = useCan();
  const now = useNow();
  const cancel = useAct({
    run: () => post(`/backtests/${seg(b.id)}/cancel`),
    done: 'It stops; what it found so far is kept',
    refresh: [['backtests']],
  });
  if (!isGoing(b)) return null;
  const p = part(b);
  const left = estimate(b, now);
  return (
    <div className="stack-tight">
      <progress
        className={classes.progress}
        max={1}
        value={p ?? undefined}
        aria-label={`Progress of ${subject(b)}`}
      />
      <div className="row row-tight small">
        <span>
          {b.state === 'queued'
            ? 'waits for the one before it'
            : `${number(b.progress.read)} of about ${number(b.progress.about)} events`}
          {left && !compact && `, ${left}`}
        </span>
        {can('detection.write') && b.state !== 'cancelling' && (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconPlayerStop size={12} />}
            loading={cancel.isPending}
            onClick={() => cancel.mutate()}
          >
            Stop<span className="visually-hidden"> {subject(b)}</span>
          </Button>
        )}
      </div>
    </div>
  );
}
