//! Registration with carriers (RFC 3261 §10.2): refreshed in time, tried again with growing patience when it fails.

use crate::api::{Destination, Effect, Trunk};
use crate::digest;
use crate::endpoint::Endpoint;
use crate::message::{HeaderName, Method, NameAddr, Request, Response, Uri};
use crate::shared::Core;
use crate::timers::{Key, TrunkTimer};
use crate::transaction::client::{Outcome, User};
use core::time::Duration;

/// Base and upper bound of the wait after failures (RFC 5626 §4.5).
const BASE_S: u64 = 30;
const WAIT_MAX_S: u64 = 1_800;

/// How often one registration is sent again with credentials or a longer time.
const TRIES_MAX: u8 = 3;

/// Our registration with one trunk.
pub(crate) struct Carrier {
    aor: Uri,
    call_id: String,
    tag: String,
    number: u32,
    /// Seconds for which we ask; 0: to be called no more.
    expires_s: u32,
    tries: u8,
    failures: u32,
    /// What was told.
    up: Option<bool>,
}

impl Carrier {
    /// The registration of a trunk that wants one; `None` also where its address of record is no SIP URI.
    pub(crate) fn of(core: &mut Core, trunk: &Trunk) -> Option<Self> {
        let registration = trunk.registration.as_ref()?;
        let aor = Uri::parse(&registration.aor).ok().filter(Uri::is_sip)?;
        let (call_id, tag) = (core.dice.call_id(), core.dice.tag());
        let expires_s = registration.expires_s;
        Some(Self { aor, call_id, tag, number: 0, expires_s, tries: 0, failures: 0, up: None })
    }

    fn contact(&self, core: &Core, to: Destination) -> NameAddr {
        // With the user of the address of record, because calls come to the contact.
        let user = self.aor.user_unescaped();
        NameAddr::new(core.our_uri(&user, to, &self.aor.scheme))
    }

    fn request(&mut self, core: &Core, to: Destination, authorization: Option<(HeaderName, String)>) -> Request {
        self.number = self.number.saturating_add(1);
        let registrar = Uri { user: None, ..self.aor.clone() };
        let mut request = Request::new(Method::Register, registrar);
        let headers = &mut request.headers;
        headers.push(HeaderName::MaxForwards, "70");
        headers.push(HeaderName::From, format!("<{}>;tag={}", self.aor, self.tag));
        headers.push(HeaderName::To, format!("<{}>", self.aor));
        headers.push(HeaderName::CallId, self.call_id.as_str());
        headers.push(HeaderName::CSeq, format!("{} {}", self.number, Method::Register));
        headers.push(HeaderName::Contact, self.contact(core, to).to_string());
        headers.push(HeaderName::Expires, self.expires_s.to_string());
        core.describe_request(&mut request);
        if let Some((name, value)) = authorization {
            request.headers.push(name, value);
        }
        request
    }

    /// For how long the registrar keeps us (§10.2.4).
    fn granted(&self, core: &Core, to: Destination, response: &Response) -> u32 {
        let ours = self.contact(core, to).uri;
        let contacts = response.headers.contacts().unwrap_or_default();
        let contact = contacts.iter().find(|contact| contact.uri.equivalent(&ours));
        let of_contact = contact.and_then(|contact| contact.params.get("expires")?.parse().ok());
        of_contact.or_else(|| response.headers.expires().ok().flatten()).unwrap_or(self.expires_s)
    }
}

impl Endpoint {
    /// It is time to register with a trunk.
    pub(crate) fn register(&mut self, at: usize) {
        if let Some(Some(carrier)) = self.carriers.get_mut(at) {
            carrier.tries = 0;
            self.send_register(at, None);
        }
    }

    /// The carriers are to send no more calls.
    pub(crate) fn unregister(&mut self) {
        for at in 0..self.carriers.len() {
            if let Some(Some(carrier)) = self.carriers.get_mut(at) {
                carrier.expires_s = 0;
                self.core.deadlines.clear(Key::Trunk(at, TrunkTimer::Register));
                if self.carriers.get(at).and_then(Option::as_ref).is_some_and(|carrier| carrier.up == Some(true)) {
                    self.register(at);
                }
            }
        }
    }

    fn send_register(&mut self, at: usize, authorization: Option<(HeaderName, String)>) {
        let core = &mut self.core;
        let to = core.setup.trunks.get(at).and_then(|trunk| trunk.peer);
        let (Some(Some(carrier)), Some(to)) = (self.carriers.get_mut(at), to) else { return };
        let request = carrier.request(core, to, authorization);
        if core.request(request, to, User::Register(at)).is_err() {
            self.on_register_failure(at, None, None);
        }
    }

