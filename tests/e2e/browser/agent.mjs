// An agent in the browser: signs in, goes ready, gets the pop, answers, holds, resumes, hangs up, wraps up.
import { by, hears, phase, shot, signIn, state, story, tab, tell, told } from './lib.mjs';

/** The order in which the offer and the INVITE reach this page. */
function arrivals(page) {
  const order = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => {
    const text = String(payload);
    if (text.startsWith('INVITE ')) order.push('ring');
    else if (text.startsWith('{') && JSON.parse(text).event?.type === 'offered') order.push('pop');
  }));
  return order;
}

await story(async (chrome, { base, login, password, callerHz, disposition }) => {
  // The certificate of a test is nobody's.
  const page = await tab(chrome, { ignoreHTTPSErrors: true });
  const order = arrivals(page);
  await signIn(page, base, login, password);
  await page.locator('[data-testid="phone-link"][data-phone="registered"]').waitFor();
  await by(page, 'go-ready').click();
  await state(page, 'ready');
  tell('ready');

  await by(page, 'offer-card').waitFor();
  const pop = { name: await by(page, 'pop-name').innerText(), number: await by(page, 'pop-number').innerText() };
  await shot(page, 'desk-offer');
  await by(page, 'answer').click();
  await phase(page, 'talking');
  tell('talking', { ...pop, order, heard: await hears(page, callerHz) });
  await shot(page, 'desk-talking');

  await told('hold');
  await by(page, 'hold').click();
  await phase(page, 'held');
  tell('held');
  await told('resume');
  await by(page, 'resume').click();
  await phase(page, 'talking');
  tell('resumed', { heard: await hears(page, callerHz) });

  await told('hang up');
  await by(page, 'hang-up').click();
  await state(page, 'wrap_up');
  await by(page, `disposition-${disposition}`).click();
  await page.locator(`[data-testid="disposition-${disposition}"][aria-pressed="true"]`).waitFor();
  await shot(page, 'desk-wrap-up');
  await by(page, 'wrap-up-done').click();
  await state(page, 'ready');
  tell('ready again', { refused: await page.locator('[data-testid="toast"][data-kind="error"]').allInnerTexts() });
});
