//! A dialog (RFC 3261 §12): tags, sequence numbers, remote target, route set, and the way to the peer.

use crate::api::{Destination, Source};
use crate::message::{HeaderName, Method, NameAddr, Request, Response, Uri};
use crate::shared::{Core, home_of};

/// How requests of a dialog reach the peer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hop {
    /// Always there: the connection of a phone, or the address that it is seen at behind NAT. If the connection is
    /// gone, the newest way to the same contact of this registered user is taken.
    Home {
        /// Where.
        to: Destination,
        /// The registered user.
        user: Option<String>,
    },
    /// By the route set or the remote target (§12.2.1.1), and where these are no addresses, there.
    Routed(Destination),
}

/// A dialog as one of its two sides sees it.
#[derive(Clone, Debug)]
pub(crate) struct Dialog {
    /// Call-ID.
    pub(crate) call_id: String,
    /// Our tag.
    pub(crate) local_tag: String,
    /// The peer's tag; empty before it is known.
    pub(crate) remote_tag: String,
    /// Our address with our tag: From of our requests.
    pub(crate) local: String,
    /// The peer's address with its tag: To of our requests.
    pub(crate) remote: String,
    /// The remote target.
    pub(crate) target: Uri,
    /// The route set, the next hop first.
    pub(crate) routes: Vec<NameAddr>,
    /// CSeq number of our last request.
    pub(crate) local_seq: u32,
    /// CSeq number of the peer's last request.
    pub(crate) remote_seq: Option<u32>,
    /// The way to the peer.
    pub(crate) hop: Hop,
    /// Our Contact.
    pub(crate) contact: String,
    /// True if the Call-ID is ours, which decides who waits longer after 491 (§14.1).
    pub(crate) owns_call_id: bool,
    /// True if the peer allows UPDATE.
    pub(crate) allows_update: bool,
}

impl Dialog {
    /// The dialog that our answer to this INVITE makes (§12.1.1). `None` if the INVITE lacks what it needs, which
    /// validation has refused before.
    pub(crate) fn of_invite(invite: &Request, local_tag: String, hop: Hop, contact: String) -> Option<Self> {
        let headers = &invite.headers;
        let (from, to) = (headers.from().ok()?, headers.to().ok()?);
        Some(Self {
            call_id: headers.call_id().ok()?.to_owned(),
            remote_tag: from.tag().unwrap_or_default().to_owned(),
            local: format!("{};tag={local_tag}", headers.first(&HeaderName::To)?),
            remote: headers.first(&HeaderName::From)?.to_owned(),
            target: headers.contacts().ok()?.into_iter().next().map_or(from.uri, |contact| contact.uri),
            routes: headers.record_route().ok()?,
            local_seq: 0,
            remote_seq: headers.cseq().ok().map(|(number, _)| number),
            hop,
            contact,
            owns_call_id: false,
            allows_update: allows_update(headers.first(&HeaderName::Allow)),
            local_tag: if to.tag().is_some() { return None } else { local_tag },
        })
    }

    /// The dialog that a response to our INVITE makes (§12.1.2), from what the INVITE began with. `None` if the
    /// response has no readable To.
    pub(crate) fn of_response(&self, response: &Response) -> Option<Self> {
        let headers = &response.headers;
        let mut dialog = self.clone();
        headers.to().ok()?.tag().unwrap_or_default().clone_into(&mut dialog.remote_tag);
        headers.first(&HeaderName::To)?.clone_into(&mut dialog.remote);
        dialog.routes = headers.record_route().unwrap_or_default();
        dialog.routes.reverse();
        dialog.refresh(headers.contacts().unwrap_or_default().into_iter().next());
        dialog.allows_update = allows_update(headers.first(&HeaderName::Allow));
        Some(dialog)
    }

    /// The dialog that a response makes all by itself, when what the INVITE began with is gone: enough to acknowledge it and to
    /// hang up, not to be called in. `None` if the response lacks what it needs.
    pub(crate) fn of_fork(response: &Response, hop: Hop) -> Option<Self> {
        let headers = &response.headers;
        let (from, to) = (headers.from().ok()?, headers.to().ok()?);
        let mut dialog = Self {
            call_id: headers.call_id().ok()?.to_owned(),
            local_tag: from.tag().unwrap_or_default().to_owned(),
            remote_tag: to.tag().unwrap_or_default().to_owned(),
            local: headers.first(&HeaderName::From)?.to_owned(),
            remote: headers.first(&HeaderName::To)?.to_owned(),
            routes: headers.record_route().unwrap_or_default(),
            target: to.uri,
            local_seq: headers.cseq().ok()?.0,
            remote_seq: None,
            hop,
            contact: String::new(),
            owns_call_id: true,
            allows_update: false,
        };
        dialog.routes.reverse();
        dialog.refresh(headers.contacts().unwrap_or_default().into_iter().next());
        Some(dialog)
    }

