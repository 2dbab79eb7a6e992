import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import '@mantine/spotlight/styles.css';
import './style/base.css';
import './style/tables.css';
import './style/tags.css';
import './style/text.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { whenUnauthorised } from './api/client';
import { ApiError } from './api/problem';
import { me } from './api/queries';
import { makeRouter } from './router';
import { cssVariables, theme } from './theme';

const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
// The scroll lock of drawers writes a style element too; get-nonce reads this.
(globalThis as Record<string, unknown>).__webpack_nonce__ = nonce;

const client = new QueryClient({
  defaultOptions: {
    // The server is often on this network and not on the internet: what the browser thinks of "online" says nothing.
    mutations: { networkMode: 'always' },
    queries: {
      networkMode: 'always',
      staleTime: 10_000,
      // Only what may pass by itself is asked again.
      retry: (failures, e) => failures < 2 && e instanceof ApiError && [0, 502, 503, 504].includes(e.status),
    },
  },
});

const router = makeRouter(client);

whenUnauthorised(() => {
  if (client.getQueryData(me.queryKey) === null) return;
  client.setQueryData(me.queryKey, null);
  void router.invalidate();
});

const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        defaultColorScheme="auto"
        getStyleNonce={() => nonce}
      >
        <QueryClientProvider client={client}>
          <Notifications position="bottom-right" limit={4} />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}
