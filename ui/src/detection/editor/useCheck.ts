import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { post } from '../../api/client';
import type { Check } from '../../api/detection';

/** What the server says of a draft, a moment after the last key press. */
export function useCheck(yaml: string, kind: 'rule' | 'filter') {
  const [settled] = useDebouncedValue(yaml, 350);
  const found = useQuery({
    queryKey: ['drafts', kind, settled],
    queryFn: ({ signal }) => post<Check>('/rules/check', { yaml: settled, kind }, { signal }),
    enabled: settled.trim() !== '',
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    gcTime: 60_000,
  });
  const fresh = settled === yaml && !found.isPlaceholderData;
  return {
    check: yaml.trim() ? found.data : undefined,
    error: found.error,
    /** The answer is about the text as it stands. */
    current: fresh && found.data !== undefined,
    ok: fresh && found.data?.ok === true,
  };
}
