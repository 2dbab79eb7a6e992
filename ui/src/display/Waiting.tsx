import { Button, Skeleton } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { type ReactNode, useEffect, useState } from 'react';
import { isNotFound, sentence } from '../api/problem';
import { IconCloudOff, IconMoodEmpty, IconRefresh } from '../icons';

/** True once something has taken longer than a person takes for immediate. */
export function useLate(ms = 300): boolean {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const t = window.setTimeout(() => setLate(true), ms);
    return () => window.clearTimeout(t);
  }, [ms]);
  return late;
}

export function Loading({ lines = 4 }: { lines?: number }) {
  const late = useLate();
  return (
    <div aria-busy="true" aria-live="polite" className="loading">
      <span className="visually-hidden">Loading</span>
      {late &&
        Array.from({ length: lines }, (_, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: identical bars
          <Skeleton key={i} height={16} width={`${90 - ((i * 17) % 40)}%`} radius="sm" />
        ))}
    </div>
  );
}

type FailedProps = { error: unknown; retry?: () => void; page?: boolean };

export function Failed({ error, retry, page }: FailedProps) {
  const Heading = page ? 'h1' : 'p';
  const absent = isNotFound(error);
  const Icon = absent ? IconMoodEmpty : IconCloudOff;
  return (
    <div className="empty" role="alert">
      <Icon size={28} aria-hidden />
      <Heading className="empty-title">{absent ? 'Not found' : 'This could not be loaded'}</Heading>
      <p>{absent ? 'It does not exist, or it is not for you to see.' : sentence(error)}</p>
      {retry && !absent && (
        <Button variant="default" size="xs" leftSection={<IconRefresh size={14} />} onClick={retry}>
          Try again
        </Button>
      )}
    </div>
  );
}

type Props<T> = {
  query: UseQueryResult<T>;
  lines?: number;
  page?: boolean;
  children: (data: T) => ReactNode;
};

/** What a query gave, what it is missing, or why it failed. */
export function Loaded<T>({ query, lines, page, children }: Props<T>) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isError) return <Failed page={page} error={query.error} retry={() => void query.refetch()} />;
  return <Loading lines={lines} />;
}

type EmptyProps = { icon?: ReactNode; title: string; children?: ReactNode; action?: ReactNode };

/** Nothing here: what the place is for, and the one thing that fills it. */
export function Empty({ icon, title, children, action }: EmptyProps) {
  return (
    <div className="empty">
      {icon}
      <p className="empty-title">{title}</p>
      {children && <div className="empty-text">{children}</div>}
      {action}
    </div>
  );
}
