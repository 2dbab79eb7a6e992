import { MantineProvider } from '@mantine/core';
import { fireEvent, render, screen } from '@testing-library/react';
import { expect, test, vi } from 'vitest';
import { HistogramPanel } from './Histogram';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 22, 5, minute)).toISOString();
const data = {
  interval_ms: 60_000,
  total: 10,
  partial: false,
  buckets: [0, 1, 2, 3].map((i) => ({ start: at(i), count: i + 1, failure: 0 })),
};

function show(asTable = false) {
  const zoom = vi.fn();
  render(
    <MantineProvider env="test">
      <HistogramPanel
        data={data}
        from={at(0)}
        to={at(4)}
        asTable={asTable}
        setAsTable={() => {}}
        zoom={zoom}
      />
    </MantineProvider>,
  );
  return zoom;
}

test('a span is chosen with the keyboard', () => {
  const zoom = show();
  const plot = screen.getByRole('slider');
  fireEvent.keyDown(plot, { key: 'ArrowLeft' });
  fireEvent.keyDown(plot, { key: 'ArrowLeft', shiftKey: true });
  expect(plot.getAttribute('aria-valuetext')).toBe(
    '2026-11-22 05:02:00 to 2026-11-22 05:04:00: 7 events, 0 failures',
  );
  fireEvent.keyDown(plot, { key: 'Enter' });
  expect(zoom).toHaveBeenCalledWith(at(2), at(4));
});

test('Escape lets go of it', () => {
  const zoom = show();
  const plot = screen.getByRole('slider');
  fireEvent.keyDown(plot, { key: 'End' });
  fireEvent.keyDown(plot, { key: 'Escape' });
  fireEvent.keyDown(plot, { key: 'Enter' });
  expect(plot.getAttribute('aria-valuetext')).toBe('no span chosen');
  expect(zoom).not.toHaveBeenCalled();
});

test('the table says the same and leads to the same', () => {
  const zoom = show(true);
  expect(screen.getByText('2026-11-22 05:03:00')).toBeTruthy();
  fireEvent.click(screen.getByRole('button', { name: 'Zoom in to 2026-11-22 05:03:00' }));
  expect(zoom).toHaveBeenCalledWith(at(3), at(4));
});
