import { Alert, Paper, Title } from '@mantine/core';
import type { ReactNode } from 'react';
import { sentence } from '../api/problem';
import { useTitle } from '../display/Page';
import { IconAlertTriangle, IconBellRinging } from '../icons';
import classes from './Frame.module.css';

type Props = { title: string; lead: ReactNode; error?: unknown; children: ReactNode };

/** The screens before one is signed in. */
export function Frame({ title, lead, error, children }: Props) {
  useTitle(title);
  return (
    <main className={classes.frame}>
      <Paper withBorder p="xl" radius="md" className={classes.card}>
        <div className={classes.brand}>
          <IconBellRinging size={26} aria-hidden /> Tocsin
        </div>
        <Title order={1} size="h2">
          {title}
        </Title>
        <div className="dim">{lead}</div>
        {Boolean(error) && (
          <Alert color="red" variant="outline" icon={<IconAlertTriangle size={18} />} role="alert">
            {sentence(error)}
          </Alert>
        )}
        {children}
      </Paper>
    </main>
  );
}
