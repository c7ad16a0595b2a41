// A supervisor closes a schedule at once, with a prompt, and lets it go by its hours again.
import { by, shot, signIn, story, tab, tell, told } from './lib.mjs';

await story(async (chrome, { base, supervisor, schedule, prompt }) => {
  const page = await tab(chrome);
  await signIn(page, base, supervisor.login, supervisor.password);
  await page.locator('nav a[href="/schedules"]').click();
  const card = by(page, `schedule-${schedule}`);
  const is = (open) => page.locator(`[data-testid="schedule-${schedule}"][data-open="${open}"]`).waitFor();
  await is(true);
  tell('open', { next: await by(card, 'schedule-next').innerText(), days: await card.locator('ol > li').count() });

  await by(card, 'schedule-switch').click();
  await by(page, 'emergency-prompt').fill(prompt);
  await by(page, 'emergency-confirm').click();
  await is(false);
  await shot(page, 'schedules');
  tell('closed', { state: await by(card, 'schedule-state').innerText(), next: await by(card, 'schedule-next').innerText() });

  await told('open again');
  await by(card, 'schedule-switch').click();
  await by(page, 'emergency-confirm').click();
  await is(true);
  tell('open again', { refused: await page.locator('[data-testid="toast"][data-kind="error"]').allInnerTexts() });
});
