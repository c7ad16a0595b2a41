// Serves dist/ with canned answers, for screenshots and for work on the look. Never part of the build.
//   node dev/mock.mjs [port]     then sign in as agent / supervisor; the token names the scene: `agent:talking:en`.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';
import { authoringAnswer } from './authoring.mjs';
import { backStory, deskOf, messageStory, story, wav, why, world } from './canned.mjs';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
/** As the engine says it, so that what it forbids fails here as well. */
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; media-src 'self' blob:; worker-src 'self' blob:; manifest-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const parse = (token) => {
  const [role = 'agent', scene = 'ready', lang = 'en'] = (token ?? '').split(':');
  return { role, scene, lang: lang === 'zh' ? 'zh' : 'en' };
};
const recording = wav();

function answer(method, path, query, who) {
  const w = world(who.lang);
  const user = who.role === 'agent' ? { login: 'li.wei', name: w.me, role: 'agent', agent: 'li.wei' } : { login: 'mona.berg', name: 'Gina Moretti', role: who.role === 'admin' ? 'admin' : 'supervisor', agent: null };
  if (path === '/sessions') return { token: 'agent:ready:en', expires_at: Date.now() + 9e6, user };
  if (path === '/me') return user;
  if (path === '/config/public') return { company: w.company, languages: ['en', 'zh'], web_call_number: '8000', version: '0.1.0', demo: true, server_time_ms: Date.now() };
  if (path === '/dispositions') return { items: w.dispositions };
  if (path === '/reasons') return { items: w.reasons };
  if (path === '/agents') return { items: w.people };
  if (path === '/queues') return { items: w.queues };
  if (path === '/phone') return { sip_user: 'li.wei', sip_password: 'x', sip_domain: 'localhost', ws_path: '/sip', fixed_uri: null };
  if (path === '/contacts') return { items: who.scene === 'none' ? w.handled : [...w.messages, ...w.handled], next: null };
  if (path === '/schedules') return { items: who.scene === 'none' ? [] : w.schedules };
  if (path.endsWith('/emergency')) return {};
  if (path.startsWith('/contacts/vm') && !path.endsWith('/why')) return messageStory(w, path.split('/')[2]);
  if (path.endsWith('/why')) return why(w, path.split('/')[2]);
  if (method === 'DELETE' && path.startsWith('/callbacks/')) return {};
  if (method === 'POST' && /\/(priority|open)$/.test(path)) return {};
  if (path === '/callbacks') return method === 'POST' ? {} : { items: w.callbacks.map((c) => ({ ...c, agent: c.agent?.id ?? null })) };
  if (path === '/contacts/back') return backStory(w);
  if (path.startsWith('/contacts/')) return story(w);
  if (path === '/customers/import') return { dry_run: true, added: 41, changed: 3, errors: [{ line: 7, column: 'phones', why: '“+49 30 23” is too short for a German number; add 3 digits or more' }] };
  if (path === '/customers') return method === 'POST' ? w.customer : { items: [w.customer, ...w.handled.filter((h) => h.customer_name).map((h, i) => ({ ...w.customer, id: `x${i}`, name: h.customer_name, company: i % 2 ? '' : 'Halden', tier: i % 3 ? '' : 'silver', contact_points: [{ kind: 'phone', raw: h.ani, normal: h.ani, label: '' }] }))], next: 'more' };
  if (path.startsWith('/customers/')) return w.customer;
  if (path === '/start') return { agents: [{ login: 'li.wei', password: '5c1-9fa', name: 'Li Wei' }, { login: 'ana.ruiz', password: '77a-0be', name: 'Ana Ruiz' }, { login: 'tom.hale', password: '9d2-c41', name: 'Tom Hale' }], supervisor: { login: 'mona.berg', password: '8ee-24c', name: 'Mona Berg' }, dial: '8000', sip_uri: 'sip:6001@127.0.0.1:5070', sip_user: '6001', sip_password: '5c1-9fa', api_token: 'dev_7KqAbCdEfGhIjKlMn4f' };
  return null;
}

