import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useRef } from 'react';
import type { Suggestion } from '../api/search';
import { suggestions } from '../api/searchQueries';
import { rebased, type Typed } from './suggest';
import { byteOffset, defaultFrom } from './window';

const most = 12;

/** What could stand where the caret is. `from` and `to` are as the URL has them, so that answers are kept. */
export function useSuggest(now: Typed, on: boolean, from: string | undefined, to: string | undefined) {
  const [asked] = useDebouncedValue(now, 110);
  const found = useQuery({
    ...suggestions(asked.text, byteOffset(asked.text, asked.caret), from ?? defaultFrom, to ?? 'now'),
    enabled: on,
    placeholderData: keepPreviousData,
  });
  const answered = useRef<{ for: Typed; list: Suggestion[] }>({ for: asked, list: [] });
  if (found.data && !found.isPlaceholderData) answered.current = { for: asked, list: found.data.items };
  if (!on) return [];
  return rebased(answered.current.list, answered.current.for, now).slice(0, most);
}
