//! The way of a request through the endpoint: its transaction, its dialog, its sender, its method
//! (RFC 3261 §8.2, §12.2.2).

use crate::api::{Counter, Peer, Source};
use crate::auth::{self, Admission};
use crate::endpoint::Endpoint;
use crate::leg::Leg;
use crate::message::{ACCEPT, HeaderName, Method, Request, Response, Scheme, validate};
use crate::shared::reply_destination;
use crate::transaction::server;
use domain::LegId;

/// A request with what its Via and its source say.
pub(crate) struct Arrival {
    /// The request; its topmost Via notes where it came from.
    pub(crate) request: Request,
    /// Where it came from.
    pub(crate) source: Source,
    /// The key of its transaction; empty if its Via cannot be read.
    pub(crate) key: String,
    /// Where answers go.
    pub(crate) reply_to: crate::api::Destination,
}

impl Arrival {
    /// Stamps the Via and finds the key.
    pub(crate) fn new(mut request: Request, source: Source) -> Self {
        let via = request.headers.via_top().ok();
        // The key is made from the Via as it was sent: the RFC 2543 form compares all of it.
        let key = via.as_ref().map(|via| server::key(&request, via, &request.method)).unwrap_or_default();
        let reply_to = reply_destination(via.as_ref(), source);
        if let Some(mut via) = via {
            via.set_source(source.remote);
            request.headers.set_via_top(&via);
        }
        Self { request, source, key, reply_to }
    }

    /// True if its Via could be read, so that it can have a transaction.
    pub(crate) fn has_key(&self) -> bool {
        !self.key.is_empty()
    }
}

impl Endpoint {
    /// A request has arrived.
    pub(crate) fn on_request(&mut self, request: Request, source: Source) {
        let arrival = Arrival::new(request, source);
        if arrival.request.method == Method::Ack {
            self.on_ack(&arrival);
            return;
        }
        if let Some(tx) = self.core.servers.find(&arrival.key).filter(|_| arrival.has_key()) {
            self.core.on_retransmission(tx);
            return;
        }
        let dialog = self.find_dialog(&arrival.request);
        let invite = self.cancelled_invite(&arrival);
        if dialog.is_none() && invite.is_none() && !self.is_heard(&arrival) {
            self.core.count(Counter::UnknownSource);
            return;
        }
        if let Err(refusal) = validate(&arrival.request) {
            self.on_invalid(&arrival, &refusal);
            return;
        }
        if !self.core.servers.has_room() {
            self.reply_status(&arrival, 503);
            return;
        }
        match (dialog, invite) {
            (_, Some(invite)) => self.on_cancel(&arrival, invite),
            _ if arrival.request.method == Method::Cancel => self.reply_status(&arrival, 481),
            (Some(id), _) => self.on_dialog_request(id, &arrival),
            (None, None) => self.on_new_request(arrival),
        }
    }

    /// ACK: of a refusal, it ends the transaction; of a 2xx, it belongs to the dialog (§17.2.1, §13.3.1.4).
    fn on_ack(&mut self, arrival: &Arrival) {
        let tx = self.core.servers.find(&arrival.key).filter(|_| arrival.has_key());
        let for_dialog = tx.is_none_or(|tx| self.core.on_server_ack(tx));
        if for_dialog {
            self.on_dialog_ack(&arrival.request);
        }
    }

    fn cancelled_invite(&self, arrival: &Arrival) -> Option<crate::transaction::TxId> {
        if arrival.request.method != Method::Cancel {
            return None;
        }
        let invite = arrival.key.strip_suffix(Method::Cancel.as_str())?;
        self.core.servers.find(&format!("{invite}{}", Method::Invite))
    }

    /// The leg whose dialog this request names (§12.2.2).
    pub(crate) fn find_dialog(&mut self, request: &Request) -> Option<LegId> {
        let headers = &request.headers;
        let (from, to) = (headers.from().ok()?, headers.to().ok()?);
        self.find_leg(headers.call_id().ok()?, to.tag()?, from.tag().unwrap_or_default())
    }

