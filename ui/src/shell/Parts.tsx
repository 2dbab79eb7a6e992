import { Link, type LinkProps, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import classes from './Parts.module.css';

export type Part = { to: NonNullable<LinkProps['to']> & string; name: string };

/** The screens of one place. What is under none of the others belongs to the first. */
export function Parts({ label, parts }: { label: string; parts: readonly Part[] }) {
  const path = useLocation({ select: (l) => l.pathname });
  const here = parts.find((p, i) => i > 0 && path.startsWith(p.to))?.to ?? parts[0]?.to;
  const nav = useRef<HTMLElement>(null);
  // On a narrow screen the one that is shown may stand outside of the strip.
  // biome-ignore lint/correctness/useExhaustiveDependencies: it moves with the place
  useEffect(() => {
    const el = nav.current;
    const on = el?.querySelector<HTMLElement>('[aria-current]');
    if (el && on) el.scrollLeft = on.offsetLeft - (el.clientWidth - on.offsetWidth) / 2;
  }, [here]);
  return (
    <nav ref={nav} className={classes.parts} aria-label={label}>
      {parts.map((p) => (
        <Link
          key={p.to}
          to={p.to}
          className={`${classes.part} ${p.to === here ? classes.here : ''}`}
          activeOptions={{ exact: true, includeSearch: false }}
          aria-current={p.to === here ? (path === here ? 'page' : 'true') : undefined}
        >
          {p.name}
        </Link>
      ))}
    </nav>
  );
}
