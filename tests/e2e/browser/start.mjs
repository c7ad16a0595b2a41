// A newcomer opens the demo's link, starts the demo with one click, and hears a call.
import { by, hearsSomething, phase, shot, story, tab, tell } from './lib.mjs';

await story(async (chrome, { startUrl }) => {
  const page = await tab(chrome);
  await page.goto(startUrl);
  await page.locator('[data-testid="start-demo"]:not([aria-disabled])').waitFor();
  await shot(page, 'start');
  const [caller] = await Promise.all([page.waitForEvent('popup'), by(page, 'start-demo').click()]);
  await page.locator('[data-testid="state"][data-state="ready"]').waitFor();
  await by(caller, 'call-now').click();
  await by(page, 'answer').click();
  await phase(page, 'talking');
  const agentHeard = await hearsSomething(page);
  await phase(caller, 'talking');
  await shot(page, 'start-talking');
  await by(page, 'hang-up').click();
  await phase(caller, 'ended');
  tell('heard', agentHeard);
});
