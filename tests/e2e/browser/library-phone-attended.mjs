// SIP.js or JsSIP over WSS as an agent's phone that holds its call, asks a second one, and connects the two (REFER with Replaces).
import { script } from './library-script.mjs';
import { hears, story, tab, tell, told } from './lib.mjs';

await story(async (chrome, { base, library, agent, callerHz, helperHz, to }) => {
  const page = await tab(chrome, { ignoreHTTPSErrors: true, bypassCSP: true });
  await page.goto(`${base}/`);
  await page.addScriptTag({ content: await script(library) });

  await page.evaluate((account) => window.phone.start(account), agent);
  tell('registered');
  await page.evaluate(() => window.phone.rings());
  await page.evaluate(() => window.phone.answer());
  tell('talking', { heard: await hears(page, callerHz) });
  await told('ask');
  await page.evaluate(() => window.phone.hold());
  await page.evaluate((uri) => window.phone.ask(uri), to);
  tell('asked', { heard: await hears(page, helperHz) });
  await told('connect');
  const status = await page.evaluate(() => window.phone.connect());
  await page.evaluate(() => window.phone.over());
  await page.evaluate(() => window.phone.stop());
  tell('connected', { status });
});
