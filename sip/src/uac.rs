//! An outgoing INVITE from the command to its answer (RFC 3261 §13.2): one attempt for each binding of the callee,
//! all at once. The first answer wins, the others are cancelled.

mod early;
mod forked;
mod group;
mod outcome;
mod redirect;

pub(crate) use early::{Early, Prack};
pub(crate) use forked::Forked;
use redirect::Redirect;

use crate::api::{Destination, Effect, OutgoingInvite, Target, Transport};
use crate::caller;
use crate::dialog::{Dialog, Hop, resolve};
use crate::endpoint::Endpoint;
use crate::leg::Leg;
use crate::locate::Host;
use crate::message::{ALLOW, HeaderName, Method, Request, SUPPORTED, Uri};
use crate::offer::SDP;
use crate::session_timer::Wish;
use crate::shared::{Core, LEGS_MAX};
use crate::transaction::TxId;
use crate::transaction::client::User;
use domain::{Cause, LegId, TrunkId};
use std::collections::VecDeque;

/// An outgoing INVITE without an answer.
pub(crate) struct Calling {
    invite: Box<OutgoingInvite>,
    attempts: Vec<TxId>,
    /// Call-ID and our tag of each attempt.
    dialogs: Vec<(String, String)>,
    /// The callees that ring.
    early: Vec<Early>,
    /// The call's next offer.
    queued: Option<String>,
    worst: Option<(Cause, Option<u16>)>,
    /// The trunk by which it began.
    trunk: Option<TrunkId>,
}

impl Calling {
    /// Call-ID and our tag of each attempt.
    pub(crate) fn dialogs(&self) -> &[(String, String)] {
        &self.dialogs
    }

    /// The trunk by which it began.
    pub(crate) fn trunk(&self) -> Option<TrunkId> {
        self.trunk
    }
}

/// One INVITE transaction of an outgoing call, with what its dialogs begin with.
pub(crate) struct Attempt {
    leg: LegId,
    dialog: Dialog,
    browser: bool,
    trunk: Option<TrunkId>,
    /// The credentials of the INVITE, which the ACK repeats (§13.2.2.4).
    authorization: Option<(HeaderName, String)>,
    /// A provisional response came: CANCEL may be sent.
    provisional: bool,
    /// The call does not want it any more.
    cancelled: Option<Cause>,
    /// Early media of a response without a tag, for an answer that repeats no description.
    early_sdp: Option<String>,
    /// The session timer that it asks for.
    wish: Wish,
    /// How often it was sent again with other fields.
    tries: u8,
    /// Where else it may be sent.
    redirect: Redirect,
    /// Other addresses of the same host, the next one first.
    others: VecDeque<Destination>,
    /// The trunks by which it may be sent if this one cannot, the next one first.
    spares: VecDeque<TrunkId>,
    /// By their tags, the CSeq numbers of our last requests in early dialogs of a call that is over.
    numbers: Vec<(String, u32)>,
}

/// One way to the callee.
struct Way {
    uri: Uri,
    to: Destination,
    hop: Hop,
    browser: bool,
    trunk: Option<TrunkId>,
    /// Other addresses of the same host.
    others: VecDeque<Destination>,
    /// Trunks that may take the place of that one.
    spares: VecDeque<TrunkId>,
}

/// Why there is no way to the callee.
pub(crate) enum NoWay {
    /// There will be none.
    Failed(Cause),
    /// The host is being looked for.
    Wait,
}

impl Endpoint {
    /// Calls somebody.
    pub(crate) fn invite(&mut self, invite: Box<OutgoingInvite>) {
        let id = invite.leg;
        if self.legs.has(id) || self.waiting.contains_key(&id) {
            return;
        }
        if self.legs() >= LEGS_MAX {
            self.core.emit(Effect::Failed { leg: id, cause: Cause::Overload, status: None });
            return;
        }
        let ways = match self.ways(&invite.to) {
            Ok(ways) => ways,
            Err(NoWay::Wait) => {
                self.waiting.insert(id, invite);
                return;
            }
            Err(NoWay::Failed(cause)) => {
                self.core.emit(Effect::Failed { leg: id, cause, status: None });
                return;
            }
        };
        let first = ways.first().map(|way| (way.trunk, !way.spares.is_empty() || !way.others.is_empty()));
        let (trunk, has_spares) = first.unwrap_or_default();
        let attempts = ways.into_iter().filter_map(|way| attempt(&mut self.core, &invite, way));
        let (attempts, dialogs): (Vec<TxId>, Vec<(String, String)>) = attempts.unzip();
        if attempts.is_empty() {
            self.core.emit(Effect::Failed { leg: id, cause: Cause::Unreachable, status: None });
            return;
        }
        let calling = Calling { invite, attempts, dialogs, early: Vec::new(), queued: None, worst: None, trunk };
        self.legs.insert(id, Leg::Calling(Box::new(calling)));
        self.await_word(id, has_spares);
    }

