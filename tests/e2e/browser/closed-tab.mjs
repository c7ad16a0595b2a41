// An agent with a desk phone closes the console in the middle of a call and comes back.
import { by, phase, signIn, state, story, tab, tell, told } from './lib.mjs';

await story(async (chrome, { base, login, password }) => {
  const page = await tab(chrome);
  await signIn(page, base, login, password);
  await state(page, 'ready');
  tell('ready');
  await phase(page, 'talking');
  await page.context().close();
  tell('closed');
  await told('come back');
  const again = await tab(chrome);
  await signIn(again, base, login, password);
  await phase(again, 'talking');
  tell('back', { name: await by(again, 'pop-name').innerText() });
  await by(again, 'hang-up').click();
  await state(again, 'wrap_up');
  tell('wrap-up');
});
