import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

const server = process.env.TOCSIN_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  server: {
    proxy: { '/api': server, '/openapi.json': server },
  },
  build: {
    target: 'es2022',
    // Fonts and images stay files: the CSP allows data: for images only.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  test: {
    environment: 'jsdom',
    include: ['src/**/*.test.{ts,tsx}'],
    setupFiles: ['src/test.setup.ts'],
    restoreMocks: true,
  },
});
