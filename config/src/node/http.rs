//! The node that asks another system over HTTP.

use super::{NodeReader, quotes};
use crate::reader::Table;
use crate::report::{Place, Placed};
use crate::tree::{Item, Value};
use crate::url::{self, Flaw};
use domain::{HttpField, HttpMethod, HttpOrigin, NodeId, SecretId};
use ivr::{Body, Http, Node, Piece};

const METHODS: &[(&str, HttpMethod)] = &[("GET", HttpMethod::Get), ("POST", HttpMethod::Post)];

/// Header fields that are the sender's own.
const OWN_FIELDS: &[&str] = &[
    "host",
    "connection",
    "content-length",
    "content-type",
    "transfer-encoding",
    "accept-encoding",
    "user-agent",
    "expect",
    "upgrade",
    "te",
    "trailer",
    "keep-alive",
    "proxy-connection",
];

/// A header field with one of these words in its name holds a secret.
const SECRET_WORDS: &[&str] = &["authorization", "cookie", "token", "secret", "password", "api-key", "apikey"];

/// Where a node goes on: `next`, `failed`, `not_found` and `timeout`.
type Ways = (NodeId, NodeId, Option<NodeId>, Option<NodeId>);

impl NodeReader<'_> {
    pub(super) fn http(&self) -> Option<Node> {
        let say = self.say("prompts");
        let url = self.url();
        let method =
            if self.table.has("method") { self.table.choice("method", METHODS) } else { Some(HttpMethod::Get) };
        let (headers, body) = (self.headers(), self.body(method));
        if !self.table.has("timeout_ms") {
            let why = format!("`{}` does not say how long the answer may take", self.table.path(""));
            self.table.refuse("no_timeout", self.table.place, "timeout_ms", why);
        }
        let timeout = self.table.millis("timeout_ms", 3_000, 100..=30_000);
        let retries = self.table.int("retries", 0..=3).and_then(|n| u8::try_from(n).ok()).unwrap_or(0);
        let most = self.table.int("max_kb", 1..=1_024).and_then(|kb| usize::try_from(kb).ok()).unwrap_or(64);
        let (take, ways) = (self.pointers(), self.ways_of_http());
        let ((origin, target), (next, failed, not_found, late)) = (url?, ways?);
        let (headers, body, take, method) = (headers?, body?, take?, method?);
        let max_bytes = most * 1_024;
        Some(Node::Http(Box::new(Http {
            say,
            method,
            origin,
            target,
            headers,
            body,
            timeout,
            retries,
            max_bytes,
            take,
            next,
            failed,
            not_found,
            late,
        })))
    }

    fn ways_of_http(&self) -> Option<Ways> {
        let next = self.need_edge("next");
        if !self.table.has("failed") {
            let why = format!("`{}` does not say what follows when nothing useful comes back", self.table.path(""));
            self.table.refuse("no_fallback", self.table.place, "failed", why);
        }
        let way = |key: &'static str| match (self.table.has(key), self.edge(key)) {
            (true, None) => None,
            (_, way) => Some(way),
        };
        let (failed, not_found, late) = (self.edge("failed"), way("not_found"), way("timeout"));
        Some((next?, failed?, not_found?, late?))
    }

    fn url(&self) -> Option<(HttpOrigin, Vec<Piece>)> {
        let text = self.table.need_text("url")?;
        let first = self.scope.report.text(text.place.file).get(text.place.at..).map_or(1, quotes);
        let place = |offset| Place { at: text.place.at + first + offset, ..text.place };
        match url::read(&text.value) {
            Ok(url) => {
                let mut there = true;
                for (name, offset) in &url.names {
                    there &= !self.refuses_masked(name, place(*offset), &self.table.path("url"))
                        && self.is_set(name, place(*offset), self.table, "url");
                }
                self.warn_of_plain(&url.origin, text.place);
                there.then_some((url.origin, url.target))
            }
            Err((Flaw::Secret(why), offset)) => {
                self.table.refuse("bare_secret", place(offset), "url", why);
                None
            }
            Err((Flaw::Wrong(why), offset)) => {
                self.table.refuse("bad_url", place(offset), "url", why);
                None
            }
        }
    }

    /// What is sent without TLS can be read and changed on its way; in a network of our own that may be.
    fn warn_of_plain(&self, origin: &HttpOrigin, place: Place) {
        let address = origin.host.parse().ok();
        if origin.tls || self.scope.places.iter().any(|known| known.covers(&origin.host, address, origin.port)) {
            return;
        }
        let why = format!("whoever is on the way to {} can read and change what is asked and answered", origin.host);
        self.scope.report.warning("plain_http", place, &self.table.path("url"), why, None);
    }

    fn headers(&self) -> Option<Vec<(String, HttpField)>> {
        let Some(fields) = self.table.table("headers") else {
            return (!self.table.has("headers")).then(Vec::new);
        };
        let fields: Vec<Option<(String, HttpField)>> =
            fields.named().map(|(name, item)| self.header(&fields, name, item)).collect();
        fields.into_iter().collect()
    }

    fn header<'t>(&self, fields: &Table<'t>, name: Placed<String>, item: &'t Item) -> Option<(String, HttpField)> {
        let (low, place) = (name.value.to_ascii_lowercase(), Place { at: item.at, ..name.place });
        let refuse = |code, place, why| {
            fields.refuse(code, place, &name.value, why);
            None
        };
        if low.is_empty() || !low.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b)) {
            return refuse("bad_id", name.place, format!("`{}` is no name of a header field", name.value));
        }
        if OWN_FIELDS.contains(&low.as_str()) {
            return refuse(
                "bad_choice",
                name.place,
                format!("`{}` is written by whoever sends the request", name.value),
            );
        }
        let field = match &item.value {
            Value::Text(text) if text.contains('$') => {
                let why = "a variable may stand in the path and the query of `url` and in `body` only".to_owned();
                return refuse("bad_choice", place, why);
            }
            Value::Text(_) if SECRET_WORDS.iter().any(|word| low.contains(word)) => {
                let why = format!("`{}` holds a secret, which has no place in a flow", name.value);
                return refuse("bare_secret", place, why);
            }
            Value::Text(text) => HttpField::Text(text.clone()),
            Value::Table(_) => self.secret_field(&fields.as_table(&name.value, fields.path(&name.value), item)?)?,
            other => {
                let why = format!("`{}` must be a text or {{ secret = \"ID\" }}, not {}", name.value, other.kind());
                return refuse("wrong_type", place, why);
            }
        };
        let (HttpField::Text(text) | HttpField::Secret { before: text, .. }) = &field;
        if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
            return refuse(
                "bad_choice",
                place,
                format!("`{}` has characters that no header field may have", name.value),
            );
        }
        Some((name.value, field))
    }

    /// `{ secret = "orders_token", before = "Bearer " }`.
    fn secret_field(&self, table: &Table<'_>) -> Option<HttpField> {
        let secret: Option<Placed<SecretId>> = table.need_id("secret");
        let before = table.text("before").map(|text| text.value).unwrap_or_default();
        table.done();
        let secret = secret?;
        let name = (secret.value.as_str(), secret.place);
        let there = table.known("secret", "unknown_secret", "secret", name, &self.scope.known.secrets());
        there.then_some(HttpField::Secret { before, secret: secret.value })
    }

    /// The outer one: something is wrong with it; the inner one: there is none.
    fn body(&self, method: Option<HttpMethod>) -> Option<Option<Body>> {
        let Some(item) = self.table.item("body") else { return Some(None) };
        let place = self.table.place_of("body");
        if method == Some(HttpMethod::Get) {
            let why = "GET has no body: write method = \"POST\", or leave it out".to_owned();
            self.table.refuse("bad_choice", place, "body", why);
            return None;
        }
        if !matches!(item.value, Value::Table(_)) {
            self.table.refuse(
                "wrong_type",
                place,
                "body",
                format!("`body` must be a table, not {}", item.value.kind()),
            );
            return None;
        }
        self.body_of(item).map(Some)
    }

    fn body_of(&self, item: &Item) -> Option<Body> {
        let place = Place { at: item.at, ..self.table.place };
        match &item.value {
            Value::Text(text) => match text.strip_prefix('$') {
                Some(name) => {
                    let known = self.scope.masked.contains(name) || self.is_set(name, place, self.table, "body");
                    known.then(|| Body::Variable(name.to_owned()))
                }
                None => Some(Body::Text(text.clone())),
            },
            Value::Int(number) => Some(Body::Int(*number)),
            Value::Flag(flag) => Some(Body::Flag(*flag)),
            Value::List(items) => {
                let items: Vec<_> = items.iter().map(|item| self.body_of(item)).collect();
                items.into_iter().collect::<Option<_>>().map(Body::List)
            }
            Value::Table(entries) => {
                let member = |(key, item): (String, &Item)| Some((key, self.body_of(item)?));
                let members: Vec<_> = entries.iter().map(|entry| member((entry.key.clone(), &entry.item))).collect();
                members.into_iter().collect::<Option<_>>().map(Body::Table)
            }
            other => {
                let why =
                    format!("a body holds texts, whole numbers, true, false, lists and tables, not {}", other.kind());
                self.table.refuse("wrong_type", place, "body", why);
                None
            }
        }
    }

    /// Variables that take something of the answer; none where nothing is said.
    fn pointers(&self) -> Option<Vec<(String, String)>> {
        if !self.table.has("take") {
            return Some(Vec::new());
        }
        self.take(|pointer| {
            if is_pointer(pointer) {
                return Ok(pointer.to_owned());
            }
            let mend = "write it with slashes, such as /order/status or /items/0/name".to_owned();
            Err((format!("`{pointer}` is no JSON pointer (RFC 6901)"), Some(mend)))
        })
    }
}

/// True for a JSON pointer: empty, or parts with a slash before each, in which `~` stands in `~0` and `~1` only.
fn is_pointer(text: &str) -> bool {
    let escaped = |rest: &str| rest.starts_with(['0', '1']);
    (text.is_empty() || text.starts_with('/')) && text.split('~').skip(1).all(escaped)
}
