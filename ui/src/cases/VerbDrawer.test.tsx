import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { caseDetail } from '../api/queries';
import type { CaseDetail } from '../api/types';
import { sampleCase, sampleDetail } from './sample';
import { VerbDrawer } from './VerbDrawer';

function show(detail: CaseDetail, verb: string, close = vi.fn()) {
  const client = new QueryClient({
    defaultOptions: { queries: { retry: false, staleTime: Number.POSITIVE_INFINITY } },
  });
  client.setQueryData(caseDetail('c1').queryKey, detail);
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={client}>
        <VerbDrawer id="c1" verb={verb} close={close} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return close;
}

const json = (status: number, body: unknown) =>
  Promise.resolve(new Response(JSON.stringify(body), { status }));
const reason = () => screen.getByRole('textbox', { name: /Reason/ });
const write = (text: string) => fireEvent.change(reason(), { target: { value: text } });

test('it closes only when the server has done it', async () => {
  let answer: (r: Response) => void = () => {};
  const answered = new Promise<Response>((r) => {
    answer = r;
  });
  vi.stubGlobal('fetch', () => answered);
  const close = show(sampleDetail(), 'confirm');
  const send = screen.getByRole('button', { name: 'Confirm the decision' });
  expect(send.hasAttribute('disabled')).toBe(true);
  write('Looked at the host.');
  fireEvent.click(send);
  expect(close).not.toHaveBeenCalled();
  answer(new Response(JSON.stringify(sampleDetail({ case: sampleCase({ version: 4 }) })), { status: 200 }));
  await waitFor(() => expect(close).toHaveBeenCalled());
});

test('what a guard still asks for is listed', async () => {
  vi.stubGlobal('fetch', () =>
    json(409, {
      title: 'Conflict',
      detail: 'Not yet.',
      kind: 'guard-refused',
      missing: ['a second pair of eyes'],
    }),
  );
  const close = show(sampleDetail(), 'confirm');
  write('Sure.');
  fireEvent.click(screen.getByRole('button', { name: 'Confirm the decision' }));
  expect(await screen.findByText('a second pair of eyes')).toBeTruthy();
  expect(close).not.toHaveBeenCalled();
});

test('a conflict shows both versions, keeps the text, and sends on the new one', async () => {
  const now = sampleDetail({ case: sampleCase({ state: 'classified', version: 9 }) });
  const versions: string[] = [];
  vi.stubGlobal('fetch', (_: string, init: RequestInit) => {
    if (init.method === 'GET') return json(200, now);
    versions.push((init.headers as Record<string, string>)['If-Match'] ?? '');
    return versions.length === 1 ? json(412, { kind: 'stale' }) : json(200, now);
  });
  const close = show(sampleDetail(), 'confirm');
  write('Checked.');
  fireEvent.click(screen.getByRole('button', { name: 'Confirm the decision' }));
  expect(await screen.findByText(/Somebody changed this case/)).toBeTruthy();
  expect(screen.getByText('assessing')).toBeTruthy();
  expect(screen.getByText('classified')).toBeTruthy();
  expect((reason() as HTMLTextAreaElement).value).toBe('Checked.');
  fireEvent.click(screen.getByRole('button', { name: 'Confirm the decision' }));
  await waitFor(() => expect(close).toHaveBeenCalled());
  expect(versions).toEqual(['"3"', '"9"']);
});
