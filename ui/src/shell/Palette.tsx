import { useMantineColorScheme } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { createSpotlight, Spotlight, type SpotlightActionData } from '@mantine/spotlight';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { casesOnce } from '../api/queries';
import { escaped } from '../display/untrusted';
import { verdict } from '../display/words';
import { IconBriefcase, IconKeyboard, IconMoon, IconPlus, IconSearch, IconSettings } from '../icons';
import { useCan } from '../session/session';
import type { Place } from './places';
import { useBindings } from './useKeys';

const [store, palette] = createSpotlight();
export const openPalette = palette.open;

/** Mantine keeps the selected line as an attribute in the page, and its own function for this to itself. */
function selectFirst(): void {
  const { opened, listId } = store.getState();
  const list = opened ? document.getElementById(listId) : null;
  if (!list) return;
  list.querySelector('[data-selected]')?.removeAttribute('data-selected');
  list.querySelector('[data-action]')?.setAttribute('data-selected', 'true');
  store.updateState((s) => ({ ...s, selected: 0 }));
}

/** "case 12", "CASE-12" and "12" all mean CASE-12. */
export function caseNumber(text: string): string | null {
  const m = /^\s*(?:(case|ex)[\s-]*)?(\d{1,9})\s*$/i.exec(text);
  return m ? `${(m[1] ?? 'case').toUpperCase()}-${m[2]}` : null;
}

export function Palette({ places, openKeys }: { places: Place[]; openKeys: () => void }) {
  const [query, setQuery] = useState('');
  const [settled] = useDebouncedValue(query.trim(), 200);
  const go = useNavigate();
  const can = useCan();
  const { toggleColorScheme } = useMantineColorScheme();
  const bindings = useBindings();
  const number = caseNumber(settled);
  const found = useQuery({
    ...casesOnce({ q: number ?? settled, limit: 6 }),
    enabled: settled.length > 1 && can('cases.read'),
  });

  // The first line is the one that Enter takes, also when the cases arrive late and push the others down.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the lines change with both
  useEffect(() => {
    if (settled) selectFirst();
  }, [found.data, settled]);

  const caseActions: SpotlightActionData[] = (found.data?.items ?? []).map((c) => ({
    id: c.id,
    label: `${c.number} ${escaped(c.title)}`,
    description: `${c.state}, ${verdict(c)}`,
    // Found by the server: the list's own filter lets it through.
    keywords: [settled, query],
    leftSection: <IconBriefcase size={18} aria-hidden />,
    onClick: () => void go({ to: '/cases/$id', params: { id: c.id } }),
  }));

  const goTo: SpotlightActionData[] = places.map((p) => ({
    id: p.to,
    label: p.name,
    description: p.answers,
    leftSection: <p.icon size={18} aria-hidden />,
    onClick: () => void go({ to: p.to }),
  }));

  const here: SpotlightActionData[] = bindings
    .filter((b) => !b.keys.startsWith('g ') && b.keys !== '?' && b.group !== 'Move')
    .map((b) => ({
      id: `key-${b.keys}`,
      label: b.label,
      description: `Key ${b.keys}`,
      leftSection: <IconKeyboard size={18} aria-hidden />,
      onClick: b.run,
    }));

  const actions: SpotlightActionData[] = [
    ...(settled && can('events.read')
      ? [
          {
            id: 'search-events',
            label: `Search events for “${escaped(settled)}”`,
            keywords: [settled, query],
            leftSection: <IconSearch size={18} aria-hidden />,
            onClick: () => void go({ to: '/search', search: { q: settled } }),
          },
        ]
      : []),
    ...(can('cases.write')
      ? [
          {
            id: 'open-case',
            label: 'Open a case by hand',
            leftSection: <IconPlus size={18} aria-hidden />,
            onClick: () => void go({ to: '/cases', search: { new: '1' } }),
          },
        ]
      : []),
    ...['People', 'Tokens', 'Sources', 'Retention', 'Policy', 'Exercises'].map((name) => ({
      id: `settings-${name}`,
      label: `Settings: ${name}`,
      leftSection: <IconSettings size={18} aria-hidden />,
      onClick: () => void go({ to: '/settings', search: { tab: name.toLowerCase() } }),
    })),
    {
      id: 'scheme',
      label: 'Change between dark and light',
      leftSection: <IconMoon size={18} aria-hidden />,
      onClick: () => toggleColorScheme(),
    },
    {
      id: 'keys',
      label: 'Show all keys',
      leftSection: <IconKeyboard size={18} aria-hidden />,
      onClick: openKeys,
    },
  ];

  const groups = [
    { group: 'Cases', actions: caseActions },
    { group: 'On this screen', actions: here },
    { group: 'Go to', actions: goTo },
    { group: 'Do', actions },
  ].filter((g) => g.actions.length > 0);

  return (
    <Spotlight
      store={store}
      query={query}
      onQueryChange={setQuery}
      actions={groups}
      shortcut="mod + K"
      nothingFound="Nothing by that name. Try a case's number, a place or an act."
      highlightQuery
      limit={14}
      scrollable
      attributes={{ content: { 'aria-label': 'Go to or run' } }}
      maxHeight={460}
      searchProps={{
        leftSection: <IconSearch size={18} aria-hidden />,
        placeholder: 'A place, an act, a case number or words of its title',
        'aria-label': 'Go to or run',
      }}
    />
  );
}
