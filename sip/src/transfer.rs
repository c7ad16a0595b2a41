//! REFER that we send in a session (RFC 3515), and what its receiver notifies us of.

use crate::api::{Effect, Replaced};
use crate::endpoint::Endpoint;
use crate::message::{HeaderName, Method, Request};
use crate::session::Session;
use crate::shared::Core;
use crate::transaction::TxId;
use crate::transaction::client::{Outcome, User};
use core::fmt::Write as _;
use domain::LegId;

/// A header field's value as a URI carries it (RFC 3261 §19.1.1, `hvalue`).
fn escaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len() * 2);
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&byte) {
            text.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The status of a piece of a response (RFC 3420).
fn status_of(request: &Request) -> Option<u16> {
    let text = core::str::from_utf8(&request.body).ok()?;
    let status = text.strip_prefix("SIP/2.0 ")?.split_ascii_whitespace().next()?;
    status.parse().ok().filter(|status| (100..=699).contains(status))
}

impl Session {
    fn send_refer(&mut self, id: LegId, core: &mut Core, refer_to: &str) {
        if self.closing.is_some() {
            return;
        }
        let mut request = self.dialog.request(Method::Refer);
        request.headers.push(HeaderName::ReferTo, refer_to);
        let to = self.dialog.destination(core);
        self.refers_peer = core.request(request, to, User::Refer(id)).is_ok();
        if !self.refers_peer {
            core.emit(Effect::ReferStatus { leg: id, status: 503 });
        }
    }

    /// What came of our REFER itself. What it causes is notified.
    pub(crate) fn on_refer_outcome(&mut self, id: LegId, core: &mut Core, outcome: &Outcome) {
        let refused = match outcome {
            Outcome::Response(response) if response.code < 300 => return,
            Outcome::Response(response) => response.code,
            Outcome::Timeout => 408,
            Outcome::Unreachable => 503,
        };
        if core::mem::take(&mut self.refers_peer) {
            core.emit(Effect::ReferStatus { leg: id, status: refused });
        }
    }

    /// How far the peer is with what our REFER asked for.
    pub(crate) fn on_notify(&mut self, id: LegId, core: &mut Core, tx: TxId, request: &Request) {
        self.respond(core, tx, request, 200);
        let state = request.headers.first(&HeaderName::SubscriptionState).unwrap_or_default();
        let status = status_of(request);
        if status.is_some_and(|status| status >= 200) || state.trim_start().starts_with("terminated") {
            self.refers_peer = false;
        }
        if let Some(status) = status {
            core.emit(Effect::ReferStatus { leg: id, status });
        }
    }
}

impl Endpoint {
    /// The dialog of an answered leg, as Replaces names it to who has its other end (RFC 3891 §3).
    #[must_use]
    pub fn dialog_of(&self, leg: LegId) -> Option<Replaced> {
        let dialog = self.legs.dialog(leg)?;
        Some(Replaced {
            leg: Some(leg),
            call_id: dialog.call_id.clone(),
            to_tag: dialog.remote_tag.clone(),
            from_tag: dialog.local_tag.clone(),
            early_only: false,
        })
    }

    /// REFER in an answered leg.
    pub(crate) fn send_refer(&mut self, id: LegId, to: &str, replaces: Option<LegId>) {
        let replaced = replaces.and_then(|leg| self.dialog_of(leg));
        if replaces.is_some() && replaced.is_none() {
            self.core.emit(Effect::ReferStatus { leg: id, status: 481 });
            return;
        }
        let replaces = replaced.map(|replaced| format!("?Replaces={}", escaped(&replaced.to_string())));
        let refer_to = format!("<{to}{}>", replaces.unwrap_or_default());
        self.with_session(id, |session, core| session.send_refer(id, core, &refer_to));
    }
}
