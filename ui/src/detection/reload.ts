import { notifications } from '@mantine/notifications';
import type { QueryKey } from '@tanstack/react-query';
import type { Reload } from '../api/detection';
import { number } from '../display/words';

/** Everything that a change of the rules makes out of date. */
export const afterChange: QueryKey[] = [['rules'], ['rule-packs'], ['rule-filters'], ['status']];

/** The change is kept in any case; whether it is in use is another matter, and is said. */
export function warnOfReload(reload: Reload | undefined): void {
  if (!reload || reload.ok) return;
  notifications.show({
    title: 'Kept, but not in use yet',
    message: reload.error,
    color: 'red',
    autoClose: false,
  });
}

export const loadedText = (r: Reload): string =>
  r.rejected > 0
    ? `${number(r.loaded)} rules loaded, ${number(r.rejected)} rejected`
    : `${number(r.loaded)} rules loaded`;
