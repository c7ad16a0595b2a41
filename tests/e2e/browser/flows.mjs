// An administrator writes a flow: a mistake and its place, a walk through the text, a draft that outlives the page, a version
// that comes into force, somebody else who was first, and the way back.
import { by, shot, signIn, story, tab, tell, told } from './lib.mjs';

await story(async (chrome, { base, admin, file, flow, steps, change, mistake }) => {
  const page = await tab(chrome);
  await signIn(page, base, admin.login, admin.password);
  await page.locator('nav a[href="/flows"]').click();
  await page.locator(`[data-testid="flow-file"][data-file="${file}"] a`).click();
  const text = by(page, 'flow-text');
  const clean = () => page.locator('[data-testid="flow-verdict"][data-errors="0"]').waitFor();
  const kept = () => page.locator('[data-testid="flow-page"][data-saved="saved"]').waitFor();
  const version = async () => Number(await by(page, 'flow-page').getAttribute('data-version'));
  const inForce = (n) => page.locator(`[data-testid="flow-page"][data-version="${n}"]`).waitFor();
  await clean();
  await page.locator(`[data-testid="graph"][data-flow="${flow}"] img`).waitFor();
  const first = await version();
  const published = await text.inputValue();
  tell('open', { version: first, nodes: await by(page, 'graph').locator('button.node').count() });

  await text.fill(published.replace(mistake.find, mistake.put));
  const problem = page.locator('[data-testid="flow-problem"][data-level="error"]').first();
  await problem.waitFor();
  await problem.click();
  const line = await text.evaluate((area) => area.value.slice(0, area.selectionStart).split('\n').length);
  await shot(page, 'flow-mistake');
  tell('mistake', { said: await problem.innerText(), line: Number(await problem.getAttribute('data-line')), caret: line, publish: await by(page, 'publish').getAttribute('aria-disabled'), stale: await by(page, 'graph-stale').count() });

  await text.fill(published.replace(change.find, change.put));
  await clean();
  await kept();
  await by(page, 'side-simulator').click();
  const waits = async () => {
    const found = page.locator('[data-testid="walk-waits"]:not([data-waits=""])');
    await found.waitFor();
    return found.getAttribute('data-waits');
  };
  await waits();
  for (const [i, step] of steps.entries()) {
    await by(page, `walk-${step}`).click();
    await by(page, 'walk-log').locator('[data-kind="step"]').nth(i).waitFor();
  }
  tell('walked', { waits: await waits(), said: await by(page, 'walk-log').locator('[data-kind="speech"] p').allInnerTexts() });
  await shot(page, 'flow-simulator');

  await page.reload();
  await kept();
  tell('draft', { same: (await text.inputValue()) === published.replace(change.find, change.put) });
  await clean();
  await by(page, 'publish').click();
  await by(page, 'publish-note').fill('by the browser');
  await by(page, 'publish-confirm').click();
  await inForce(first + 1);
  tell('published', { version: await version(), changed: (await text.inputValue()) === published.replace(change.find, change.put) });

  // Somebody else publishes while this page has a draft of its own and is about to.
  await text.fill(`${await text.inputValue()}\n# mine\n`);
  await kept();
  await clean();
  await by(page, 'publish').click();
  await by(page, 'publish-note').fill('mine');
  tell('about to publish');
  await told('published by another');
  await by(page, 'publish-confirm').click();
  await by(page, 'flow-behind').waitFor();
  await shot(page, 'flow-behind');
  tell('behind', { said: await by(page, 'flow-behind').innerText(), mine: (await text.inputValue()).endsWith('# mine\n') });
  await by(page, 'behind-theirs').click();
  await by(page, 'flow-behind').waitFor({ state: 'detached' });

  const now = await version();
  await by(page, 'side-versions').click();
  await by(page, `roll-back-${first}`).click();
  await by(page, 'roll-back-confirm').click();
  await inForce(now + 1);
  await shot(page, 'flow-versions');
  tell('rolled back', { version: await version(), same: (await text.inputValue()) === published, refused: await page.locator('[data-testid="toast"][data-kind="error"]').allInnerTexts() });
});
