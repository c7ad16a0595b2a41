//! What is said to bytes and requests that are not as they should be: a status, or nothing.

use crate::api::{Counter, Effect, Source, Transport};
use crate::auth;
use crate::endpoint::Endpoint;
use crate::message::{HeaderName, Method, ParseError, ParseErrorKind, Refusal, Response};
use crate::request::Arrival;
use crate::shared::reply_destination;

impl Endpoint {
    /// Bytes that are no message. Who is known is told; who is not gets no sign of life, and a stranger's
    /// connection is closed.
    pub(crate) fn on_unparsable(&mut self, source: Source, error: &ParseError) {
        if error.kind == ParseErrorKind::Empty {
            return;
        }
        self.core.count(Counter::Unparsable);
        if !auth::is_known(&self.core, source) {
            if let Some(flow) = source.flow.filter(|_| source.transport != Transport::Udp) {
                self.core.emit(Effect::Close(flow));
            }
            return;
        }
        let echoed = error.reply.as_deref().and_then(|reply| reply.vias.first());
        let tag = self.core.stateless_tag(echoed.map_or("", String::as_str));
        let Some(mut response) = error.response(&tag) else { return };
        let mut via = response.headers.via_top().ok();
        if let Some(via) = &mut via {
            via.set_source(source.remote);
            response.headers.set_via_top(via);
        }
        self.core.reply(reply_destination(via.as_ref(), source), response);
    }

    /// A request that validation refuses. INVITEs of those we know get a transaction that repeats the refusal until
    /// the ACK; strangers must not make us keep anything.
    pub(crate) fn on_invalid(&mut self, arrival: &Arrival, refusal: &Refusal) {
        self.core.count(Counter::Invalid);
        let response = Response::refusal(&arrival.request, refusal);
        match arrival.request.method {
            Method::Invite if arrival.has_key() && auth::is_known(&self.core, arrival.source) => {
                self.finish_with(arrival, response)
            }
            _ => self.core.reply(arrival.reply_to, response),
        }
    }

    /// Says a status without keeping a transaction.
    pub(crate) fn reply_status(&mut self, arrival: &Arrival, code: u16) {
        let mut response = Response::to(&arrival.request, code, "");
        if code == 503 {
            response.headers.push(HeaderName::RetryAfter, crate::shared::RETRY_AFTER_S.to_string());
        }
        self.core.reply(arrival.reply_to, response);
    }
}
