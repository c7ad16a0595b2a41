// A supervisor listens to an agent from the floor, barges in and leaves, with a desk phone.
import { by, shot, signIn, story, tab, tell } from './lib.mjs';

await story(async (chrome, { base, login, password }) => {
  const page = await tab(chrome);
  await page.addInitScript(() => localStorage.setItem('switchroom.audio', 'off'));
  await signIn(page, base, login, password);
  await by(page, 'sign-in').waitFor({ state: 'detached' });
  await page.goto(`${base}/floor`);
  await by(page, 'agent-anna').locator('.opener').click();
  const pressed = (way) => page.locator(`[data-testid="${way}-anna"][aria-pressed="true"]`).waitFor();
  await by(page, 'listen-anna').click();
  await pressed('listen');
  tell('rings');
  await by(page, 'leave-anna').getByText('Leave').waitFor();
  tell('listens');
  await by(page, 'barge-anna').click();
  await pressed('barge');
  await shot(page, 'floor-barge');
  tell('barges in');
  await by(page, 'leave-anna').click();
  await by(page, 'leave-anna').waitFor({ state: 'detached' });
  tell('left', { refused: await page.locator('[data-testid="toast"][data-kind="error"]').allInnerTexts() });
});
