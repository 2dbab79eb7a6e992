import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { retention } from '../../api/retention';
import { Loaded } from '../../display/Waiting';
import { Assignments } from './Assignments';
import { Changes } from './Changes';
import { Classes } from './Classes';
import { DiskState } from './DiskState';
import { Holds } from './Holds';
import { Segments } from './Segments';
import { Tombstones } from './Tombstones';

const route = getRouteApi('/signed-in/settings');

const parts = [
  { value: 'classes', label: 'Classes' },
  { value: 'holds', label: 'Holds' },
  { value: 'segments', label: 'Segments' },
  { value: 'dropped', label: 'Dropped' },
];

/** How long events are kept; what shortens that takes two people and a delay. */
export function Retention() {
  const { show = 'classes' } = route.useSearch();
  const go = route.useNavigate();
  const found = useQuery(retention);
  return (
    <div className="stack">
      <SegmentedControl
        aria-label="Part of retention"
        className="choice"
        data={parts}
        value={parts.some((p) => p.value === show) ? show : 'classes'}
        onChange={(v) => void go({ search: { tab: 'retention', show: v === 'classes' ? undefined : v } })}
      />
      {show === 'holds' ? (
        <Holds />
      ) : show === 'segments' ? (
        <Segments />
      ) : show === 'dropped' ? (
        <Tombstones />
      ) : (
        <Loaded query={found} lines={8}>
          {(r) => (
            <>
              <DiskState disk={r.disk} tier={r.tier} />
              <Changes of={r} />
              <Classes of={r} />
              <Assignments of={r} />
            </>
          )}
        </Loaded>
      )}
    </div>
  );
}
