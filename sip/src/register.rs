//! REGISTER: who registers where for how long (RFC 3261 §10.3).

use crate::api::{Destination, Effect};
use crate::auth::Admission;
use crate::endpoint::Endpoint;
use crate::message::{HeaderName, NameAddr, Request, Response};
use crate::registrar::Binding;
use crate::request::Arrival;
use crate::shared::{Core, home_of};
use crate::timers::Key;
use core::time::Duration;
use domain::Instant;

/// Seconds of a registration that names none (§10.2), within what the setup allows.
const EXPIRES_DEFAULT_S: u32 = 3_600;

/// What a REGISTER wants done with one contact.
enum Wish {
    Bind(NameAddr, u32),
    Unbind(NameAddr),
}

/// A REGISTER that cannot be carried out.
enum Refused {
    /// 400.
    Malformed,
    /// 423.
    TooBrief,
    /// 500: the registration is older than what is known (§10.3, step 7).
    OutOfOrder,
}

impl Endpoint {
    /// A REGISTER. Everybody may send one; nobody is told whether a user exists.
    pub(crate) fn on_register(&mut self, arrival: &Arrival) {
        let user = match self.guard.check(arrival, &mut self.core) {
            Admission::User(user) => user,
            Admission::Challenge { stale } => {
                self.challenge(arrival, stale);
                return;
            }
            Admission::Trunk(_) | Admission::None => {
                self.finish_with(arrival, Response::to(&arrival.request, 403, ""));
                return;
            }
        };
        let named = arrival.request.headers.to().map(|to| to.uri.user_unescaped()).unwrap_or_default();
        if named != user {
            self.finish_with(arrival, Response::to(&arrival.request, 403, ""));
            return;
        }
        let mut response = match wishes(&arrival.request, &self.core, &user) {
            Ok(wishes) => {
                self.carry_out(arrival, &user, wishes);
                self.registered(&arrival.request, &user)
            }
            Err(Refused::Malformed) => Response::to(&arrival.request, 400, ""),
            Err(Refused::OutOfOrder) => Response::to(&arrival.request, 500, "CSeq Out of Order"),
            Err(Refused::TooBrief) => Response::to(&arrival.request, 423, ""),
        };
        if response.code == 423 {
            response.headers.push(HeaderName::MinExpires, self.core.setup.expires_s.0.to_string());
        }
        self.finish_with(arrival, response);
    }

    /// 401 with fresh challenges, without keeping a transaction: a flood of these must cost no memory.
    pub(crate) fn challenge(&mut self, arrival: &Arrival, stale: bool) {
        let mut response = Response::to(&arrival.request, 401, "");
        let salt = u64::from_le_bytes(self.core.dice.bytes());
        for challenge in self.guard.challenges(self.core.now, salt, stale) {
            response.headers.push(HeaderName::WwwAuthenticate, challenge);
        }
        self.core.reply(arrival.reply_to, response);
    }

    fn carry_out(&mut self, arrival: &Arrival, user: &str, wishes: Vec<Wish>) {
        for wish in wishes {
            match wish {
                Wish::Unbind(contact) => {
                    if let Some(id) = self.core.registrar.find(user, &contact.uri).map(|binding| binding.id) {
                        self.unbind(id);
                    }
                }
                Wish::Bind(contact, seconds) => self.bind(arrival, user, contact, seconds),
            }
        }
    }

    fn bind(&mut self, arrival: &Arrival, user: &str, contact: NameAddr, seconds: u32) {
        let core = &mut self.core;
        let expires = core.now + Duration::from_secs(u64::from(seconds));
        let headers = &arrival.request.headers;
        let kept = |name: &str| ["q", "+sip.instance", "reg-id"].iter().any(|known| known.eq_ignore_ascii_case(name));
        let transport = arrival.source.transport;
        let binding = Binding {
            id: 0,
            contact: contact.uri,
            params: contact.params.0.into_iter().filter(|(name, _)| kept(name)).collect(),
            to: home_of(arrival.source),
            transport,
            call_id: headers.call_id().unwrap_or_default().to_owned(),
            number: headers.cseq().map(|(number, _)| number).unwrap_or_default(),
            expires,
            reachable: true,
        };
        let reachable = core.registrar.is_reachable(user);
        let put = core.registrar.put(user, binding);
        for id in put.replaced {
            core.deadlines.clear(Key::Binding(id));
            core.unwatch(id);
        }
        for home in put.left.into_iter().chain([home_of(arrival.source)]) {
            core.tell_home(home);
        }
        core.watch(put.id);
        core.deadlines.set(Key::Binding(put.id), expires);
        if put.is_new {
            core.emit(Effect::Registered { user: user.to_owned(), transport });
        } else if !reachable {
            core.emit(Effect::Reachable { user: user.to_owned(), transport });
        }
    }

