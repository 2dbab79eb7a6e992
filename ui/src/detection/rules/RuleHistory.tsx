import { Button } from '@mantine/core';
import { useState } from 'react';
import { useAct } from '../../api/act';
import { post, seg } from '../../api/client';
import type { ChangedRule, OwnVersion, RuleDetail } from '../../api/detection';
import { Panel } from '../../display/Page';
import { Tag } from '../../display/Tag';
import { Time } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { useCan } from '../../session/session';
import classes from '../Detection.module.css';
import { History } from '../History';
import { ReasonDialog } from '../ReasonDialog';
import { afterChange, warnOfReload } from '../reload';
import { Yaml } from '../Yaml';

/** The versions of an own rule, and what people did about any. */
export function RuleHistory({ of: d }: { of: RuleDetail }) {
  return (
    <Panel id="history" title="History">
      <div className="stack">
        {d.own && <Versions of={d} />}
        {d.own && <h3 className="dim small">What was done</h3>}
        <History items={d.history} none="Nobody has changed anything about it." />
      </div>
    </Panel>
  );
}

function Versions({ of: d }: { of: RuleDetail }) {
  const can = useCan();
  const [open, setOpen] = useState(0);
  const [back, setBack] = useState<OwnVersion | null>(null);
  const roll = useAct<{ number: number; reason: string }, ChangedRule>({
    run: (v) =>
      post(
        `/rules/${seg(d.rule.id)}/rollback`,
        { version: v.number, reason: v.reason },
        { version: d.own?.version ?? 0 },
      ),
    done: (r) => `Version ${r.number} is in use`,
    refresh: afterChange,
    quiet: true,
    after: (r) => {
      warnOfReload(r.reload);
      setBack(null);
    },
  });
  const versions = d.own?.versions ?? [];
  const deleted = Boolean(d.own?.deleted);
  return (
    <>
      <h3 className="dim small">Versions</h3>
      <ul className="bare-list">
        {versions.map((v) => (
          <li key={v.number} className={`small ${classes.item}`}>
            <div className="row spread">
              <span className="row row-tight">
                <strong>{v.number}</strong> {v.active && !deleted && <Tag tone="good">in use</Tag>}
                <Time at={v.at} /> <span className="dim">{v.actor.name}</span>
              </span>
              <span className="row row-tight">
                <Button
                  size="compact-xs"
                  variant="default"
                  aria-expanded={open === v.number}
                  onClick={() => setOpen(open === v.number ? 0 : v.number)}
                >
                  {open === v.number ? 'Hide' : 'Show'}
                </Button>
                {can('detection.write') && (!v.active || deleted) && (
                  <Button size="compact-xs" variant="default" onClick={() => setBack(v)}>
                    Roll back to it
                  </Button>
                )}
              </span>
            </div>
            {v.note && (
              <p className="dim">
                <Untrusted text={v.note} />
              </p>
            )}
            {open === v.number && <Yaml text={v.body} label={`Version ${v.number}`} />}
          </li>
        ))}
      </ul>
      <ReasonDialog
        opened={back !== null}
        close={() => setBack(null)}
        title={`Put version ${back?.number ?? ''} in use?`}
        verb="Roll back"
        busy={roll.isPending}
        error={roll.error}
        run={(reason) => back && roll.mutate({ number: back.number, reason })}
      >
        <p>Its text applies from the next event on. The other versions stay.</p>
      </ReasonDialog>
    </>
  );
}
