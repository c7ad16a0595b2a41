// Runs in the page: SIP.js as a phone, with the few words that the story needs.
import { Inviter, SessionState, UserAgent, Web } from 'sip.js';

const audio = document.createElement('audio');
audio.dataset.testid = 'remote-audio';
audio.autoplay = true;
document.body.append(audio);

/** A promise that others keep. */
function awaited() {
  let keep;
  const promise = new Promise((resolve) => { keep = resolve; });
  return { promise, keep };
}

let user = null;
let rings = awaited();
let over = awaited();
let second = null;

window.__switchroom = { peerConnection: () => user?.session?.sessionDescriptionHandler?.peerConnection };

window.phone = {
  /** Registers. */
  async start({ server, aor, name, password }) {
    [rings, over] = [awaited(), awaited()];
    user = new Web.SimpleUser(server, {
      aor,
      media: { remote: { audio } },
      userAgentOptions: { authorizationUsername: name, authorizationPassword: password, logBuiltinEnabled: false },
      delegate: { onCallReceived: () => rings.keep(), onCallHangup: () => over.keep() },
    });
    await user.connect();
    const registered = awaited();
    await user.register({ requestDelegate: { onAccept: () => registered.keep(true), onReject: () => registered.keep(false) } });
    if (!(await registered.promise)) throw new Error('not registered');
  },
  /** Leaves. */
  async stop() {
    const gone = awaited();
    await user.unregister({ requestDelegate: { onAccept: gone.keep, onReject: gone.keep } });
    await gone.promise;
    await user.disconnect();
  },
  rings: () => rings.promise,
  over: () => over.promise,
  answer: () => user.answer(),
  hold: () => user.hold(),
  resume: () => user.unhold(),
  call: (to) => user.call(to, undefined, { requestDelegate: {} }),
  digit: (digit) => user.sendDTMF(digit),
  /** Makes a second call, and listens to it. */
  async ask(to) {
    second = new Inviter(user.sessionManager.userAgent, UserAgent.makeURI(to));
    const [talking, gone] = [awaited(), awaited()];
    second.gone = gone.promise;
    second.stateChange.addListener((state) => {
      if (state === SessionState.Established) talking.keep(true);
      if (state === SessionState.Terminated) { talking.keep(false); gone.keep(); }
    });
    await second.invite();
    if (!(await talking.promise)) throw new Error('nobody answers');
    const stream = new MediaStream();
    for (const { track } of second.sessionDescriptionHandler.peerConnection.getReceivers()) stream.addTrack(track);
    audio.srcObject = stream;
  },
  /** Connects the other sides of the two calls (RFC 3891), and says what the last notification was. */
  async connect() {
    const done = awaited();
    const onNotify = (notification) => {
      notification.accept();
      const status = notification.request.body.split(' ')[1];
      if (status !== '100') done.keep(status);
    };
    await user.session.refer(second, { onNotify, requestDelegate: { onReject: () => done.keep('refused') } });
    const status = await done.promise;
    await second.gone;
    return status;
  },
  /** Sends the other side on (RFC 3515). */
  transfer: (to) => user.session.refer(UserAgent.makeURI(to)),
};