async function handle(request, response) {
  const url = new URL(request.url, 'http://x');
  if (url.pathname.startsWith('/api/v1')) {
    const who = parse(request.headers.authorization?.replace('Bearer ', '') ?? (request.headers['accept-language']?.startsWith('zh') ? 'agent:ready:zh' : ''));
    const path = url.pathname.slice(7);
    if (path.startsWith('/recordings/') || path.endsWith('.wav') || path === '/speech') return response.writeHead(200, { 'content-type': 'audio/wav' }).end(recording);
    if (/^\/(flows|prompts|sessions$)/.test(path)) {
      const chunks = [];
      for await (const chunk of request) chunks.push(chunk);
      const sent = Buffer.concat(chunks);
      if (path === '/sessions') {
        const role = JSON.parse(sent).login.split('.')[0];
        const mine = parse(role === 'admin' || role === 'supervisor' ? `${role}:x:en` : '');
        const body = { ...answer('GET', path, url.searchParams, mine), token: `${mine.role}:${mine.scene}:en`, user: answer('GET', '/me', url.searchParams, mine) };
        return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      }
      const json = request.headers['content-type'] === 'application/json' && sent.length > 0;
      const found = authoringAnswer(request.method, path, url.searchParams, json ? JSON.parse(sent) : sent, who, 'mona.berg');
      return response.writeHead(found.status, { 'content-type': found.status < 400 ? 'application/json' : 'application/problem+json' }).end(found.body && JSON.stringify(found.body));
    }
    const body = answer(request.method, path, url.searchParams, who);
    return response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? { code: 'not_found', title: 'Not found' }));
  }
  const name = extname(url.pathname) ? url.pathname : '/index.html';
  const file = await readFile(join(dist, name)).catch(() => null);
  return response.writeHead(file ? 200 : 404, { 'content-type': TYPES[extname(name)] ?? 'application/octet-stream', 'content-security-policy': POLICY }).end(file ?? 'not here');
}

function cti(socket) {
  const say = (message) => socket.send(JSON.stringify(message));
  let floor;
  socket.on('close', () => clearInterval(floor));
  socket.on('message', (data) => {
    const message = JSON.parse(String(data));
    if (message.type === 'ping') say({ type: 'pong', id: message.id, server_time_ms: Date.now() });
    if (message.type === 'wish') say({ type: 'reply', id: message.id, ok: true, error: null });
    if (message.type !== 'hello') return;
    const who = parse(message.token);
    const w = world(who.lang);
    const agent = who.role === 'agent' ? { id: 'li.wei', name: w.me } : null;
    const view = () => ({ at: Date.now(), calls: 23, queues: w.queues, agents: w.people, waiting: who.scene === 'none' ? [] : w.waiting, callbacks: who.scene === 'none' ? [] : w.callbacks });
    say({ type: 'welcome', session: 's1', seq: 1, version: 1, server: '0.1.0', server_time_ms: Date.now(), user: { login: 'x', name: 'x', role: who.role }, agent, resumed: false });
    say({ type: 'snapshot', seq: 1, at: Date.now(), desk: agent ? deskOf(w, who.scene) : null, floor: agent ? null : view() });
    let seq = 2;
    if (!agent) floor = setInterval(() => say({ type: 'event', seq: seq++, at: Date.now(), agent: null, event: { type: 'floor', ...view() } }), 1000);
  });
}

/** Starts the server; gives its port. */
export function serve(port = 0) {
  const server = createServer((request, response) => void handle(request, response));
  const sockets = new WebSocketServer({ noServer: true, handleProtocols: (offered) => [...offered][0] });
  server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head, (ws) => { if (request.url === '/cti') cti(ws); }));
  return new Promise((done) => server.listen(port, '127.0.0.1', () => done({ port: server.address().port, close: () => server.close() })));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { port } = await serve(Number(process.argv[2] ?? 5199));
  console.log(`http://127.0.0.1:${port}/`);
}
