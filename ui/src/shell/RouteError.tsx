import { useRouter } from '@tanstack/react-router';
import { Failed } from '../display/Waiting';

/** A screen that could not be opened: trying again asks for all that it needs anew. */
export function RouteError({ error }: { error: unknown }) {
  const router = useRouter();
  return <Failed page error={error} retry={() => void router.invalidate()} />;
}
