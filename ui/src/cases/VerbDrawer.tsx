import { Alert, Button, Drawer } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { ApiError, isStale, sentence } from '../api/problem';
import { caseDetail } from '../api/queries';
import type { CaseDetail } from '../api/types';
import { Untrusted } from '../display/Untrusted';
import { Failed, Loading } from '../display/Waiting';
import { IconAlertTriangle } from '../icons';
import { FieldInput } from './fields';
import { forms } from './forms';
import { useVerb } from './useVerb';
import { differences, unfilled, type Values } from './verbs';

type Props = { id: string; verb: string | null; close: () => void; after?: (d: CaseDetail) => void };

/** The form of one verb. It closes only when the server has done it. */
export function VerbDrawer({ id, verb, close, after }: Props) {
  const form = verb ? forms[verb] : undefined;
  const detail = useQuery({ ...caseDetail(id), enabled: form !== undefined });
  return (
    <Drawer opened={form !== undefined} onClose={close} title={form?.title ?? ''}>
      {form &&
        verb &&
        (detail.data ? (
          <VerbForm
            key={`${id} ${verb}`}
            detail={detail.data}
            verb={verb}
            close={close}
            after={(d) => {
              close();
              after?.(d);
            }}
          />
        ) : detail.isError ? (
          <Failed error={detail.error} retry={() => void detail.refetch()} />
        ) : (
          <Loading lines={8} />
        ))}
    </Drawer>
  );
}

type FormProps = { detail: CaseDetail; verb: string; close: () => void; after: (d: CaseDetail) => void };

function VerbForm({ detail, verb, close, after }: FormProps) {
  const form = forms[verb];
  const client = useQueryClient();
  // What the form was filled in against: a newer case on the server is a conflict to show, not to overwrite.
  const [basis, setBasis] = useState(detail);
  const [conflict, setConflict] = useState<{ before: CaseDetail; now: CaseDetail } | null>(null);
  const [values, setValues] = useState<Values>(() => form?.initial(detail) ?? {});
  const act = useVerb({ quiet: true, after });
  const top = useRef<HTMLDivElement>(null);
  if (!form) return null;

  const offered = detail.verbs.find((v) => v.verb === verb);
  const refused = act.error instanceof ApiError && act.error.missing.length > 0;
  const missing = refused ? (act.error as ApiError).missing : offered?.missing;
  const empty = unfilled(form, values);

  const send = () =>
    act.mutate(
      { id: basis.case.id, verb, version: basis.case.version, body: values, done: form.done },
      {
        onError: async (e) => {
          top.current?.scrollIntoView({ block: 'nearest' });
          if (!isStale(e)) return;
          const now = await client.fetchQuery({ ...caseDetail(basis.case.id), staleTime: 0 });
          setConflict({ before: basis, now });
          setBasis(now);
        },
      },
    );

  return (
    <form
      className="stack"
      onSubmit={(e) => {
        e.preventDefault();
        send();
      }}
    >
      <div ref={top} className="stack-tight">
        <p>
          <strong className="mono">{detail.case.number}</strong> <Untrusted text={detail.case.title} />
        </p>
        <p className="dim small">{form.lead}</p>
      </div>
      {missing && missing.length > 0 && <Missing lines={missing} />}
      {conflict ? (
        <Conflict before={conflict.before} now={conflict.now} />
      ) : (
        act.error !== null &&
        !refused &&
        !isStale(act.error) && (
          <Alert color="red" variant="outline" icon={<IconAlertTriangle size={18} />} role="alert">
            {sentence(act.error)}
          </Alert>
        )
      )}
      {form.fields.map((f) => (
        <FieldInput
          key={f.name}
          field={f}
          values={values}
          matrix={detail.matrix}
          set={(change) => setValues((old) => ({ ...old, ...change }))}
          error={act.error instanceof ApiError ? act.error.field(f.name) : undefined}
        />
      ))}
      <div className="row drawer-foot">
        <Button
          type="submit"
          loading={act.isPending}
          disabled={empty.length > 0}
          color={form.danger ? 'red' : undefined}
        >
          {form.title}
        </Button>
        <Button variant="default" onClick={close}>
          Cancel
        </Button>
        {empty.length > 0 && (
          <span className="dim small">Still needed: {empty.join(', ').toLowerCase()}</span>
        )}
      </div>
    </form>
  );
}

export function Missing({ lines }: { lines: string[] }) {
  return (
    <div className="notice notice-warn" role="status">
      <strong>The process still asks for</strong>
      <ul>
        {lines.map((m) => (
          <li key={m}>{m}</li>
        ))}
      </ul>
    </div>
  );
}

function Conflict({ before, now }: { before: CaseDetail; now: CaseDetail }) {
  const rows = differences(before, now);
  return (
    <div className="notice notice-bad" role="alert">
      <strong>Somebody changed this case while you were writing.</strong> What you wrote is kept; look at what
      is new, then send it again.
      {rows.length > 0 && (
        <table className="tbl">
          <thead>
            <tr>
              <th>What</th>
              <th>When you began</th>
              <th>Now</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((r) => (
              <tr key={r.name}>
                <td>{r.name}</td>
                <td>{r.before}</td>
                <td>
                  <strong>{r.now}</strong>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </div>
  );
}
