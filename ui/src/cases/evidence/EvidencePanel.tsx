import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { evidence } from '../../api/lookback';
import type { CaseDetail } from '../../api/types';
import { Panel } from '../../display/Page';
import { Loaded } from '../../display/Waiting';
import { IconFingerprint, IconPlus } from '../../icons';
import { useCan } from '../../session/session';
import classes from './Evidence.module.css';
import { EvidenceItem } from './EvidenceItem';
import { Held } from './Held';
import { Snapshot } from './Snapshot';

/** What is kept as proof: files with their hash, who had them, and what is held back from dropping. */
export function EvidencePanel({ detail }: { detail: CaseDetail }) {
  const can = useCan();
  const id = detail.case.id;
  const found = useQuery(evidence(id));
  const [taking, setTaking] = useState(false);
  return (
    <Panel
      id="evidence"
      title="Evidence"
      side={
        can('cases.write') &&
        can('events.read') && (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconPlus size={12} />}
            onClick={() => setTaking(true)}
          >
            Take a snapshot
          </Button>
        )
      }
    >
      <Loaded query={found} lines={3}>
        {({ items }) =>
          items.length === 0 ? (
            <p className="dim small">
              <IconFingerprint size={14} aria-hidden /> Nothing yet. A snapshot copies events into a file with
              its hash; who took it, read it and checked it is written down.
            </p>
          ) : (
            <ul className={`bare-list ${classes.list}`}>
              {items.map((e) => (
                <EvidenceItem key={e.id} of={e} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <Held caseId={id} />
      <Snapshot detail={taking ? detail : null} close={() => setTaking(false)} />
    </Panel>
  );
}