    fn ways(&mut self, target: &Target) -> Result<Vec<Way>, NoWay> {
        match target {
            Target::Registered(user) => {
                let bindings = self.core.registrar.bindings(user).iter().rev().filter(|binding| binding.reachable);
                Ok(bindings
                    .map(|binding| Way {
                        uri: binding.contact.clone(),
                        to: binding.to,
                        hop: Hop::Home { to: binding.to, user: Some(user.clone()) },
                        browser: binding.transport.is_browser(),
                        trunk: None,
                        others: VecDeque::new(),
                        spares: VecDeque::new(),
                    })
                    .collect())
            }
            Target::Uri(text) => {
                let uri = Uri::parse(text).ok().filter(Uri::is_sip).ok_or(NoWay::Failed(Cause::NotFound))?;
                let (to, others) = match uri.addr() {
                    Some(address) => (resolve(&uri, Destination::Udp(address)), VecDeque::new()),
                    None => self.located(&Host::of(&uri).ok_or(NoWay::Failed(Cause::Unreachable))?)?,
                };
                let (hop, spares) = (Hop::Routed(to), VecDeque::new());
                Ok(vec![Way { uri, to, hop, browser: false, trunk: None, others, spares }])
            }
            Target::Trunk(id, number) => Ok(vec![self.way_by_group(*id, number)?]),
        }
    }
}

/// The URI of a number at a trunk; an empty number names the trunk itself.
pub(crate) fn trunk_uri(number: &str, to: Destination, core: &Core) -> Uri {
    let address = match to {
        Destination::Udp(address) | Destination::Tcp(address) | Destination::Tls(address) => address,
        Destination::Flow(_) => core.setup.advertised,
    };
    let mut uri = Uri::from_addr(number, address);
    match core.transport(to) {
        Some(Transport::Tcp) => uri.params.set("transport", Some("tcp")),
        Some(Transport::Tls) => uri.params.set("transport", Some("tls")),
        _ => {}
    }
    uri
}

fn attempt(core: &mut Core, invite: &OutgoingInvite, way: Way) -> Option<(TxId, (String, String))> {
    let tag = core.dice.tag();
    let callee = match &invite.to {
        Target::Registered(user) => {
            let domain = core.domain();
            crate::message::Host::parse(&domain).map_or_else(|| way.uri.clone(), |host| Uri::sip(user, host, None))
        }
        Target::Uri(_) | Target::Trunk(..) => way.uri.clone(),
    };
    let redirect = Redirect::of(core.setup.policy.redirects, &invite.to, &way.uri);
    let contact = core.contact(way.to, &way.uri.scheme);
    let dialog = Dialog {
        call_id: core.dice.call_id(),
        remote_tag: String::new(),
        local: caller::from(core, invite).with_tag(&tag).to_string(),
        local_tag: tag,
        remote: format!("<{callee}>"),
        target: way.uri,
        routes: Vec::new(),
        local_seq: 1,
        remote_seq: None,
        contact,
        hop: way.hop,
        owns_call_id: true,
        allows_update: false,
    };
    let attempt = Attempt {
        leg: invite.leg,
        dialog,
        browser: way.browser,
        trunk: way.trunk,
        authorization: None,
        provisional: false,
        cancelled: None,
        early_sdp: None,
        wish: Wish::of(core.setup.policy.session),
        tries: 0,
        redirect,
        others: way.others,
        spares: way.spares,
        numbers: Vec::new(),
    };
    let request = attempt.request(core, invite);
    let dialog = (attempt.dialog.call_id.clone(), attempt.dialog.local_tag.clone());
    let tx = core.request(request, way.to, User::Attempt(Box::new(attempt))).ok()?;
    Some((tx, dialog))
}

impl Attempt {
    /// The same INVITE again, in a new transaction (§8.1.3.5).
    fn again(&self) -> Box<Self> {
        let mut dialog = self.dialog.clone();
        dialog.local_seq = dialog.local_seq.saturating_add(1);
        Box::new(Self {
            leg: self.leg,
            dialog,
            browser: self.browser,
            trunk: self.trunk,
            authorization: None,
            provisional: false,
            cancelled: None,
            early_sdp: None,
            wish: self.wish,
            tries: self.tries.saturating_add(1),
            redirect: self.redirect.clone(),
            others: self.others.clone(),
            spares: self.spares.clone(),
            numbers: Vec::new(),
        })
    }

    /// The INVITE.
    fn request(&self, core: &Core, invite: &OutgoingInvite) -> Request {
        let mut request = self.dialog.build(Method::Invite, self.dialog.local_seq);
        let headers = &mut request.headers;
        headers.push(HeaderName::Allow, ALLOW);
        headers.push(HeaderName::Supported, SUPPORTED.join(", "));
        caller::identify(core, self.trunk, invite, headers);
        if let Some((name, value)) = &self.authorization {
            headers.push(name.clone(), value.as_str());
        }
        self.wish.ask(&mut request);
        request.set_body(SDP, invite.sdp.as_bytes());
        request
    }
}
