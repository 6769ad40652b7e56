import { defineConfig } from 'vite';

export default defineConfig({
  base: '/',
  build: {
    target: 'es2022',
    emptyOutDir: true,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // everything is a file of its own: the page allows no inline content
  },
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
});
