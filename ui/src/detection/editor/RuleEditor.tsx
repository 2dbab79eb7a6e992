import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useMemo } from 'react';
import { rule as ruleQuery } from '../../api/detectionQueries';
import { utcDay } from '../../display/time';
import { escaped } from '../../display/untrusted';
import { Empty, Loaded } from '../../display/Waiting';
import { useCan } from '../../session/session';
import { Frame } from '../Frame';
import { EditorForm } from './EditorForm';
import { newRule, uuid } from './templates';

const editRoute = getRouteApi('/signed-in/detection/rules/$id/edit');

export function NewRule() {
  const can = useCan();
  const template = useMemo(() => newRule(uuid(), utcDay(new Date().toISOString())), []);
  return (
    <Frame title="New rule" sub="A Sigma rule of our own; it stands above the packs">
      {can('detection.write') ? <EditorForm draftKey="rule.new" start={template} /> : <NotAllowed />}
    </Frame>
  );
}

export function EditRule() {
  const { id } = editRoute.useParams();
  const found = useQuery({ ...ruleQuery(id), staleTime: Number.POSITIVE_INFINITY });
  const can = useCan();
  const d = found.data;
  return (
    <Frame
      title={d ? `Edit: ${escaped(d.rule.title)}` : 'Edit a rule'}
      sub={
        d &&
        (d.own
          ? `Version ${d.own.active} is in use; saving makes the next one`
          : 'It is not ours. Saved under the same id, ours takes its place; the original stays below it')
      }
    >
      {can('detection.write') ? (
        <Loaded query={found} lines={14}>
          {(of) => (
            <EditorForm
              key={`${id} ${of.own?.version}`}
              draftKey={`rule.${id}.${of.own?.version ?? of.rule.version}`}
              start={of.own?.versions.find((v) => v.active)?.body ?? of.yaml}
              own={of.own ? { id, version: of.own.version, deleted: Boolean(of.own.deleted) } : undefined}
              copyOf={of.own ? undefined : of.rule.title}
            />
          )}
        </Loaded>
      ) : (
        <NotAllowed />
      )}
    </Frame>
  );
}

const NotAllowed = () => (
  <Empty title="This is not for your role">
    <p>Analysts, managers and administrators write rules.</p>
  </Empty>
);
