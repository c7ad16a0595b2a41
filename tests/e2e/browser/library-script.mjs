// The page's script with SIP.js in it.
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.resolve(here, '../../../agent-console/package.json');

/** Bundles it. */
export async function script() {
  const { rolldown } = await import(pathToFileURL(createRequire(modules).resolve('rolldown')));
  const alias = { 'sip.js': path.join(path.dirname(modules), 'node_modules/sip.js/lib/index.js') };
  const bundle = await rolldown({ input: path.join(here, 'sipjs-page.mjs'), resolve: { alias }, logLevel: 'silent' });
  const { output } = await bundle.generate({ format: 'iife' });
  return output[0].code;
}
