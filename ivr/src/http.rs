//! The node that asks another system over HTTP.

use crate::api::{Effect, NoteKind, Say};
use crate::engine::Step;
use crate::graph::Edge;
use crate::node::Node;
use crate::run::{Run, State};
use crate::scope::Value;
use core::fmt::Write as _;
use core::time::Duration;
use domain::{HttpAnswer, HttpField, HttpMethod, HttpOrigin, HttpRequest, HttpValue, NodeId, Redacted};
use std::sync::Arc;

/// Whoever asks keeps to the node's time. An answer that is this much later is lost.
const LOST_AFTER: Duration = Duration::from_millis(500);
/// Longest path and query, in bytes.
const TARGET_MAX: usize = 8_000;

/// Asks another system over HTTP.
#[derive(Debug)]
pub struct Http {
    /// Said before.
    pub say: Vec<Say>,
    /// How.
    pub method: HttpMethod,
    /// Whom.
    pub origin: HttpOrigin,
    /// Path and query in pieces, a slash first.
    pub target: Vec<Piece>,
    /// Header fields.
    pub headers: Vec<(String, HttpField)>,
    /// The body.
    pub body: Option<Body>,
    /// How long it may take with all its tries.
    pub timeout: Duration,
    /// How often it is tried again.
    pub retries: u8,
    /// The longest body of an answer, in bytes.
    pub max_bytes: usize,
    /// Variables that take something of the answer, each by a JSON pointer (RFC 6901). Whatever else comes back, they
    /// are empty.
    pub take: Vec<(String, String)>,
    /// What follows an answer of 2xx.
    pub next: NodeId,
    /// What follows everything that has no way of its own.
    pub failed: NodeId,
    /// What follows 404.
    pub not_found: Option<NodeId>,
    /// What follows when it takes too long.
    pub late: Option<NodeId>,
}

/// A piece of a path or a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A text, encoded already.
    Text(String),
    /// What a variable, or a node of this name, holds. In the path it must not be empty.
    InPath(String),
    /// The same in the query.
    InQuery(String),
}

/// A JSON value with variables in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// True or false.
    Flag(bool),
    /// What a variable, or a node of this name, holds.
    Variable(String),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Table(Vec<(String, Self)>),
}

impl Http {
    pub(crate) fn edges(&self) -> Vec<Edge> {
        let others = [("not_found", self.not_found), ("timeout", self.late)];
        let others = others.into_iter().filter_map(|(field, to)| Some(Edge::silent(field, to?)));
        [Edge::silent("next", self.next), Edge::silent("failed", self.failed)].into_iter().chain(others).collect()
    }
}

impl Run {
    /// The caller has heard what is said before: asks.
    pub(crate) fn request(&mut self, http: &Http, step: &mut Step<'_>) -> Option<NodeId> {
        self.take_of(http, &[]);
        let Some(target) = self.target_of(http) else {
            self.note(NoteKind::NoAddress);
            return Some(http.failed);
        };
        let number = self.next_request();
        self.state = State::Requesting { number, until: step.now + http.timeout + LOST_AFTER };
        step.effects.push(Effect::Request(Box::new(HttpRequest {
            number,
            method: http.method,
            origin: http.origin.clone(),
            target: Redacted(target),
            headers: http.headers.clone(),
            body: http.body.as_ref().map(|body| self.body_of(body)),
            timeout: http.timeout,
            retries: http.retries,
            max_bytes: http.max_bytes,
            take: http.take.iter().map(|(_, pointer)| pointer.clone()).collect(),
        })));
        None
    }

    /// An answer to another request than the one under way comes too late.
    pub(crate) fn on_response(&mut self, number: u64, answer: &HttpAnswer) -> Option<NodeId> {
        let State::Requesting { number: asked, .. } = self.state else { return None };
        let flow = Arc::clone(&self.flow);
        let Some(Node::Http(http)) = flow.node(self.at).filter(|_| asked == number) else { return None };
        Some(match answer {
            HttpAnswer::Taken(values) => {
                self.take_of(http, values);
                http.next
            }
            HttpAnswer::NotFound => http.not_found.unwrap_or(http.failed),
            HttpAnswer::TimedOut => http.late.unwrap_or(http.failed),
            HttpAnswer::Failed(_) => http.failed,
        })
    }

    pub(crate) fn on_response_lost(&mut self) -> Option<NodeId> {
        let State::Requesting { number, .. } = self.state else { return None };
        self.note(NoteKind::ResponseLost);
        self.on_response(number, &HttpAnswer::TimedOut)
    }

    /// The variables of a node take these values; those for which there is none are empty.
    fn take_of(&mut self, http: &Http, values: &[Redacted]) {
        for (n, (name, _)) in http.take.iter().enumerate() {
            let value = values.get(n).map(|value| value.0.clone()).unwrap_or_default();
            self.assign(name, Value::Text(value));
        }
    }

    /// Path and query. `None` where a value is missing in the path, or would make it another path than the one written.
    fn target_of(&self, http: &Http) -> Option<String> {
        let mut target = String::new();
        for piece in &http.target {
            match piece {
                Piece::Text(text) => target.push_str(text),
                Piece::InPath(name) => encode(&Some(self.text_of(name)).filter(|text| !text.is_empty())?, &mut target),
                Piece::InQuery(name) => encode(&self.text_of(name), &mut target),
            }
        }
        let path = target.split('?').next().unwrap_or_default();
        let climbs = path.split('/').any(|segment| matches!(segment, "." | ".."));
        (!climbs && target.len() <= TARGET_MAX).then_some(target)
    }

    fn body_of(&self, body: &Body) -> HttpValue {
        match body {
            Body::Text(text) => HttpValue::Text(text.clone()),
            Body::Int(number) => HttpValue::Int(*number),
            Body::Flag(flag) => HttpValue::Flag(*flag),
            Body::Variable(name) => self.sent_in_body(name),
            Body::List(items) => HttpValue::List(items.iter().map(|item| self.body_of(item)).collect()),
            Body::Table(members) => {
                HttpValue::Table(members.iter().map(|(name, of)| (name.clone(), self.body_of(of))).collect())
            }
        }
    }

    /// What a body tells of a variable, or of a node that took digits. Nothing else puts variables into bodies, and
    /// masked digits go nowhere else.
    fn sent_in_body(&self, name: &str) -> HttpValue {
        if let Some(masked) = self.secret_of(name) {
            return HttpValue::Text(masked.expose().to_owned());
        }
        match self.variable(name) {
            Some(Value::Int(number)) => HttpValue::Int(*number),
            Some(Value::Bool(flag)) => HttpValue::Flag(*flag),
            Some(Value::Text(_)) | None => HttpValue::Text(self.text_of(name)),
        }
    }
}

/// Percent-encodes all but the unreserved characters (RFC 3986, 2.3).
fn encode(text: &str, into: &mut String) {
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            into.push(char::from(byte));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(into, "%{byte:02X}");
        }
    }
}