    /// Target refresh (§12.2): the peer's new Contact, if it gave one.
    pub(crate) fn refresh(&mut self, contact: Option<NameAddr>) {
        if let Some(contact) = contact.filter(|contact| contact.uri.is_sip()) {
            self.target = contact.uri;
        }
    }

    /// A phone's requests show where it is now: another connection after a reconnect, another port of its NAT.
    pub(crate) fn follow(&mut self, source: Source) {
        if let Hop::Home { to, .. } = &mut self.hop {
            *to = home_of(source);
        }
    }

    /// True if the request is older than the last one (§12.2.2). Notes its number otherwise.
    pub(crate) fn is_out_of_order(&mut self, number: u32) -> bool {
        if self.remote_seq.is_some_and(|last| number < last) {
            return true;
        }
        self.remote_seq = Some(number);
        false
    }

    /// Our next request in this dialog.
    pub(crate) fn request(&mut self, method: Method) -> Request {
        self.local_seq = self.local_seq.saturating_add(1);
        self.build(method, self.local_seq)
    }

    /// A request with this CSeq number (§12.2.1.1).
    pub(crate) fn build(&self, method: Method, number: u32) -> Request {
        let (uri, routes) = self.route();
        let mut request = Request::new(method, uri);
        for route in routes {
            request.headers.push(HeaderName::Route, route);
        }
        let cseq = format!("{number} {}", request.method);
        let headers = &mut request.headers;
        headers.push(HeaderName::MaxForwards, "70");
        headers.push(HeaderName::From, self.local.as_str());
        headers.push(HeaderName::To, self.remote.as_str());
        headers.push(HeaderName::CallId, self.call_id.as_str());
        headers.push(HeaderName::CSeq, cseq);
        if matches!(request.method, Method::Invite | Method::Update | Method::Notify | Method::Refer) {
            request.headers.push(HeaderName::Contact, self.contact.as_str());
        }
        request
    }

    /// Request-URI and Route. A first hop without `lr` is a strict router: it becomes the Request-URI.
    fn route(&self) -> (Uri, Vec<String>) {
        let line = |route: &NameAddr| route.to_string();
        match self.routes.split_first() {
            Some((first, rest)) if !first.uri.params.has("lr") => {
                let mut routes: Vec<String> = rest.iter().map(line).collect();
                routes.push(format!("<{}>", self.target));
                (first.uri.clone(), routes)
            }
            _ => (self.target.clone(), self.routes.iter().map(line).collect()),
        }
    }

    /// Where our next request goes.
    pub(crate) fn destination(&self, core: &Core) -> Destination {
        match &self.hop {
            Hop::Home { to, user } => match (core.transport(*to), user) {
                (None, Some(user)) => core.registrar.way_to(user, &self.target).unwrap_or(*to),
                _ => *to,
            },
            Hop::Routed(fallback) => {
                let next = self.routes.first().map_or(&self.target, |route| &route.uri);
                match (resolve(next, *fallback), next.addr()) {
                    // The connection is gone: another one is opened.
                    (Destination::Flow(flow), Some(address)) if next.is_tls() && !core.live.contains_key(&flow) => {
                        Destination::Tls(address)
                    }
                    (to, _) => to,
                }
            }
        }
    }
}

/// The address of a SIP URI whose host is numeric; otherwise, and for WebSocket, the fallback. A URI that names no
/// transport is taken by that of the fallback. A peer that came by a TLS connection is reached by it: it may have no
/// certificate of its own by which another one could be opened.
pub(crate) fn resolve(uri: &Uri, fallback: Destination) -> Destination {
    let Some(address) = uri.addr().filter(|address| !address.ip().is_unspecified()) else { return fallback };
    if uri.is_tls() {
        return if matches!(fallback, Destination::Flow(_)) { fallback } else { Destination::Tls(address) };
    }
    match uri.transport().map(str::to_ascii_lowercase).as_deref() {
        Some("tcp") => Destination::Tcp(address),
        Some("udp") => Destination::Udp(address),
        None => match fallback {
            Destination::Udp(_) => Destination::Udp(address),
            Destination::Tcp(_) => Destination::Tcp(address),
            Destination::Tls(_) => Destination::Tls(address),
            Destination::Flow(_) => fallback,
        },
        Some(_) => fallback,
    }
}

fn allows_update(allow: Option<&str>) -> bool {
    allow.is_some_and(|allow| allow.split(',').any(|method| method.trim() == Method::Update.as_str()))
}
