// An administrator records a prompt by the microphone, from a file and by text-to-speech, hears it, and takes it away again.
import { by, shot, signIn, story, tab, tell } from './lib.mjs';

await story(async (chrome, { base, admin, used, language, name, wav, words }) => {
  const page = await tab(chrome);
  await signIn(page, base, admin.login, admin.password);
  await page.locator('nav a[href="/prompts"]').click();
  const line = (id) => page.locator(`[data-testid="recording"][data-id="${id}"][data-language="${language}"]`);
  const facts = async (id) => ({ length: Number(await line(id).getAttribute('data-length')), problems: await line(id).getAttribute('data-problems') });
  const keep = async () => {
    const length = Number(await by(page, 'candidate').getAttribute('data-length'));
    await by(page, 'make-keep').click();
    await by(page, 'candidate').waitFor({ state: 'detached' });
    return length;
  };
  await by(page, 'prompts-search').fill(used);
  await line(used).locator('[data-testid="prompt-play"]').click();
  await page.locator(`[data-testid="recording"][data-id="${used}"][data-playing="true"]`).waitFor();
  await line(used).locator('[data-testid="prompt-play"]').click();
  tell('open', { count: await by(page, 'prompts-count').innerText(), ...(await facts(used)) });

  await by(page, 'prompts-search').fill('');
  await by(page, 'prompt-new').click();
  await by(page, 'make-name').fill(name);
  await by(page, 'make-language').selectOption(language);
  await by(page, 'record-start').click();
  await page.getByText(/^0:02 \//).waitFor();
  await shot(page, 'prompt-recording');
  await by(page, 'record-stop').click();
  await by(page, 'candidate-play').click();
  await page.locator('[data-testid="candidate-play"][data-playing="true"]').waitFor();
  const spoken = await keep();
  await by(page, 'prompts-search').fill(name);
  await line(name).waitFor();
  tell('recorded', { sent: spoken, ...(await facts(name)) });

  const replace = async (way) => {
    await line(name).locator('[data-testid="prompt-make"]').click();
    await by(page, `make-${way}`).click();
  };
  await replace('file');
  await by(page, 'make-file-input').setInputFiles(wav);
  await by(page, 'candidate').waitFor();
  const sent = await keep();
  tell('uploaded', { sent, ...(await facts(name)) });

  await replace('speech');
  await by(page, 'make-text').fill(words);
  await by(page, 'make-say').click();
  await by(page, 'candidate').waitFor();
  const said = await keep();
  await shot(page, 'prompts');
  tell('spoken', { sent: said, ...(await facts(name)) });

  await line(name).locator('[data-testid="prompt-remove"]').click();
  await by(page, 'remove-confirm').click();
  await line(name).waitFor({ state: 'detached' });
  await by(page, 'prompts-search').fill(used);
  await line(used).locator('[data-testid="prompt-remove"]').click();
  await by(page, 'remove-confirm').click();
  await by(page, 'remove-refused').waitFor();
  tell('deleted', { refused: await by(page, 'remove-refused').innerText(), errors: await page.locator('[data-testid="toast"][data-kind="error"]').allInnerTexts() });
});
