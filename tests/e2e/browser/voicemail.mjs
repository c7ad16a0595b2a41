// A message waits: an agent in the browser accepts it, plays it, has the caller called back; a supervisor finds it again.
import { by, phase, shot, signIn, state, story, tab, tell, told } from './lib.mjs';

/** Waits until the player of this part of the page is past its beginning. */
async function plays(part) {
  await part.locator('[data-testid="play"]').click();
  const sound = await part.locator('audio').elementHandle();
  await part.page().waitForFunction((audio) => audio.currentTime > 0.3 && !audio.paused, sound, { polling: 100 });
  return part.locator('audio').evaluate((audio) => Math.round(audio.duration * 1000));
}

await story(async (chrome, { base, login, password, supervisor }) => {
  const floor = await tab(chrome);
  await signIn(floor, base, supervisor.login, supervisor.password);
  await by(floor, 'waits-channel').waitFor();
  await floor.locator('nav a[href="/voicemails"]').click();
  const row = (stage) => floor.locator(`[data-testid="voicemail-row"][data-state="${stage}"]`);
  await row('waiting').waitFor();
  tell('waiting', { row: await row('waiting').innerText() });

  const page = await tab(chrome);
  await signIn(page, base, login, password);
  await page.locator('[data-testid="phone-link"][data-phone="registered"]').waitFor();
  await by(page, 'go-ready').click();
  await by(page, 'offer-card').waitFor();
  await by(page, 'message-badge').waitFor();
  const facts = await by(page, 'message-facts').innerText();
  await shot(page, 'voicemail-offer');
  await by(page, 'answer').click();
  await phase(page, 'talking');
  const length = await plays(page.locator('[data-region="card"]'));
  const absent = await page.locator('[data-testid="hold"], [data-testid="mute"], [data-testid="keypad"], [data-testid="banner"]').count();
  await shot(page, 'voicemail-playing');
  tell('playing', { facts, length, absent });
  await row('in_hand').waitFor();

  await told('call back');
  await by(page, 'message-call-back').click();
  await state(page, 'wrap_up');
  await page.locator('[data-testid^="disposition-"]').first().click();
  await by(page, 'wrap-up-not-ready').click();
  await state(page, 'not_ready');
  await row('heard').waitFor();
  await by(floor, 'voicemail-play').first().click();
  const again = await plays(by(floor, 'voicemail-player'));
  await shot(floor, 'voicemails');
  await floor.locator('nav a[href="/callbacks"]').click();
  await by(floor, 'callback-row').waitFor();
  tell('called back', { again, row: await by(floor, 'callback-row').innerText(), refused: await page.locator('[data-testid="toast"][data-kind="error"]').allInnerTexts() });
});
