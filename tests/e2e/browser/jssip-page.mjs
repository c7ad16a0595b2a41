// Runs in the page: JsSIP as a phone, with the few words that the story needs. The same words as in sipjs-page.mjs.
import JsSIP from 'jssip';

const audio = document.createElement('audio');
audio.dataset.testid = 'remote-audio';
audio.autoplay = true;
document.body.append(audio);

const SOUND = { mediaConstraints: { audio: true, video: false }, pcConfig: { iceServers: [] } };

/** A promise that others keep. */
function awaited() {
  let keep;
  const promise = new Promise((resolve) => { keep = resolve; });
  return { promise, keep };
}

let ua = null;
let session = null;
let second = null;
let rings = awaited();
let over = awaited();

window.__switchroom = { peerConnection: () => session?.connection ?? null };

/** Plays what comes by this connection. */
function play(connection) {
  connection.addEventListener('track', ({ track, streams }) => { audio.srcObject = streams[0] ?? new MediaStream([track]); });
}

/** Hears and follows a call; `ended` is told of its end. */
function follow(call, ended) {
  let asked = false;
  // The engine needs none of our candidates but the first.
  call.on('icecandidate', ({ ready }) => {
    if (!asked) setTimeout(ready, 30);
    asked = true;
  });
  call.on('peerconnection', ({ peerconnection }) => play(peerconnection));
  call.on('ended', ended);
  call.on('failed', ended);
}

/** Calls somebody, who answers. */
async function called(to, ended) {
  const answered = awaited();
  const eventHandlers = {
    peerconnection: ({ peerconnection }) => play(peerconnection),
    accepted: () => answered.keep('accepted'),
    failed: ({ cause }) => answered.keep(cause),
  };
  const call = ua.call(to, { ...SOUND, eventHandlers });
  call.on('ended', ended);
  const became = await answered.promise;
  if (became !== 'accepted') throw new Error(`nobody answers: ${became}`);
  return call;
}

/** Sends REFER, and says what the last notification was. */
function referred(to, options) {
  const done = awaited();
  const last = ({ status_line: line }) => done.keep(String(line.status_code));
  const eventHandlers = { requestFailed: ({ cause }) => done.keep(cause), accepted: last, failed: last };
  session.refer(to, { ...options, eventHandlers });
  return done.promise;
}

/** Changes the session by `hold` or `unhold`, and waits until it is taken. */
function changed(word) {
  const taken = awaited();
  if (!session[word]({}, taken.keep)) throw new Error(`${word} is not possible`);
  return taken.promise;
}

window.phone = {
  /** Registers. */
  async start({ server, aor, name, password }) {
    [rings, over] = [awaited(), awaited()];
    const sockets = [new JsSIP.WebSocketInterface(server)];
    ua = new JsSIP.UA({ sockets, uri: aor, authorization_user: name, password, register: true });
    const registered = awaited();
    ua.on('registered', () => registered.keep(true));
    ua.on('registrationFailed', () => registered.keep(false));
    ua.on('newRTCSession', ({ originator, session: call }) => {
      if (originator !== 'remote') return;
      session = call;
      follow(call, over.keep);
      rings.keep();
    });
    ua.start();
    if (!(await registered.promise)) throw new Error('not registered');
  },
  /** Leaves. */
  async stop() {
    const gone = awaited();
    ua.on('unregistered', gone.keep);
    ua.unregister();
    await gone.promise;
    ua.stop();
  },
  rings: () => rings.promise,
  over: () => over.promise.then(() => undefined),
  async answer() {
    const confirmed = awaited();
    session.on('confirmed', () => confirmed.keep());
    session.answer(SOUND);
    await confirmed.promise;
  },
  hold: () => changed('hold'),
  resume: () => changed('unhold'),
  async call(to) { session = await called(to, over.keep); },
  digit: (digit) => { session.sendDTMF(digit); },
  /** Makes a second call, and listens to it. */
  async ask(to) {
    const gone = awaited();
    second = await called(to, gone.keep);
    second.gone = gone.promise;
  },
  /** Connects the other sides of the two calls (RFC 3891), and says what the last notification was. */
  async connect() {
    const status = await referred(second.remote_identity.uri.toString(), { replaces: second });
    await second.gone;
    return status;
  },
  /** Sends the other side on (RFC 3515). */
  async transfer(to) {
    const status = await referred(to, {});
    if (status !== '200') throw new Error(`not sent on: ${status}`);
  },
};
