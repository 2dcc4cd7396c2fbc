import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** The web app: `npm run build` writes dist/web, which server/dashboard serves. No inline script: the console's CSP allows scripts of its own origin only. */
export default defineConfig({
  root: at('./web'),
  publicDir: at('./web/app/public'),
  cacheDir: at('./.cache/vite'),
  plugins: [react()],
  build: {
    outDir: at('./dist/web'),
    emptyOutDir: true,
    target: 'es2024',
    // an asset inlined as data: URI would need a wider CSP
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1_700,
    rolldownOptions: {
      // our modules do nothing when imported (but the entry and the worker), so a page takes from a front door only what it uses
      treeshake: { moduleSideEffects: [{ test: /\/(?:web|shared)\/(?!app\/main|.*worker).*\.tsx?$/, sideEffects: false }] },
    },
  },
  server: {
    port: Number(process.env['PHAROS_WEB_PORT'] ?? 5173),
    // `npx vite` against a running console: PHAROS_CONSOLE=http://127.0.0.1:20001
    proxy: { '/api': { target: process.env['PHAROS_CONSOLE'] ?? 'http://127.0.0.1:20001', changeOrigin: true } },
  },
});