    /// A binding ends: it expired, was removed, or its connection is gone.
    pub(crate) fn unbind(&mut self, id: u64) {
        let core = &mut self.core;
        core.deadlines.clear(Key::Binding(id));
        core.unwatch(id);
        let Some(user) = core.registrar.owner(id).map(str::to_owned) else { return };
        let reachable = core.registrar.is_reachable(&user);
        let home = core.registrar.binding(id).map(|binding| binding.to);
        let last = core.registrar.remove(id);
        if let Some(home) = home {
            core.tell_home(home);
        }
        if let Some(user) = last {
            core.emit(Effect::Unregistered { user });
        } else if reachable && !core.registrar.is_reachable(&user) {
            core.emit(Effect::Unreachable { user });
        }
    }

    /// All bindings of a connection end with it.
    pub(crate) fn unbind_all(&mut self, home: Destination) {
        for id in self.core.registrar.at(home) {
            self.unbind(id);
        }
    }

    /// 200 with the bindings as they are now.
    fn registered(&self, request: &Request, user: &str) -> Response {
        let mut response = Response::to(request, 200, "");
        for binding in self.core.registrar.bindings(user) {
            let mut contact = NameAddr::new(binding.contact.clone());
            contact.params.0.clone_from(&binding.params);
            contact.params.set("expires", Some(&seconds_left(binding.expires, self.core.now).to_string()));
            response.headers.push(HeaderName::Contact, contact.to_string());
        }
        self.core.describe(&mut response);
        response
    }
}

fn seconds_left(expires: Instant, now: Instant) -> u64 {
    expires.since(now).as_secs()
}

/// What a REGISTER wants. All of it is checked before any of it is done (§10.3, step 7).
fn wishes(request: &Request, core: &Core, user: &str) -> Result<Vec<Wish>, Refused> {
    let headers = &request.headers;
    let expires = headers.expires().map_err(|_| Refused::Malformed)?;
    let call_id = headers.call_id().unwrap_or_default();
    let number = headers.cseq().map(|(number, _)| number).unwrap_or_default();
    let is_old = |binding: &Binding| binding.call_id == call_id && number <= binding.number;
    if headers.contact_star() {
        let bindings = core.registrar.bindings(user);
        if expires != Some(0) {
            return Err(Refused::Malformed);
        }
        if bindings.iter().any(is_old) {
            return Err(Refused::OutOfOrder);
        }
        return Ok(bindings.iter().map(|binding| Wish::Unbind(NameAddr::new(binding.contact.clone()))).collect());
    }
    let contacts = headers.contacts().map_err(|_| Refused::Malformed)?;
    contacts.into_iter().map(|contact| wish(contact, expires, core, user, &is_old)).collect()
}

fn wish(
    contact: NameAddr,
    expires: Option<u32>,
    core: &Core,
    user: &str,
    is_old: &dyn Fn(&Binding) -> bool,
) -> Result<Wish, Refused> {
    if !contact.uri.is_sip() {
        return Err(Refused::Malformed);
    }
    if core.registrar.find(user, &contact.uri).is_some_and(is_old) {
        return Err(Refused::OutOfOrder);
    }
    let (least, most) = core.setup.expires_s;
    let own = contact.params.get("expires").map(|text| text.parse().unwrap_or(EXPIRES_DEFAULT_S));
    let seconds = own.or(expires).unwrap_or(EXPIRES_DEFAULT_S.max(least));
    match seconds {
        0 => Ok(Wish::Unbind(contact)),
        brief if brief < least => Err(Refused::TooBrief),
        long => Ok(Wish::Bind(contact, long.min(most))),
    }
}
