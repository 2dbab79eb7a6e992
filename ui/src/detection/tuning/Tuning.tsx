import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { filters } from '../../api/detectionQueries';
import { Empty, Loaded } from '../../display/Waiting';
import { number } from '../../display/words';
import { IconFilter } from '../../icons';
import { Frame } from '../Frame';
import { FilterItem } from './FilterItem';

const route = getRouteApi('/signed-in/detection/tuning');
const states = ['active', 'expired', 'retired'] as const;

export function Tuning() {
  const { state = 'active' } = route.useSearch();
  const go = route.useNavigate();
  const found = useQuery(filters);
  const count = (s: string) => found.data?.items.filter((f) => f.state === s).length ?? 0;
  return (
    <Frame title="Tuning" sub="What is known and harmless, why, and who answers for it until when">
      <SegmentedControl
        className="choice"
        aria-label="Show"
        data={states.map((s) => ({ value: s, label: found.data ? `${s} ${number(count(s))}` : s }))}
        value={state}
        onChange={(s) => void go({ search: { state: s === 'active' ? undefined : s }, replace: true })}
      />
      <Loaded query={found} lines={6}>
        {({ items }) => {
          const shown = items.filter((f) => f.state === state);
          return shown.length === 0 ? (
            <div className="panel">
              <Empty icon={<IconFilter size={30} aria-hidden />} title={`No ${state} filter`}>
                <p>
                  A filter holds back the hits of a rule that are known and harmless. It needs a reason, an
                  owner and an end. Add one on the page of <Link to="/detection">a rule</Link>.
                </p>
              </Empty>
            </div>
          ) : (
            <div className="panel">
              <ul className="bare-list">
                {shown.map((f) => (
                  <FilterItem key={f.id} of={f} rules />
                ))}
              </ul>
            </div>
          );
        }}
      </Loaded>
    </Frame>
  );
}
