import { ActionIcon } from '@mantine/core';
import { type ReactNode, useEffect, useRef } from 'react';
import { Untrusted } from '../display/Untrusted';
import { IconArrowsMinimize } from '../icons';
import classes from './Dashboards.module.css';

/** For a screen on the wall: nothing but the panels. */
export function Wall({ name, leave, children }: { name: string; leave: () => void; children: ReactNode }) {
  const host = useRef<HTMLDivElement>(null);
  const left = useRef(leave);
  left.current = leave;
  useEffect(() => {
    // A browser may refuse; the panels still cover the page.
    void host.current?.requestFullscreen?.().catch(() => {});
    const onLeave = () => {
      if (!document.fullscreenElement) left.current();
    };
    const onKey = (e: KeyboardEvent) => e.key === 'Escape' && left.current();
    document.addEventListener('fullscreenchange', onLeave);
    document.addEventListener('keydown', onKey);
    return () => {
      document.removeEventListener('fullscreenchange', onLeave);
      document.removeEventListener('keydown', onKey);
      if (document.fullscreenElement) void document.exitFullscreen().catch(() => {});
    };
  }, []);
  return (
    <div ref={host} className={classes.wall}>
      <div className="row spread">
        <h1 id="page-title" tabIndex={-1}>
          <Untrusted text={name} />
        </h1>
        <ActionIcon variant="default" size={32} aria-label="Leave the whole screen" onClick={leave}>
          <IconArrowsMinimize size={16} />
        </ActionIcon>
      </div>
      {children}
    </div>
  );
}
