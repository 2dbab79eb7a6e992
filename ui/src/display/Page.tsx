import { Title } from '@mantine/core';
import { type ReactNode, useEffect } from 'react';

type Props = {
  title: string;
  sub?: ReactNode;
  actions?: ReactNode;
  /** Stands over the heading: the way to this place's other screens. */
  above?: ReactNode;
  children: ReactNode;
};

/** A screen: its heading names the tab too, and takes the focus when one arrives. */
export function Page({ title, sub, actions, above, children }: Props) {
  useTitle(title);
  return (
    <div className="page">
      {above}
      <header className="page-head">
        <div>
          <Title order={1} id="page-title" tabIndex={-1}>
            {title}
          </Title>
          {sub && <div className="dim">{sub}</div>}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Tocsin`;
  }, [title]);
}

type PanelProps = { title: ReactNode; side?: ReactNode; children: ReactNode; id?: string; tight?: boolean };

/** A part of a screen, with its own heading. */
export function Panel({ title, side, children, id, tight }: PanelProps) {
  return (
    <section
      className={`panel${tight ? ' panel-tight' : ''}`}
      aria-labelledby={id ? `${id}-title` : undefined}
    >
      <div className="panel-head">
        <h2 id={id ? `${id}-title` : undefined}>{title}</h2>
        {side && <div className="panel-side">{side}</div>}
      </div>
      {children}
    </section>
  );
}
