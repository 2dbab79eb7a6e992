import { Link, useLocation } from '@tanstack/react-router';
import classes from '../shell/Parts.module.css';

/** The case, and what came before it. */
export function CaseParts({ id }: { id: string }) {
  const path = useLocation({ select: (l) => l.pathname });
  const back = path.endsWith('/lookback');
  return (
    <nav className={classes.parts} aria-label="Case">
      <Link
        to="/cases/$id"
        params={{ id }}
        className={`${classes.part} ${back ? '' : classes.here}`}
        activeOptions={{ exact: true, includeSearch: false }}
        aria-current={back ? undefined : 'page'}
      >
        Case
      </Link>
      <Link
        to="/cases/$id/lookback"
        params={{ id }}
        className={`${classes.part} ${back ? classes.here : ''}`}
        aria-current={back ? 'page' : undefined}
      >
        Look back
      </Link>
    </nav>
  );
}
