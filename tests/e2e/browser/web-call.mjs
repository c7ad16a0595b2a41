// A web caller and an agent, each in a tab: the caller keys a digit, the agent answers, both talk, the caller leaves.
import { by, hears, hearsSomething, phase, shot, signIn, state, story, tab, tell } from './lib.mjs';

await story(async (chrome, { base, login, password, supervisor, hz }) => {
  const agent = await tab(chrome);
  await signIn(agent, base, login, password);
  await agent.locator('[data-testid="phone-link"][data-phone="registered"]').waitFor();
  await by(agent, 'go-ready').click();
  await state(agent, 'ready');

  const caller = await tab(chrome, { viewport: { width: 390, height: 844 } });
  await caller.goto(`${base}/call`);
  await by(caller, 'caller-name').fill('Marta');
  await shot(caller, 'call-start');
  await by(caller, 'call-now').click();
  await phase(caller, 'menu');
  await by(caller, 'keypad-1').click();

  await by(agent, 'offer-card').waitFor();
  const pop = { name: await by(agent, 'pop-name').innerText() };
  await phase(caller, 'ringing');
  await shot(caller, 'call-ringing');
  await by(agent, 'answer').click();
  await phase(agent, 'talking');
  await phase(caller, 'talking');
  const agentHeard = { hz: await hears(agent, hz), ...(await hearsSomething(agent)) };
  const callerHeard = { hz: await hears(caller, hz), ...(await hearsSomething(caller)) };
  await shot(caller, 'call-talking');
  tell('talking', { ...pop, agentHeard, callerHeard });

  const floor = await tab(chrome);
  await signIn(floor, base, supervisor.login, supervisor.password);
  await floor.locator(`[data-testid="agent-${login}"]`).waitFor();
  await shot(floor, 'floor');

  await by(caller, 'caller-hang-up').click();
  await phase(caller, 'ended');
  await by(agent, 'disposition-done').click();
  await agent.locator('[data-testid="disposition-done"][aria-pressed="true"]').waitFor();
  await by(agent, 'wrap-up-done').click();
  await state(agent, 'ready');
  tell('ready again');
});
