// Runs in the page: SIP.js as a phone, with the few words that the story needs.
import { UserAgent, Web } from 'sip.js';

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
  /** Sends the other side on (RFC 3515). */
  transfer: (to) => user.session.refer(UserAgent.makeURI(to)),
};
