// Canned flows and prompts for the dev server: a check that knows one mistake, drawings of the shipped flow. Never part of the build.
import { readFileSync } from 'node:fs';
import { createHash } from 'node:crypto';

const root = new URL('../../', import.meta.url);
const svg = readFileSync(new URL('docs/img/flow.svg', root), 'utf8');
const shipped = readFileSync(new URL('config/demo/flows/demo.toml', root), 'utf8');
const MIN = 60_000;
const sha = (text) => createHash('sha256').update(text).digest('hex');

/** What each session has changed; a token is a session. */
const worlds = new Map();
function worldOf(token, scene) {
  if (worlds.has(token)) return worlds.get(token);
  const older = shipped.replace('timeout_s = 4', 'timeout_s = 7').replace('prompts = ["greeting"]', 'prompts = ["welcome"]');
  const oldest = older.replace(/\n# Customers of the gold[\s\S]*?else = "billing"\n/, '\n').replace('1 = "tier"', '1 = "billing"');
  const draft = scene === 'draft' || scene === 'behind' || scene === 'faulty';
  const text = scene === 'faulty' ? shipped.replace('next = "language"', 'next = "langauge"').replace('else = "billing"', 'else = "billling"') : shipped.replace('attempts = 2\nno_input_prompts', 'attempts = 3\nno_input_prompts').replace('announce = ["recording-notice", "please-hold"]', 'announce = ["please-hold"]');
  const world = {
    versions: [
      { version: 3, text: shipped, at: Date.now() - 35 * MIN, by: scene === 'behind' ? 'ana.ruiz' : 'mona.berg', note: 'Shorter wait in the language menu' },
      { version: 2, text: older, at: Date.now() - 3_000 * MIN, by: null, note: '' },
      { version: 1, text: oldest, at: Date.now() - 9_000 * MIN, by: 'mona.berg', note: '首个版本：账单与技术支持' },
    ],
    draft: draft ? { text, base: scene === 'behind' ? sha(older) : sha(shipped), by: 'mona.berg', at: Date.now() - 4 * MIN } : null,
    prompts: null,
  };
  worlds.set(token, world);
  return world;
}

function check(text) {
  const lines = text.split('\n');
  const problems = [];
  const nodes = new Set([...text.matchAll(/^\[flow\.[\w-]+\.node\.([\w-]+)\]/gm)].map((m) => m[1]));
  lines.forEach((line, i) => {
    const found = /^(next|else|overflow) = "([\w-]+)"/.exec(line);
    if (found && !nodes.has(found[2])) problems.push({ level: 'error', code: 'unknown_node', rule: 'FL02', file: '/etc/switchroom/flows/main.toml', line: i + 1, column: found[1].length + 4, path: `flow.demo.${found[1]}`, why: `there is no node “${found[2]}”`, hint: `take the name of a [flow.demo.node.NAME], such as “${[...nodes].find((n) => n[0] === found[2][0]) ?? 'goodbye'}”` });
    if (/^announce = \["please-hold"\]/.test(line)) problems.push({ level: 'warning', code: 'no_way_back', rule: 'FL10', file: '/etc/switchroom/flows/main.toml', line: i + 1, column: 1, path: '', why: 'callers are not told that the call is recorded', hint: 'add “recording-notice” before it' });
  });
  problems.sort((a, b) => a.line - b.line);
  const small = svg.replaceAll('Flow demo', 'Flow survey');
  return { problems, graphs: problems.some((p) => p.level === 'error') ? [] : [{ flow: 'demo', svg }, { flow: 'survey', svg: small }] };
}

function walk({ steps, flow }) {
  const said = [];
  const engine = (kind, text, node) => said.push({ who: 'engine', kind, text, node });
  if (flow === 'survey') {
    engine('node', 'satisfaction (survey)', 'satisfaction');
    engine('speech', 'How satisfied were you? Press 1 to 5.', 'satisfaction');
    return { said, waits_for: 'digit', hint: 'keys, silence or hangup' };
  }
  engine('node', 'greeting (play)', 'greeting');
  engine('speech', 'Welcome to Halden Energy.', 'greeting');
  engine('node', 'language (menu)', 'language');
  engine('speech', 'For English, press one. 中文服务，请按二。', 'language');
  let at = 'language';
  for (const step of steps.flatMap((s) => (/^[\d*#]+$/.test(s) ? [...s] : [s]))) {
    if (at === 'over') break;
    said.push({ who: 'caller', kind: 'step', text: step, node: at });
    if (step === 'hangup') at = 'over';
    else if (at === 'language') {
      at = 'main-menu';
      engine('event', 'looked up by the calling number', 'caller');
      engine('speech', step === '2' ? '账单业务请按一。技术支持请按二。重听请按零。' : 'For billing, press one. For support, press two. To hear this again, press zero.', 'main-menu');
    } else if (at === 'main-menu') {
      at = step === '2' ? 'support' : 'billing';
      engine('speech', 'This call is recorded. Please hold. An agent will be with you shortly.', at);
      engine('event', `waits in the queue ${at}, priority 0`, at);
    } else if (['agent', 'closed'].includes(step) || at === 'support' || at === 'billing') at = 'over';
  }
  const waits = { language: 'digit', 'main-menu': 'digit', support: 'queue', billing: 'queue', over: 'over' }[at];
  return { said, waits_for: waits, hint: { digit: 'keys, silence or hangup', queue: 'keys, agent, full, timeout, no_agents, closed, overflow or hangup', over: '' }[waits] };
}

const flaw = (status, code, detail, more = {}) => ({ status, body: { code, title: code, detail, ...more } });
const done = (body) => ({ status: body === undefined ? 204 : 200, body });

function flowsAnswer(method, path, query, body, world, scene, login) {
  const name = 'flows/main.toml';
  const [top] = world.versions;
  const only = { writable: scene !== 'locked', why: scene === 'locked' ? 'flows/main.toml: the folder belongs to root; give it to the user that runs switchroom' : null };
  const mark = world.draft && { by: world.draft.by, at: world.draft.at };
  const flows = [{ id: 'demo', nodes: 18, entry_points: ['main-line'] }, { id: 'survey', nodes: 3, entry_points: [] }];
  if (path === '/flows') return done({ files: [{ file: name, flows, version: top.version, published_at: top.at, published_by: top.by, draft: mark, ...only }, { file: 'flows/night.toml', flows: [{ id: 'night', nodes: 6, entry_points: ['night-line', 'emergency'] }], version: 1, published_at: Date.now() - 40_000 * MIN, published_by: null, draft: null, writable: false, why: 'flows/night.toml: the folder belongs to root' }] });
  if (query.get('name') !== name) return flaw(404, 'unknown_flow_file', 'The configuration lists no such file of flows');
  if (path === '/flows/file') return done({ file: name, text: top.text, sha256: sha(top.text), version: top.version, ...only, draft: world.draft, versions: world.versions.map(({ text, ...v }, i) => ({ ...v, sha256: sha(text), current: i === 0 })) });
  const publish = (text, note) => {
    world.versions.unshift({ version: top.version + 1, text, at: Date.now(), by: login, note });
    return done({ version: top.version + 1, sha256: sha(text), problems: check(text).problems, changed: ['flow.demo'], restart: [] });
  };
  switch (`${method} ${path.replace(/\/\d+$/, '')}`) {
    case 'PUT /flows/file/draft':
      world.draft = { ...body, by: login, at: Date.now() };
      return done();
    case 'DELETE /flows/file/draft':
      world.draft = null;
      return done();
    case 'POST /flows/file/check':
      return done(check(body.text));
    case 'POST /flows/file/simulate':
      return check(body.text).problems.some((p) => p.level === 'error') ? flaw(422, 'bad_flow', 'The flows have problems', { problems: check(body.text).problems }) : done(walk(body));
    case 'GET /flows/file/versions': {
      const version = world.versions.find((v) => v.version === Number(path.split('/').at(-1)));
      return version ? done({ ...version, sha256: sha(version.text), current: version === top }) : flaw(404, 'unknown_flow_version', 'There is no such version of this file');
    }
    case 'POST /flows/file/publish':
      if (body.base !== sha(top.text)) return flaw(409, 'flow_changed', 'The file has changed since you began');
      if (check(body.text).problems.some((p) => p.level === 'error')) return flaw(422, 'bad_flow', 'The flows have problems', { problems: check(body.text).problems });
      world.draft = null;
      return publish(body.text, body.note);
    case 'POST /flows/file/roll-back':
      return publish(world.versions.find((v) => v.version === body.version).text, `back to ${body.version}`);
    default:
      return flaw(404, 'not_found', 'Not found');
  }
}

const WORDS = [
  ['greeting', 'Welcome to Halden Energy.', '欢迎致电哈尔登能源。', ['demo']], ['language-menu', 'For English, press one. 中文服务，请按二。', '中文服务，请按二。For English, press one.', ['demo']],
  ['main-menu', 'For billing, press one. For support, press two. To hear this again, press zero.', '账单业务请按一。技术支持请按二。重听请按零。', ['demo']], ['goodbye', 'Thank you for calling. Goodbye.', '感谢您的来电，再见。', ['demo', 'survey']],
  ['all-busy', 'All our agents are busy. Please call again later.', '坐席全忙，请稍后再拨。', ['demo']], ['please-hold', 'Please hold. An agent will be with you shortly.', '请稍候，坐席很快为您服务。', ['demo']], ['recording-notice', 'This call is recorded.', '本次通话将被录音。', ['demo']],
  ['survey-question', 'How satisfied were you? Press one for not at all, up to five for very.', null, ['survey']], ['outage-notice', null, null, ['demo']], ['welcome', 'Welcome.', '您好，欢迎致电。', []], ...[1, 2, 3, 10, 20].map((n) => [`number-${n}`, String(n), String(n), ['demo']]),
];
function promptsOf(world, scene) {
  if (world.prompts) return world.prompts;
  const faults = { 'main-menu': ['quiet'], 'all-busy': ['clipped', 'loud'], 'please-hold': ['long_silence'] };
  const recording = (language, id, i) => {
    const problems = language === 'en' ? (faults[id] ?? []) : [];
    const level = problems.includes('quiet') ? -38.2 : problems.includes('loud') ? -9.1 : -21 + (i % 5);
    return { language, length_ms: 900 + ((i * 1_370) % 7_000), level_dbfs: level, peak_dbfs: Math.min(0, level + 13), problems, bytes: 52_000, modified: Date.now() - i * 90 * MIN };
  };
  world.prompts = scene === 'none' ? [] : WORDS.filter(([, en]) => en).map(([id, en, zh, used_by], i) => ({ id, used_by, text: zh ? { en, zh } : { en }, languages: [recording('en', id, i), ...(zh ? [recording('zh', id, i + 3)] : [])] }));
  if (scene !== 'none') world.prompts.push({ id: 'hold-music', used_by: ['demo'], text: null, languages: [{ ...recording(null, 'hold-music', 7), length_ms: 96_000 }] });
  return world.prompts;
}

function promptsAnswer(method, path, body, world, scene) {
  const all = promptsOf(world, scene);
  const [, , language, name, speak] = path.split('/').map(decodeURIComponent);
  if (path === '/prompts') {
    const missing = WORDS.flatMap(([id, , , flows]) => ['en', 'zh'].filter((l) => flows.length > 0 && !all.find((p) => p.id === id)?.languages.some((r) => r.language === l)).map((l) => ({ id, language: l, flow: flows[0] })));
    return done({ prompts: all, missing: scene === 'none' ? [] : missing, writable: scene !== 'locked', why: scene === 'locked' ? 'prompts: the folder belongs to root' : null, speech: scene === 'mute' ? { available: false, engine: 'espeak-ng', why: 'espeak-ng is not installed' } : { available: true, engine: 'espeak-ng', why: null } });
  }
  const tongue = language === 'music' ? null : language;
  const row = all.find((p) => p.id === name);
  if (method === 'DELETE') {
    if (row.used_by.length > 0) return flaw(409, 'prompt_in_use', 'The flow demo says it, and no other recording serves this language');
    row.languages = row.languages.filter((r) => r.language !== tongue);
    return done();
  }
  const kept = { language: tongue, length_ms: speak ? 2_400 : Math.round(body.length / 32), level_dbfs: -19.5, peak_dbfs: -4.2, problems: [], bytes: 38_000, modified: Date.now() };
  if (row) row.languages = [...row.languages.filter((r) => r.language !== tongue), kept];
  else all.push({ id: name, used_by: [], text: null, languages: [kept] });
  return done(kept);
}

/** The answer to a request for flows or prompts; null: it is for something else. `body` is parsed JSON, or bytes. */
export function authoringAnswer(method, path, query, body, who, login) {
  const world = worldOf(`${who.role}:${who.scene}:${who.lang}`, who.scene);
  if (path.startsWith('/flows')) return flowsAnswer(method, path, query, body, world, who.scene, login);
  if (path.startsWith('/prompts')) return promptsAnswer(method, path, body, world, who.scene);
  return null;
}
