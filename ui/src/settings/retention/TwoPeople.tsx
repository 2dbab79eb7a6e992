import { number } from '../../display/words';

/** Says beforehand whether a change is in effect at once. */
export function TwoPeople({ shortens, delayHours }: { shortens: boolean; delayHours: number }) {
  if (!shortens)
    return <p className="dim small">This keeps at least as much as before: it is in effect at once.</p>;
  return (
    <p className="notice notice-warn">
      <strong>Events would go sooner.</strong> Another person must approve it, and it takes effect{' '}
      {number(delayHours)} hours after that. Until then it can be cancelled and nothing is dropped.
    </p>
  );
}
