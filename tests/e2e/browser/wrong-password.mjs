// A wrong password at sign-in.
import { shot, signIn, story, tab, tell } from './lib.mjs';

await story(async (chrome, { base, login }) => {
  const page = await tab(chrome);
  await signIn(page, base, login, 'guess');
  const alert = page.getByRole('alert').filter({ hasText: /\S/ });
  await alert.waitFor();
  await shot(page, 'sign-in');
  tell('refused', { words: (await alert.innerText()).trim(), path: new URL(page.url()).pathname });
});