    /// What came of a REGISTER.
    pub(crate) fn on_register_outcome(&mut self, at: usize, outcome: &Outcome) {
        let Outcome::Response(response) = outcome else { return self.on_register_failure(at, None, None) };
        match response.code {
            200..=299 => self.on_registration(at, response),
            401 | 407 | 423 if self.register_again(at, response) => {}
            code => {
                let wait = response.headers.number(&HeaderName::RetryAfter).ok().flatten();
                self.on_register_failure(at, Some(code), wait);
            }
        }
    }

    fn on_registration(&mut self, at: usize, response: &Response) {
        let core = &mut self.core;
        let trunk = core.setup.trunks.get(at).and_then(|trunk| Some((trunk.id, trunk.peer?)));
        let (Some(Some(carrier)), Some((trunk, to))) = (self.carriers.get_mut(at), trunk) else { return };
        carrier.failures = 0;
        let up = carrier.expires_s > 0;
        if carrier.up.replace(up) != Some(up) {
            core.emit(if up {
                Effect::TrunkRegistered { trunk }
            } else {
                Effect::TrunkUnregistered { trunk, status: None }
            });
        }
        if up {
            // Between 80 and 90 %: soon enough for a second try, and not for all carriers at once.
            let granted_ms = u64::from(carrier.granted(core, to, response).max(10)).saturating_mul(1_000);
            let after = core.dice.between(granted_ms / 10 * 8, granted_ms / 10 * 9);
            core.deadlines.set(Key::Trunk(at, TrunkTimer::Register), core.now + after);
        }
    }

    /// The same again with credentials (§22.2) or for a longer time (§10.2.8). False if that is not possible.
    fn register_again(&mut self, at: usize, response: &Response) -> bool {
        let core = &mut self.core;
        let Some(Some(carrier)) = self.carriers.get_mut(at) else { return false };
        carrier.tries = carrier.tries.saturating_add(1);
        if carrier.tries > TRIES_MAX {
            return false;
        }
        if response.code == 423 {
            let least = response.headers.number(&HeaderName::MinExpires).ok().flatten().unwrap_or_default();
            let longer = least > carrier.expires_s && carrier.expires_s > 0;
            if longer {
                carrier.expires_s = least;
                self.send_register(at, None);
            }
            return longer;
        }
        let (challenge, answer) = if response.code == 401 {
            (HeaderName::WwwAuthenticate, HeaderName::Authorization)
        } else {
            (HeaderName::ProxyAuthenticate, HeaderName::ProxyAuthorization)
        };
        let challenges: Vec<&str> = response.headers.all(&challenge).collect();
        let stale =
            challenges.iter().filter_map(|value| digest::Challenge::parse(value)).any(|challenge| challenge.stale);
        if carrier.tries > 1 && !stale {
            return false;
        }
        let cnonce = core.dice.tag();
        let uri = Uri { user: None, ..carrier.aor.clone() };
        let credentials = core.setup.trunks.get(at).and_then(|trunk| trunk.credentials.as_ref());
        let value = credentials
            .and_then(|credentials| digest::answer(&challenges, &Method::Register, &uri, credentials, &cnonce));
        let Some(value) = value else { return false };
        self.send_register(at, Some((answer, value)));
        true
    }

    fn on_register_failure(&mut self, at: usize, status: Option<u16>, wait_s: Option<u32>) {
        let core = &mut self.core;
        let Some(Some(carrier)) = self.carriers.get_mut(at) else { return };
        if carrier.up.replace(false) != Some(false)
            && let Some(trunk) = core.setup.trunks.get(at).map(|trunk| trunk.id)
        {
            core.emit(Effect::TrunkUnregistered { trunk, status });
        }
        if carrier.expires_s == 0 {
            return;
        }
        carrier.failures = carrier.failures.saturating_add(1);
        let longest = BASE_S.saturating_mul(1 << carrier.failures.min(16)).min(WAIT_MAX_S).saturating_mul(1_000);
        let wait = core.dice.between(longest / 2, longest);
        let asked = Duration::from_secs(u64::from(wait_s.unwrap_or_default())).min(Duration::from_secs(WAIT_MAX_S));
        core.deadlines.set(Key::Trunk(at, TrunkTimer::Register), core.now + wait.max(asked));
    }
}
