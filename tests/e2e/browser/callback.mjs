// A supervisor asks for a customer to be called back; an agent in the browser calls, tries later; it is cancelled.
import { by, hears, phase, shot, signIn, state, story, tab, tell, told } from './lib.mjs';

await story(async (chrome, { base, login, password, supervisor, number, queue, customerHz }) => {
  const page = await tab(chrome);
  await signIn(page, base, login, password);
  await page.locator('[data-testid="phone-link"][data-phone="registered"]').waitFor();
  await by(page, 'go-ready').click();
  await state(page, 'ready');

  const floor = await tab(chrome);
  await signIn(floor, base, supervisor.login, supervisor.password);
  await floor.locator('nav a[href="/callbacks"]').click();
  await by(floor, 'callbacks-none').waitFor();
  await by(floor, 'new-callback').click();
  await by(floor, 'callback-number').fill('not a number');
  await by(floor, 'callback-queue').selectOption(queue);
  await by(floor, 'callback-request').click();
  await floor.locator('[data-testid="callback-number"][aria-invalid="true"]').waitFor();
  await by(floor, 'callback-number').fill(number);
  await by(floor, 'callback-request').click();
  tell('requested');

  await by(page, 'offer-card').waitFor();
  await by(page, 'callback-badge').waitFor();
  const next = await by(page, 'callback-asked').innerText();
  await shot(page, 'callback-offer');
  await by(page, 'answer').click();
  await by(page, 'calling-customer').waitFor();
  await shot(page, 'callback-calling');
  tell('calling', { next });
  await phase(page, 'talking');
  tell('talking', { heard: await hears(page, customerHz) });
  const row = (stage) => floor.locator(`[data-testid="callback-row"][data-state="${stage}"]`);
  await row('talking').waitFor();
  await shot(floor, 'callbacks');

  await told('try later');
  await by(page, 'try-later').click();
  await state(page, 'wrap_up');
  tell('later', { fate: await by(page, 'callback-fate').innerText() });
  await page.locator('[data-testid^="disposition-"]').first().click();
  await by(page, 'wrap-up-not-ready').click();
  await state(page, 'not_ready');
  await row('scheduled').waitFor();
  tell('scheduled', { row: await row('scheduled').innerText() });

  await by(floor, 'callback-cancel').click();
  await by(floor, 'callback-cancel-confirm').click();
  await by(floor, 'callbacks-none').waitFor();
  tell('cancelled', { refused: await page.locator('[data-testid="toast"][data-kind="error"]').allInnerTexts() });
});
