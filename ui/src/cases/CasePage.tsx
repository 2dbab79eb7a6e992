import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { caseDetail } from '../api/queries';
import type { CaseDetail } from '../api/types';
import { useTitle } from '../display/Page';
import { Loaded } from '../display/Waiting';
import { useCan } from '../session/session';
import { useKeys } from '../shell/useKeys';
import { Actions } from './Actions';
import classes from './CasePage.module.css';
import { CaseParts } from './CaseParts';
import { EventsBehind } from './EventsBehind';
import { EvidencePanel } from './evidence/EvidencePanel';
import { forms } from './forms';
import { Header } from './Header';
import { Reports } from './Reports';
import { Entities, People, Run, Similar } from './Side';
import { Resolution, Summary } from './Summary';
import { Timeline } from './Timeline';
import { useVerb } from './useVerb';
import { VerbDrawer } from './VerbDrawer';
import { immediate } from './verbs';
import { Why } from './Why';

const route = getRouteApi('/signed-in/cases/$id');

export function CasePage() {
  const { id } = route.useParams();
  const detail = useQuery(caseDetail(id));
  useTitle(detail.data ? `${detail.data.case.number} ${detail.data.case.title}` : 'Case');
  return (
    <Loaded query={detail} lines={10} page>
      {(d) => <CaseView detail={d} />}
    </Loaded>
  );
}

const keyOf: Record<string, string> = { assess: 'e', assign: 'a', classify: 'c', snooze: 's' };

function CaseView({ detail }: { detail: CaseDetail }) {
  const { lens = 'all', why, do: wanted } = route.useSearch();
  const go = route.useNavigate();
  const leave = useNavigate();
  const [verb, setVerb] = useState<string | null>(wanted && forms[wanted] ? wanted : null);
  const act = useVerb();
  const canLook = useCan()('events.read');
  const c = detail.case;

  const start = (name: string) => {
    const once = immediate[name];
    if (once) act.mutate({ id: c.id, verb: name, version: c.version, body: {}, done: once.done });
    else if (forms[name]) setVerb(name);
  };
  const setWhy = (open: boolean) =>
    void go({ search: (s) => ({ ...s, why: open ? '1' : undefined }), replace: true });

  useKeys([
    ...detail.verbs
      .filter((v) => keyOf[v.verb] && (v.allowed || v.missing.length > 0))
      .map((v) => ({
        keys: keyOf[v.verb] ?? '',
        label: v.label,
        group: 'This case',
        run: () => start(v.verb),
      })),
    ...(detail.next_step
      ? [
          {
            keys: 'x',
            label: detail.next_step.label,
            group: 'This case',
            run: () => start(detail.next_step?.verb ?? ''),
          },
        ]
      : []),
    ...(canLook
      ? [
          {
            keys: 'b',
            label: 'Look back',
            group: 'This case',
            run: () => void leave({ to: '/cases/$id/lookback', params: { id: c.id } }),
          },
        ]
      : []),
    { keys: 'w', label: 'Why is this what it is?', group: 'This case', run: () => setWhy(true) },
    {
      keys: 'n',
      label: 'Write a note',
      group: 'This case',
      run: () => document.getElementById('note-composer')?.focus(),
    },
  ]);

  return (
    <div className="page">
      {c.exercise && <div className="watermark">EXERCISE · nothing here is real</div>}
      {canLook && <CaseParts id={c.id} />}
      <Header detail={detail} start={start} busy={act.isPending} showWhy={() => setWhy(true)} />
      <div className={classes.columns}>
        <div className={classes.column}>
          <Summary detail={detail} />
          <EventsBehind detail={detail} />
          <Actions detail={detail} />
          <Resolution detail={detail} />
        </div>
        <div className={classes.column}>
          <Timeline
            detail={detail}
            lens={lens}
            setLens={(next) =>
              void go({ search: (s) => ({ ...s, lens: next === 'all' ? undefined : next }), replace: true })
            }
          />
        </div>
        <div className={classes.column}>
          <People detail={detail} />
          <Run detail={detail} />
          <Entities detail={detail} />
          <EvidencePanel detail={detail} />
          <Reports detail={detail} />
          <Similar detail={detail} />
        </div>
      </div>
      <Why detail={detail} opened={why === '1'} close={() => setWhy(false)} />
      <VerbDrawer id={c.id} verb={verb} close={() => setVerb(null)} />
    </div>
  );
}
