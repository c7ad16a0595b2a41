// Chromium for the browser tests: started with a fake microphone, its ears measured in the page.
import { createRequire } from 'node:module';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');
const { chromium } = createRequire(path.join(root, 'agent-console/package.json'))('playwright-core');

/** Nothing that is waited for takes longer, in ms. */
export const PATIENCE = 60_000;

const FLAGS = [
  '--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream', '--allow-loopback-in-peer-connection',
  '--disable-features=WebRtcHideLocalIpsWithMdns', '--autoplay-policy=no-user-gesture-required', '--no-sandbox',
  '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update',
  '--disable-sync', '--disable-background-timer-throttling', '--disable-renderer-backgrounding',
  '--disable-backgrounding-occluded-windows', '--disable-dev-shm-usage',
];

/** One step of the story, as a line for the test that started us. */
export function tell(step, facts = {}) {
  process.stdout.write(`${JSON.stringify({ step, ...facts })}\n`);
}

const heard = [];

/** The next line from the test that started us. */
const lines = (async function* read() {
  let rest = '';
  for await (const chunk of process.stdin) {
    rest += chunk;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 1);
    }
  }
})();

/** Waits until the test says this word. */
export async function told(word) {
  const { value, done } = await lines.next();
  if (done || value !== word) throw new Error(`expected the word ${word}, got ${value}`);
}

/** A browser whose microphone plays this file round and round. */
export async function browser(microphone) {
  const args = microphone ? [...FLAGS, `--use-file-for-fake-audio-capture=${microphone}`] : FLAGS;
  return chromium.launch({ executablePath: '/usr/bin/chromium', args, timeout: PATIENCE });
}

/** A tab of its own, with its own storage. What goes wrong in it is kept for the report. */
export async function tab(chrome, options = {}) {
  const context = await chrome.newContext({
    viewport: { width: 1440, height: 900 }, locale: 'en-GB', permissions: ['microphone', 'notifications'], ...options,
  });
  context.setDefaultTimeout(PATIENCE);
  const page = await context.newPage();
  page.on('pageerror', (error) => heard.push(`error: ${error.message}`));
  page.on('console', (message) => heard.push(`${message.type()}: ${message.text()}`));
  return page;
}

/** What the tabs wrote to their consoles, newest last. */
export const consoleLines = () => heard.slice(-40);

export const by = (page, id) => page.locator(`[data-testid="${id}"]`);

/** Signs an agent or a supervisor in. */
export async function signIn(page, base, login, password) {
  await page.goto(`${base}/`);
  await by(page, 'login').fill(login);
  await by(page, 'password').fill(password);
  await by(page, 'sign-in').click();
}

/** Waits until the agent's state is this one. */
export const state = (page, name) => page.locator(`[data-testid="state"][data-state="${name}"]`).waitFor();

/** Waits until the call in hand is in this phase. */
export const phase = (page, name) => page.locator(`[data-phase="${name}"]`).first().waitFor();

/** Waits until the loudest frequency that the page plays is near this one, and says which it was. */
export async function hears(page, hz) {
  const found = await page.waitForFunction(loudest, hz, { polling: 100, timeout: PATIENCE });
  return found.jsonValue();
}

/** Runs in the page: the loudest frequency of the remote stream, when it is near `hz`. */
function loudest(hz) {
  const element = document.querySelector('[data-testid="remote-audio"]');
  const stream = element?.srcObject;
  if (!stream) return null;
  const ear = (window.ear ??= { stream: null, analyser: null, context: new AudioContext() });
  if (ear.stream !== stream) {
    ear.analyser = ear.context.createAnalyser();
    ear.analyser.fftSize = 8192;
    ear.context.createMediaStreamSource(stream).connect(ear.analyser);
    ear.stream = stream;
  }
  const bins = new Float32Array(ear.analyser.frequencyBinCount);
  ear.analyser.getFloatFrequencyData(bins);
  let top = 0;
  bins.forEach((level, n) => { if (level > bins[top]) top = n; });
  const peak = (top * ear.context.sampleRate) / ear.analyser.fftSize;
  return bins[top] > -60 && Math.abs(peak - hz) < 25 ? Math.round(peak) : null;
}

/** Runs in the page: the sound received so far, once there is some. */
async function received() {
  const stats = await window.__switchroom?.peerConnection()?.getStats();
  const inbound = [...(stats?.values() ?? [])].find((s) => s.type === 'inbound-rtp' && s.kind === 'audio');
  return inbound?.totalAudioEnergy > 0.0005 ? { energy: inbound.totalAudioEnergy, packets: inbound.packetsReceived } : null;
}

/** Waits until the page has received sound, by the browser's own counters. */
export async function hearsSomething(page) {
  const until = Date.now() + PATIENCE;
  while (Date.now() < until) {
    const got = await page.evaluate(received);
    if (got) return got;
    await page.waitForTimeout(100);
  }
  throw new Error('the page hears nothing');
}

/** A picture for people to look at. */
export async function shot(page, name) {
  const folder = path.join(root, 'target/screens');
  await mkdir(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), timeout: PATIENCE });
}

/** Runs a story; whatever goes wrong is the last line. */
export async function story(run) {
  const options = JSON.parse(process.argv[2]);
  let chrome = null;
  try {
    chrome = await browser(options.microphone);
    await run(chrome, options);
    tell('over');
  } catch (error) {
    const pages = chrome?.contexts().flatMap((context) => context.pages()) ?? [];
    for (const [n, page] of pages.entries()) await shot(page, `failed-${n}`).catch(() => undefined);
    tell('failed', { error: String(error?.stack ?? error), console: consoleLines() });
    process.exitCode = 1;
  }
  await chrome?.close().catch(() => undefined);
  process.exit();
}
