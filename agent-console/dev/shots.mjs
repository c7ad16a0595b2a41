// Screenshots of every page in both themes and languages: node dev/shots.mjs [folder] [only]
import { mkdir } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { serve } from './mock.mjs';

const folder = process.argv[2] ?? '/tmp/shots';
const only = process.argv[3];
const ARGS = ['--no-sandbox', '--disable-gpu', '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'];
const BIG = { width: 1440, height: 900 };
const PAGES = [
  ['signin', '/', null, BIG], ['offer', '/desk', 'agent:offer', BIG], ['talking', '/desk', 'agent:talking', BIG], ['held', '/desk', 'agent:held', BIG],
  ['consult', '/desk', 'agent:consult', BIG], ['paused', '/desk', 'agent:paused', BIG], ['asked', '/desk', 'agent:asked', BIG],
  ['ready', '/desk', 'agent:ready', BIG], ['not-ready', '/desk', 'agent:not-ready', BIG], ['wrap', '/desk', 'agent:wrap', BIG],
  ['floor', '/floor', 'supervisor:floor', BIG], ['why', '/floor?why=w1', 'supervisor:floor', BIG], ['why-rings', '/floor?why=w0', 'supervisor:floor', BIG],
  ['why-sticky', '/floor?why=w2', 'supervisor:floor', BIG], ['why-gone', '/floor?why=w3', 'supervisor:floor', BIG], ['why-360', '/floor?why=w1', 'supervisor:floor', { width: 360, height: 760 }], ['contacts', '/contacts', 'supervisor:x', BIG], ['story', '/contacts/h0', 'supervisor:x', BIG],
  ['callbacks', '/callbacks', 'supervisor:x', BIG], ['callbacks-none', '/callbacks', 'supervisor:none', BIG], ['callbacks-agent', '/callbacks', 'agent:ready', BIG], ['callbacks-360', '/callbacks', 'supervisor:x', { width: 360, height: 760 }],
  ['back', '/desk', 'agent:back', BIG], ['back-calling', '/desk', 'agent:back-calling', BIG], ['back-talking', '/desk', 'agent:back-talking', BIG], ['back-360', '/desk', 'agent:back', { width: 360, height: 760 }], ['back-story', '/contacts/back', 'supervisor:x', BIG],
  ['message', '/desk', 'agent:message', BIG], ['message-hand', '/desk', 'agent:message-hand', BIG], ['message-360', '/desk', 'agent:message-hand', { width: 360, height: 760 }], ['message-story', '/contacts/vm1', 'supervisor:x', BIG],
  ['voicemails', '/voicemails', 'supervisor:x', BIG], ['voicemails-none', '/voicemails', 'supervisor:none', BIG], ['voicemails-agent', '/voicemails', 'agent:ready', BIG], ['voicemails-360', '/voicemails', 'supervisor:x', { width: 360, height: 760 }],
  ['schedules', '/schedules', 'supervisor:x', BIG], ['schedules-none', '/schedules', 'supervisor:none', BIG], ['schedules-360', '/schedules', 'supervisor:x', { width: 360, height: 760 }], ['schedules-1000', '/schedules', 'supervisor:x', { width: 1000, height: 800 }],
  ['flows', '/flows', 'admin:draft', BIG], ['flows-360', '/flows', 'admin:draft', { width: 360, height: 760 }], ['flow', '/flows/file?name=flows/main.toml', 'admin:x', BIG], ['flow-faulty', '/flows/file?name=flows/main.toml&line=66', 'admin:faulty', BIG],
  ['flow-behind', '/flows/file?name=flows/main.toml&tab=versions', 'admin:behind', BIG], ['flow-versions', '/flows/file?name=flows/main.toml&tab=versions&version=2', 'admin:x', BIG], ['flow-walk', '/flows/file?name=flows/main.toml&tab=simulator', 'admin:walk', BIG], ['flow-locked', '/flows/file?name=flows/main.toml', 'admin:locked', BIG], ['flow-360', '/flows/file?name=flows/main.toml', 'admin:draft', { width: 360, height: 760 }], ['flow-1000', '/flows/file?name=flows/main.toml&tab=simulator', 'admin:x', { width: 1000, height: 800 }],
  ['prompts', '/prompts', 'admin:x', BIG], ['prompts-none', '/prompts', 'admin:none', BIG], ['prompts-make', '/prompts', 'admin:make', BIG], ['prompts-360', '/prompts', 'admin:x', { width: 360, height: 760 }],
  ['customers', '/customers?id=c1', 'supervisor:x', BIG], ['start', '/start?t=abc', null, BIG], ['call', '/call?demo=1', null, { width: 390, height: 844 }],
  ['desk-1000', '/desk', 'agent:talking', { width: 1000, height: 800 }], ['desk-360', '/desk', 'agent:talking', { width: 360, height: 760 }],
];

const server = await serve();
await mkdir(folder, { recursive: true });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
for (const [name, path, token, viewport] of PAGES) {
  if (only && !name.startsWith(only)) continue;
  for (const theme of ['light', 'dark']) {
    for (const lang of ['en', 'zh']) {
      const context = await browser.newContext({ viewport, colorScheme: theme, locale: lang === 'zh' ? 'zh-CN' : 'en-GB', permissions: ['microphone'] });
      const page = await context.newPage();
      page.on('pageerror', (error) => console.log(`${name} ${theme} ${lang}: ${error.message}`));
      page.on('console', (m) => { if (m.type() === 'error' && !/WebSocket/.test(m.text())) console.log(`${name} ${theme} ${lang}: ${m.text()}`); });
      if (['talking', 'held', 'consult', 'paused', 'back-calling', 'back-talking', 'message-hand', 'message-360', 'desk-1000', 'desk-360'].includes(name)) await page.addInitScript(() => localStorage.setItem('switchroom.audio', 'off'));
      if (token) await page.addInitScript((value) => sessionStorage.setItem('switchroom.token', value), `${token}:${lang}`);
      await page.goto(`http://127.0.0.1:${server.port}${path}`);
      // The system's own typeface may be missing on a build machine.
      await page.evaluate(() => { document.body.style.setProperty('font-family', 'Inter, "Noto Sans CJK SC", sans-serif', 'important'); });
      await page.waitForTimeout(1800);
      if (name === 'voicemails') await page.locator('[data-testid="voicemail-play"]').nth(1).click().then(() => page.waitForTimeout(900));
      if (name === 'flow-walk') for (const key of ['2', '2']) await page.locator(`[data-testid="walk-key-${key}"]`).click().then(() => page.waitForTimeout(500));
      if (name === 'prompts-make') await page.locator('[data-testid="prompt-make"]').nth(3).click().then(() => page.locator('[data-testid="record-start"]').click()).then(() => page.waitForTimeout(1500));
      await page.screenshot({ path: `${folder}/${name}-${theme}-${lang}.png` });
      await context.close();
    }
  }
}
await browser.close();
server.close();
