import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useAct } from '../../api/act';
import { post, seg } from '../../api/client';
import type { Filter, Reload } from '../../api/detection';
import { Tag } from '../../display/Tag';
import { Age, Time } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { number } from '../../display/words';
import { useCan } from '../../session/session';
import classes from '../Detection.module.css';
import { ReasonDialog } from '../ReasonDialog';
import { afterChange, warnOfReload } from '../reload';
import { Yaml } from '../Yaml';

const tone = { active: 'good', expired: 'medium', retired: 'none' } as const;

/** A filter: what it holds back, why, who answers for it, until when. */
export function FilterItem({ of: f, rules }: { of: Filter; rules?: boolean }) {
  const can = useCan();
  const [open, setOpen] = useState(false);
  const [ending, setEnding] = useState(false);
  const retire = useAct<string, { reload: Reload }>({
    run: (reason) => post(`/rule-filters/${seg(f.id)}/retire`, { reason }),
    done: 'The filter is retired',
    refresh: afterChange,
    quiet: true,
    after: (r) => {
      warnOfReload(r.reload);
      setEnding(false);
    },
  });
  return (
    <li className={classes.item}>
      <div className="row spread">
        <span className="row row-tight">
          <Tag tone={tone[f.state]}>{f.state}</Tag>
          <strong>
            <Untrusted text={f.title} />
          </strong>
        </span>
        <span className="row row-tight">
          <Button size="compact-xs" variant="default" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Hide' : 'Show'}
            <span className="visually-hidden"> the filter {f.title}</span>
          </Button>
          {f.state === 'active' && can('detection.write') && (
            <Button size="compact-xs" variant="default" onClick={() => setEnding(true)}>
              Retire<span className="visually-hidden"> {f.title}</span>
            </Button>
          )}
        </span>
      </div>
      <p className="small">
        <Untrusted text={f.reason} />
      </p>
      <p className="dim small">
        {f.owner?.name ?? 'nobody'} answers for it ·{' '}
        {f.state === 'retired' ? (
          <>
            retired <Age at={f.retired} />: <Untrusted text={f.retired_reason} />
          </>
        ) : (
          <>
            {f.state === 'expired' ? 'ended' : 'ends'} <Time at={f.expires} />
          </>
        )}
      </p>
      {rules && f.state === 'active' && (
        <p className="small">
          {f.rules.length === 0 ? (
            <span className="dim">It applies to no rule that is loaded.</span>
          ) : f.rules.length <= 3 ? (
            f.rules.map((id) => (
              <span key={id} className="mono">
                <Link to="/detection/rules/$id" params={{ id }}>
                  {id}
                </Link>{' '}
              </span>
            ))
          ) : (
            `It applies to ${number(f.rules.length)}${f.rules.length >= 500 ? ' or more' : ''} rules.`
          )}
        </p>
      )}
      {open && <Yaml text={f.yaml} label="The filter as it is written" />}
      <ReasonDialog
        opened={ending}
        close={() => setEnding(false)}
        title="Retire the filter?"
        verb="Retire"
        busy={retire.isPending}
        error={retire.error}
        run={(reason) => retire.mutate(reason)}
      >
        <p>What it held back raises alerts again, from the next event on.</p>
      </ReasonDialog>
    </li>
  );
}
