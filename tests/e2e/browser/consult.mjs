// An agent in the browser asks a colleague first, talks with both, and hands the customer over.
import { by, hears, phase, shot, signIn, state, story, tab, tell, told } from './lib.mjs';

await story(async (chrome, { base, login, password, callerHz, helperHz }) => {
  const page = await tab(chrome);
  await signIn(page, base, login, password);
  await page.locator('[data-testid="phone-link"][data-phone="registered"]').waitFor();
  await by(page, 'go-ready').click();
  await state(page, 'ready');
  tell('ready');

  await by(page, 'offer-card').waitFor();
  await by(page, 'answer').click();
  await phase(page, 'talking');
  tell('talking', { heard: await hears(page, callerHz) });

  const pressed = (id, on) => page.locator(`[data-testid="${id}"][aria-pressed="${on}"]`);
  await by(page, 'pause-recording').click();
  await pressed('pause-recording', true).waitFor();
  await shot(page, 'desk-recording-paused');
  await by(page, 'pause-recording').click();
  await pressed('pause-recording', false).waitFor();
  tell('paused');

  const stage = (name) => page.locator(`[data-testid="consult"][data-stage="${name}"]`).waitFor();
  await by(page, 'transfer').click();
  await by(page, 'ask-first').click();
  await by(page, 'transfer-agent-bert').click();
  await stage('asking');
  tell('asking');
  await stage('consulting');
  tell('consulting', { heard: await hears(page, helperHz) });
  await shot(page, 'desk-consult');
  await by(page, 'swap').click();
  await stage('customer');
  tell('swapped', { heard: await hears(page, callerHz) });
  await by(page, 'conference').click();
  await stage('conference');
  tell('conference');
  await told('hand over');
  await by(page, 'complete-transfer').click();
  await state(page, 'wrap_up');
  tell('handed over', { refused: await page.locator('[data-testid="toast"][data-kind="error"]').allInnerTexts() });
});
