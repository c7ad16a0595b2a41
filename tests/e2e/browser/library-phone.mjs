// SIP.js or JsSIP over WSS, first as an agent's phone that takes a call, holds it and sends it on, then as a caller who keys a digit.
import { script } from './library-script.mjs';
import { hears, hearsSomething, story, tab, tell, told } from './lib.mjs';

await story(async (chrome, { base, library, agent, caller, callerHz, agentHz, to, number }) => {
  const page = await tab(chrome, { ignoreHTTPSErrors: true, bypassCSP: true });
  await page.goto(`${base}/`);
  await page.addScriptTag({ content: await script(library) });

  await page.evaluate((account) => window.phone.start(account), agent);
  tell('registered');
  await page.evaluate(() => window.phone.rings());
  await page.evaluate(() => window.phone.answer());
  tell('talking', { heard: await hears(page, callerHz) });
  await told('hold');
  await page.evaluate(() => window.phone.hold());
  tell('held');
  await told('resume');
  await page.evaluate(() => window.phone.resume());
  tell('resumed', { heard: await hears(page, callerHz) });
  await told('transfer');
  await page.evaluate((uri) => window.phone.transfer(uri).then(() => undefined), to);
  await page.evaluate(() => window.phone.over());
  await page.evaluate(() => window.phone.stop());
  tell('transferred');

  await told('call');
  await page.evaluate((account) => window.phone.start(account), caller);
  await page.evaluate((uri) => window.phone.call(uri).then(() => undefined), number);
  await hearsSomething(page);
  await page.evaluate(() => window.phone.digit('1'));
  tell('connected', { heard: await hears(page, agentHz) });
  await told('heard');
});
