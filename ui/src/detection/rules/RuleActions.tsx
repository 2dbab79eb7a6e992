import { Button } from '@mantine/core';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import type { RuleDetail } from '../../api/detection';
import { IconFilter, IconFlask, IconPencil, IconPower } from '../../icons';
import { useCan } from '../../session/session';
import { useKeys } from '../../shell/useKeys';

const route = getRouteApi('/signed-in/detection/rules/$id');

/** The verbs of a rule, a key each. */
export function RuleActions({ of: d }: { of: RuleDetail }) {
  const can = useCan();
  const go = route.useNavigate();
  const leave = useNavigate();
  const start = (what: string) => void go({ search: (s) => ({ ...s, do: what }), replace: true });
  const may = can('detection.write');
  const switchable = d.loaded;
  const tunable = d.loaded && !d.rule.correlation;
  const testable = d.yaml !== '';
  const edit = () => void leave({ to: '/detection/rules/$id/edit', params: { id: d.rule.id } });
  useKeys(
    may
      ? [
          ...(testable
            ? [{ keys: 'b', label: 'Back-test', group: 'Rule', run: () => start('backtest') }]
            : []),
          ...(tunable
            ? [{ keys: 'f', label: 'Tune with a filter', group: 'Rule', run: () => start('filter') }]
            : []),
          ...(switchable
            ? [{ keys: 'd', label: 'Switch off or on', group: 'Rule', run: () => start('switch') }]
            : []),
          ...(testable ? [{ keys: 'e', label: 'Edit', group: 'Rule', run: edit }] : []),
        ]
      : [],
  );
  if (!may) return null;
  return (
    <>
      {testable && (
        <Button variant="default" leftSection={<IconFlask size={15} />} onClick={() => start('backtest')}>
          Back-test
        </Button>
      )}
      {tunable && (
        <Button variant="default" leftSection={<IconFilter size={15} />} onClick={() => start('filter')}>
          Tune
        </Button>
      )}
      {testable && (
        <Button
          variant="default"
          leftSection={<IconPencil size={15} />}
          renderRoot={(props) => (
            <Link to="/detection/rules/$id/edit" params={{ id: d.rule.id }} {...props} />
          )}
        >
          {d.own ? 'Edit' : 'Edit as our own'}
        </Button>
      )}
      {switchable && (
        <Button variant="default" leftSection={<IconPower size={15} />} onClick={() => start('switch')}>
          {d.rule.disabled ? 'Switch on' : 'Switch off'}
        </Button>
      )}
    </>
  );
}
