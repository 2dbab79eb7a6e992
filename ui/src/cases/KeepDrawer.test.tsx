import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { KeepDrawer } from './KeepDrawer';
import { sampleCase } from './sample';

const json = (status: number, body: unknown) =>
  Promise.resolve(new Response(JSON.stringify(body), { status }));

test('a new case is opened once, also when keeping the events fails at first', async () => {
  const sent: [string, unknown][] = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const path = new URL(url, 'http://t').pathname;
    if (init.method === 'GET') return json(200, { items: [sampleCase()], next: '' });
    sent.push([path, JSON.parse(String(init.body))]);
    if (path.endsWith('/cases')) return json(200, sampleCase({ id: 'c7', number: 'CASE-7' }));
    const first = sent.filter(([p]) => p.endsWith('/evidence')).length === 1;
    return first ? json(409, { detail: 'Not now.' }) : json(200, {});
  });
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}>
        <KeepDrawer what={{ kind: 'events', ids: ['e1', 'e2'], q: 'failed', from: 'a', to: 'b' }} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  fireEvent.click(screen.getByRole('radio', { name: 'A new case' }));
  fireEvent.change(screen.getByRole('textbox', { name: /Title/ }), { target: { value: 'Odd logins' } });
  fireEvent.change(screen.getByRole('textbox', { name: /What it shows/ }), { target: { value: 'Two' } });
  fireEvent.click(screen.getByRole('button', { name: 'Open the case with it' }));
  expect(await screen.findByText(/Not now/)).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: 'Add to the case' }));
  await waitFor(() => expect(sent).toHaveLength(3));
  expect(sent.map(([p]) => p.replace('/api/v1', ''))).toEqual([
    '/cases',
    '/cases/c7/evidence',
    '/cases/c7/evidence',
  ]);
  expect(sent[2]?.[1]).toMatchObject({ event_ids: ['e1', 'e2'], q: 'failed', note: 'Two' });
});
