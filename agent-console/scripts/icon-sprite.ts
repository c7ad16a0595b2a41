// Puts one SVG sprite with just the icons that the console uses into index.html, so that no page ever fetches an icon.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';
import { ICONS } from '../src/ui/icons.ts';

const folder = join(dirname(createRequire(import.meta.url).resolve('lucide-static/package.json')), 'icons');

function symbol(name: string): string {
  const svg = readFileSync(join(folder, `${name}.svg`), 'utf8');
  const body = svg.slice(svg.indexOf('>', svg.indexOf('<svg')) + 1, svg.lastIndexOf('</svg>'));
  return `<symbol id="i-${name}" viewBox="0 0 24 24">${body.replace(/\s+/g, ' ').trim()}</symbol>`;
}

/** The sprite as one hidden SVG element. */
export function sprite(): string {
  return `<svg xmlns="http://www.w3.org/2000/svg" width="0" height="0" style="position:absolute" aria-hidden="true">${ICONS.map(symbol).join('')}</svg>`;
}

/** Vite plugin: replaces `<!--icons-->` in index.html by the sprite. */
export function iconSprite(): Plugin {
  return {
    name: 'icon-sprite',
    transformIndexHtml: (html) => html.replace('<!--icons-->', sprite()),
  };
}
