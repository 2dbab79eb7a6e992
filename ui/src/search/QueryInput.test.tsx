import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { fireEvent, render, screen, waitFor } from '@testing-library/react';
import { useState } from 'react';
import { expect, test, vi } from 'vitest';
import { QueryInput } from './QueryInput';

const fields = ['user.name', 'user.domain'];

/** Offers fields for the word before the caret, as the server does. */
function server() {
  vi.stubGlobal('fetch', (url: string) => {
    const p = new URL(url, 'http://t').searchParams;
    const before = (p.get('q') ?? '').slice(0, Number(p.get('pos')));
    const word = /[^\s:]*$/.exec(before)?.[0] ?? '';
    const items = fields
      .filter((f) => word !== '' && f.startsWith(word))
      .map((f) => ({
        insert: `${f}:`,
        label: f,
        kind: 'field',
        detail: '',
        start: before.length - word.length,
        end: before.length,
      }));
    return Promise.resolve(new Response(JSON.stringify({ items }), { status: 200 }));
  });
}

function Host({ run }: { run: (text: string) => void }) {
  const [text, set] = useState('');
  const fault = text.indexOf('((');
  return (
    <QueryInput
      text={text}
      set={set}
      run={run}
      mark={fault < 0 ? null : { offset: fault, length: 2 }}
      from={undefined}
      to={undefined}
    />
  );
}

function show(run = vi.fn()) {
  server();
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient()}>
        <Host run={run} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  const area = screen.getByRole('textbox', { name: 'Query' }) as HTMLTextAreaElement;
  const type = (text: string) => fireEvent.change(area, { target: { value: text } });
  return { area, type, run, press: (key: string, o = {}) => fireEvent.keyDown(area, { key, ...o }) };
}

test('Tab accepts the first suggestion, and nothing is run', async () => {
  const { area, type, press, run } = show();
  type('use');
  await screen.findByRole('option', { name: /user\.name/ });
  press('Tab');
  expect(area.value).toBe('user.name:');
  expect(run).not.toHaveBeenCalled();
});

test('the arrows choose, Enter accepts what is chosen, and runs when nothing is', async () => {
  const { area, type, press, run } = show();
  type('use');
  await screen.findAllByRole('option');
  press('ArrowDown');
  press('ArrowDown');
  const chosen = screen.getByRole('option', { selected: true });
  expect(chosen.textContent).toContain('user.domain');
  expect(area.getAttribute('aria-activedescendant')).toBe(chosen.id);
  press('Enter');
  expect(area.value).toBe('user.domain:');
  expect(run).not.toHaveBeenCalled();
  press('Enter');
  expect(run).toHaveBeenCalledWith('user.domain:');
});

test('Escape closes the list and keeps the text; then Tab leaves the field', async () => {
  const { area, type, press } = show();
  type('use');
  await screen.findAllByRole('option');
  press('Escape');
  expect(screen.queryByRole('option')).toBeNull();
  expect(area.value).toBe('use');
  // Not prevented: the browser moves on.
  expect(press('Tab')).toBe(true);
});

test('a new line is written with Shift', () => {
  const { press, type, run } = show();
  type('a');
  expect(press('Enter', { shiftKey: true })).toBe(true);
  expect(run).not.toHaveBeenCalled();
});

test('a fault is marked at its characters', async () => {
  const { area, type } = show();
  type('ab ((');
  await waitFor(() => expect(document.querySelector('mark')?.textContent).toBe('(('));
  expect(area.getAttribute('aria-invalid')).toBe('true');
});
