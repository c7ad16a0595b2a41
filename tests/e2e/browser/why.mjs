// A supervisor asks why the second of two callers waits, and gives the caller more points.
import { by, shot, signIn, story, tab, tell } from './lib.mjs';

await story(async (chrome, { base, login, password }) => {
  const page = await tab(chrome);
  await signIn(page, base, login, password);
  await by(page, 'floor').waitFor();
  await by(page, 'waits').nth(1).click();
  const panel = by(page, 'why');
  await page.locator('[data-testid="why"][data-waiting="true"]').waitFor();
  await panel.getByText('2 of 2').waitFor();
  const text = (id) => by(page, id).innerText();
  const excluded = page.locator('[data-testid="why-excluded"] [data-code]');
  await shot(page, 'floor-why');
  tell('second', {
    place: await text('why-place'), need: await text('why-need'), expected: await text('why-expected'),
    told: await by(page, 'why-told').count(), eligible: await text('why-eligible'), newcomer: await text('expected-help'),
    excluded: await excluded.evaluateAll((groups) => groups.map((group) => group.dataset.code)),
  });
  await by(page, 'priority').fill('50');
  await by(page, 'set-priority').click();
  await panel.getByText('1 of 2').waitFor();
  tell('first', { score: await panel.getByText(/^[\d,.]+ points$/).first().innerText() });
});