    /// The leg with this dialog.
    pub(crate) fn find_leg(&mut self, call_id: &str, ours: &str, theirs: &str) -> Option<LegId> {
        let id = self.legs.find(call_id, ours)?;
        let found = match self.legs.leg_mut(id)? {
            Leg::Ringing(ringing) => ringing.session.dialog.remote_tag == theirs,
            Leg::Up(session) => session.dialog.remote_tag == theirs,
            Leg::Calling(calling) => calling.early_mut(ours, theirs).is_some(),
        };
        found.then_some(id)
    }

    /// True if the sender of a request outside dialogs gets an answer at all.
    fn is_heard(&self, arrival: &Arrival) -> bool {
        let source = arrival.source;
        auth::is_known(&self.core, source)
            || match arrival.request.method {
                Method::Register => true,
                Method::Options => source.remote.ip().to_canonical().is_loopback(),
                Method::Invite => source.transport.is_browser() || auth::has_roaming_trunk(&self.core.setup),
                _ => false,
            }
    }

    fn on_dialog_request(&mut self, id: LegId, arrival: &Arrival) {
        match self.legs.leg_mut(id) {
            Some(Leg::Ringing(_)) => self.on_ringing_request(id, arrival),
            Some(Leg::Calling(_)) => self.on_calling_request(id, arrival),
            Some(Leg::Up(_)) if arrival.request.method == Method::Refer => self.on_refer(id, arrival),
            _ => self.with_session(id, |session, core| session.on_request(id, core, arrival)),
        }
    }

    /// A request outside every dialog.
    fn on_new_request(&mut self, arrival: Arrival) {
        let headers = &arrival.request.headers;
        if headers.to().is_ok_and(|to| to.tag().is_some()) {
            self.reply_status(&arrival, 481);
            return;
        }
        if server::merge_key(&arrival.request).is_some_and(|merge| self.core.servers.is_merged(&merge)) {
            self.finish_with(&arrival, Response::to(&arrival.request, 482, ""));
            return;
        }
        // §16.3: a call that comes in makes another go out, so that a spiral through us must end here as in a proxy.
        let spent = arrival.request.headers.max_forwards().is_ok_and(|left| left == Some(0));
        if spent && arrival.request.method == Method::Invite {
            self.reply_status(&arrival, 483);
            return;
        }
        if !self.is_served(&arrival.request) {
            self.reply_status(&arrival, 404);
            return;
        }
        match arrival.request.method {
            Method::Invite => self.admit(arrival),
            Method::Register => self.on_register(&arrival),
            Method::Options => {
                let mut response = Response::to(&arrival.request, 200, "");
                self.core.describe(&mut response);
                response.headers.push(HeaderName::Accept, ACCEPT);
                self.core.reply(arrival.reply_to, response);
            }
            // Whom we do not talk with has nobody to transfer.
            Method::Refer => self.reply_status(&arrival, 403),
            // BYE, INFO, UPDATE: all of them live in dialogs only.
            _ => self.reply_status(&arrival, 481),
        }
    }

    /// True if the Request-URI names a domain of ours, our address, or a bare number.
    fn is_served(&self, request: &Request) -> bool {
        let setup = &self.core.setup;
        if setup.domains.is_empty() || request.uri.scheme == Scheme::Tel {
            return true;
        }
        let host = request.uri.host.to_string();
        let addresses = [Some(setup.advertised), setup.tls_advertised];
        addresses.into_iter().flatten().any(|address| request.uri.host.ip() == Some(address.ip()))
            || setup.domains.iter().any(|domain| domain.eq_ignore_ascii_case(&host))
    }

    /// Who sent this INVITE? Addresses first, then digest.
    fn admit(&mut self, arrival: Arrival) {
        if let Some(peer) = auth::peer_of(&self.core, &arrival.request, arrival.source) {
            self.on_invite(arrival, peer);
            return;
        }
        match self.guard.check(&arrival, &mut self.core) {
            Admission::User(user) => self.on_invite(arrival, Peer::User(user)),
            Admission::Trunk(trunk) => self.on_invite(arrival, Peer::Trunk(trunk)),
            Admission::Challenge { stale } => self.challenge(&arrival, stale),
            Admission::None => self.finish_with(&arrival, Response::to(&arrival.request, 403, "")),
        }
    }
}
