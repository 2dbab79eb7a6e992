import { Button } from '@mantine/core';
import { getRouteApi } from '@tanstack/react-router';
import type { RuleDetail } from '../../api/detection';
import { Panel } from '../../display/Page';
import { IconPlus } from '../../icons';
import { useCan } from '../../session/session';
import { FilterForm } from '../tuning/FilterForm';
import { FilterItem } from '../tuning/FilterItem';

const route = getRouteApi('/signed-in/detection/rules/$id');

/** The filters that hold its hits back. */
export function RuleTuning({ of: d }: { of: RuleDetail }) {
  const { do: doing } = route.useSearch();
  const go = route.useNavigate();
  const can = useCan();
  const show = (on: boolean) =>
    void go({ search: (s) => ({ ...s, do: on ? 'filter' : undefined }), replace: true });
  if (d.rule.correlation) return null;
  return (
    <Panel
      id="tuning"
      title="Filters that tune it"
      side={
        can('detection.write') &&
        d.loaded && (
          <Button
            size="compact-sm"
            variant="default"
            leftSection={<IconPlus size={13} />}
            onClick={() => show(true)}
          >
            Add
          </Button>
        )
      }
    >
      {d.filters.length === 0 ? (
        <p className="dim small">
          None. A filter holds back what is known and harmless, with a reason, an owner and an end.
        </p>
      ) : (
        <ul className="bare-list">
          {d.filters.map((f) => (
            <FilterItem key={f.id} of={f} />
          ))}
        </ul>
      )}
      {d.rule.filters > d.filters.length && (
        <p className="dim small">
          {d.rule.filters - d.filters.length} more come with a pack or the rules folder.
        </p>
      )}
      <FilterForm opened={doing === 'filter'} close={() => show(false)} rule={d} />
    </Panel>
  );
}
