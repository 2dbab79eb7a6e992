import { Button, Textarea } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useAct } from '../api/act';
import { create, seg } from '../api/client';
import type { CaseDetail, Report } from '../api/types';
import { Panel } from '../display/Page';
import { Tag } from '../display/Tag';
import { Time } from '../display/Time';
import { Untrusted } from '../display/Untrusted';
import { IconSend } from '../icons';
import { useCan } from '../session/session';
import classes from './CasePage.module.css';
import { useDraft } from './drafts';

export function Reports({ detail }: { detail: CaseDetail }) {
  if (detail.reports.length === 0) return null;
  return (
    <Panel id="reports" title="Reports by people">
      {detail.reports.map((r) => (
        <OneReport key={r.id} report={r} detail={detail} />
      ))}
    </Panel>
  );
}

function OneReport({ report: r, detail }: { report: Report; detail: CaseDetail }) {
  const can = useCan();
  const [answering, setAnswering] = useState(false);
  return (
    <article className={`${classes.block} stack-tight`}>
      <div className="row row-tight small">
        <strong>{r.anonymous ? 'Anonymous' : <Untrusted text={r.name || r.email || 'Someone'} />}</strong>
        <Tag>{r.kind}</Tag>
        <Tag>{r.channel}</Tag>
        {r.reachable ? <Tag tone="good">reachable</Tag> : <Tag tone="high">cannot be reached</Tag>}
      </div>
      <Untrusted text={r.what} lines />
      <div className="dim small">
        {r.place && (
          <>
            At <Untrusted text={r.place} />.{' '}
          </>
        )}
        {r.noticed && (
          <>
            Noticed <Untrusted text={r.noticed} />.{' '}
          </>
        )}
        Reported <Time at={r.created} />
      </div>
      {r.messages.map((m) => (
        <div
          key={`${m.at} ${m.body}`}
          className={`${classes.said} ${m.from_reporter ? '' : classes.ours} small`}
        >
          <span className="dim">
            {m.from_reporter ? 'They' : 'We'}, <Time at={m.at} />
          </span>
          <div>
            <Untrusted text={m.body} lines />
          </div>
        </div>
      ))}
      {r.waiver && <p className="small">Closing without telling them: {r.waiver}</p>}
      {can('cases.write') &&
        r.reachable &&
        (answering ? (
          <Reply report={r} detail={detail} close={() => setAnswering(false)} />
        ) : (
          <div>
            <Button
              size="xs"
              variant="default"
              leftSection={<IconSend size={14} />}
              onClick={() => setAnswering(true)}
            >
              Write to them
            </Button>
          </div>
        ))}
    </article>
  );
}

function Reply({ report, detail, close }: { report: Report; detail: CaseDetail; close: () => void }) {
  const client = useQueryClient();
  const [body, setBody] = useDraft(`reply.${report.id}`);
  const send = useAct({
    run: () => create(`/cases/${seg(detail.case.id)}/reply`, { report: report.id, body }),
    done: 'Message on its way',
    after: () => {
      setBody('');
      close();
      void client.invalidateQueries({ queryKey: ['case', detail.case.id] });
    },
  });
  return (
    <form
      className="stack-tight"
      onSubmit={(e) => {
        e.preventDefault();
        send.mutate();
      }}
    >
      <Textarea
        label="Message to the reporter"
        description="They read it outside: nothing that is not for them."
        value={body}
        autoFocus
        onChange={(e) => setBody(e.currentTarget.value)}
      />
      <div className="row">
        <Button type="submit" size="xs" loading={send.isPending} disabled={!body.trim()}>
          Send
        </Button>
        <Button size="xs" variant="default" onClick={close}>
          Later
        </Button>
      </div>
    </form>
  );
}
