import { Button } from '@mantine/core';
import { useAct } from '../../api/act';
import { base, post, seg } from '../../api/client';
import type { Evidence } from '../../api/lookback';
import { CopyLine } from '../../display/CopyLine';
import { Tag } from '../../display/Tag';
import { Age, Time } from '../../display/Time';
import { Untrusted } from '../../display/Untrusted';
import { bytes, number } from '../../display/words';
import { IconDownload, IconShieldCheck } from '../../icons';
import { useCan } from '../../session/session';
import classes from './Evidence.module.css';

/** One item: what it holds, whether it is whole, and everything that was done with it. */
export function EvidenceItem({ of: e }: { of: Evidence }) {
  const can = useCan();
  const verify = useAct({
    run: () => post<Evidence>(`/evidence/${seg(e.id)}/verify`),
    refresh: [['case', e.case_id, 'evidence']],
    done: (r) =>
      r.verified?.ok === false ? 'It is not whole: look at the item' : 'It is whole, as it was taken',
  });
  const lost = e.copies.filter((c) => !c.ok);
  return (
    <li className={classes.item}>
      <div className="row spread">
        <strong>
          <Untrusted text={e.title} />
        </strong>
        <State of={e} />
      </div>
      {e.note && (
        <p className="small">
          <Untrusted text={e.note} lines />
        </p>
      )}
      <p className="dim small">
        {number(e.events)} events, {bytes(e.bytes)}, by {e.by_name || e.by} <Age at={e.at} />
      </p>
      {lost.length > 0 && (
        <p className="notice notice-bad small">
          {lost.map((c) => `${c.where}: ${c.detail || 'missing or damaged'}`).join('; ')}
        </p>
      )}
      {e.incomplete && (
        <p className="notice notice-warn small">
          It is not all: <Untrusted text={e.incomplete} />
        </p>
      )}
      {e.pending && (
        <p className="dim small">
          Part of its proof waits for the record's next signature; it is added by itself.
        </p>
      )}
      {e.verified && !e.verified.ok && (
        <p className="notice notice-bad small">
          <Untrusted text={e.verified.detail} />
        </p>
      )}
      <div className="row row-tight">
        <Button
          size="compact-xs"
          variant="default"
          component="a"
          href={`${base}/evidence/${seg(e.id)}/file`}
          download
          leftSection={<IconDownload size={12} />}
          title="The download is written into its custody"
        >
          Download<span className="visually-hidden"> {e.title}</span>
        </Button>
        {can('cases.write') && (
          <Button
            size="compact-xs"
            variant="default"
            leftSection={<IconShieldCheck size={12} />}
            loading={verify.isPending}
            onClick={() => verify.mutate()}
          >
            Verify<span className="visually-hidden"> {e.title}</span>
          </Button>
        )}
      </div>
      <details className={classes.more}>
        <summary>Hash, copies, custody</summary>
        <div className="stack">
          <CopyLine text={e.sha256} label={`SHA-256 of ${e.title}`} />
          <dl className="facts">
            {e.q && (
              <>
                <dt>query</dt>
                <dd>
                  <code>
                    <Untrusted text={e.q} />
                  </code>
                </dd>
              </>
            )}
            <dt>time</dt>
            <dd>
              <Time at={e.from} bare /> – <Time at={e.to} bare />
            </dd>
            {e.copies.map((c) => (
              <div key={c.where} style={{ display: 'contents' }}>
                <dt>copy</dt>
                <dd>
                  {c.where}: {c.ok ? 'whole' : 'missing or damaged'}
                  {c.checked && (
                    <>
                      , checked <Age at={c.checked} />
                    </>
                  )}
                </dd>
              </div>
            ))}
          </dl>
          <ol className={classes.custody} aria-label="Custody">
            {e.custody.map((x) => (
              <li key={`${x.at} ${x.act}`}>
                <Time at={x.at} bare /> <strong>{x.act}</strong> by <Untrusted text={x.by_name} />{' '}
                <span className="dim">
                  <Untrusted text={x.detail} />
                </span>
              </li>
            ))}
          </ol>
          <p className="dim small">
            Offline: <code>tocsin verify evidence FILE.zip</code>
          </p>
        </div>
      </details>
    </li>
  );
}

function State({ of: e }: { of: Evidence }) {
  if (!e.verified) return <Tag>not checked yet</Tag>;
  return (
    <Tag tone={e.verified.ok ? 'good' : 'critical'} title={`Checked ${e.verified.at}`}>
      {e.verified.ok ? 'whole' : 'not whole'}
    </Tag>
  );
}
