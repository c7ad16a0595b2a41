// The page's script with a library in it: SIP.js or JsSIP.
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const modules = path.resolve(here, '../../../agent-console/package.json');

const MAIN = { sipjs: ['sip.js', 'sip.js/lib/index.js'], jssip: ['jssip', 'jssip/lib/JsSIP.js'] };

/** Bundles it; the library is `sipjs` or `jssip`. */
export async function script(library) {
  const [name, main] = MAIN[library];
  const { rolldown } = await import(pathToFileURL(createRequire(modules).resolve('rolldown')));
  const alias = { [name]: path.join(path.dirname(modules), 'node_modules', main) };
  const input = path.join(here, `${library}-page.mjs`);
  const bundle = await rolldown({ input, platform: 'browser', resolve: { alias }, logLevel: 'silent' });
  const { output } = await bundle.generate({ format: 'iife' });
  return output[0].code;
}
