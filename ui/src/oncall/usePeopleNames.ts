import { useQuery } from '@tanstack/react-query';
import { people, schedules } from '../api/queries';

/** Names for the ids that schedules and policies hold. */
export function usePeopleNames(): (kind: 'person' | 'schedule', id: string) => string {
  const persons = useQuery(people).data?.items ?? [];
  const rota = useQuery(schedules).data?.items ?? [];
  return (kind, id) => {
    if (kind === 'person') return persons.find((p) => p.id === id)?.name ?? 'someone';
    const found = rota.find((s) => s.id === id);
    return found ? `whoever is on ${found.name}` : 'a schedule';
  };
}
