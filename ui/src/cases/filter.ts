import { decisionName, states } from '../display/words';

export const openOptions = [
  { value: 'true', label: 'open' },
  { value: 'false', label: 'closed' },
  { value: 'any', label: 'open and closed' },
];
export const stateOptions = states.map((s) => ({ value: s as string, label: s as string }));
export const decisionOptions = (['incident', 'weakness', 'event'] as const).map((d) => ({
  value: d as string,
  label: decisionName[d],
}));
export const levelOptions = ['critical', 'serious', 'mild'].map((l) => ({ value: l, label: l }));

type Search = Partial<
  Record<'q' | 'open' | 'state' | 'decision' | 'level' | 'track' | 'owner' | 'exercise', string>
>;

/** What the URL says, as the API asks it: open cases of the real world unless told otherwise. */
export function filterOf(s: Search): Record<string, string | undefined> {
  const { q, state, decision, level, track, owner } = s;
  const open = s.open ?? 'true';
  return {
    q,
    state,
    decision,
    level,
    track,
    owner,
    open: open === 'any' || state ? undefined : open,
    exercise: s.exercise ?? 'none',
  };
}
