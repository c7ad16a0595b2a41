import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';
import { iconSprite } from './scripts/icon-sprite.ts';

export default defineConfig({
  plugins: [svelte(), iconSprite()],
  build: { target: ['chrome123', 'edge123', 'firefox120', 'safari17.5'], sourcemap: false, assetsInlineLimit: 0, chunkSizeWarningLimit: 700 },
  resolve: process.env.VITEST ? { conditions: ['browser'] } : {},
  test: { include: ['tests/**/*.test.ts'], environment: 'node' },
});
