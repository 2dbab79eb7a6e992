import { useQuery } from '@tanstack/react-query';
import { event as eventQuery } from '../api/detectionQueries';
import { EventDetail } from './EventDetail';
import type { Found } from './run';

type Props = {
  id: string | undefined;
  found: Found;
  narrow: (term: string, exclude: boolean) => void;
};

/** The event that a link names, where the search itself does not bring it. */
export function Linked({ id, found, narrow }: Props) {
  const absent = id !== undefined && found.phase !== 'running' && !found.rows.some((r) => r.id === id);
  const one = useQuery({ ...eventQuery(id ?? ''), enabled: absent });
  if (!absent || !one.data) return null;
  return (
    <section className="panel" aria-label="The event of the link">
      <EventDetail event={one.data} narrow={narrow} />
    </section>
  );
}
