//! Messages: the lexer from bytes, the types, validation, the writer (RFC 3261 §7, §19, §20, §25).
//!
//! Values of `rsip` are used where they can represent what is on the wire ([`Method::to_rsip`],
//! [`Via::to_rsip_transport`], [`Response::to_rsip_status`]); its parser and its writer are not, because the parser
//! refuses legal messages and the writer loses bytes.

mod address;
mod body;
mod framer;
mod headers;
mod method;
mod name;
mod parse;
pub(crate) mod skim;
mod status;
mod text;
mod uri;
mod validate;
mod write;

#[cfg(test)]
mod tests;

pub use address::{NameAddr, Via};
pub use framer::{Frame, FrameError, Framer};
pub use headers::{HeaderError, Headers};
pub use method::Method;
pub use name::HeaderName;
pub use parse::{
    HEADERS_MAX, LINE_BYTES_MAX, MESSAGE_BYTES_MAX, ParseError, ParseErrorKind, ReplyTo, parse_datagram, parse_frame,
};
pub use skim::Refused;
pub use status::reason_phrase;
pub use text::Params;
pub(crate) use text::{quote, split_bare, unquote};
pub use uri::{Host, Scheme, Uri, UriError};
pub use validate::{ACCEPT, ALLOW, Refusal, SUPPORTED, validate, validate_response};

/// A SIP message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A request.
    Request(Request),
    /// A response.
    Response(Response),
}

/// A request (RFC 3261 §7.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// What is asked.
    pub method: Method,
    /// The Request-URI.
    pub uri: Uri,
    /// The header fields.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

/// A response (RFC 3261 §7.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code, 100 to 699.
    pub code: u16,
    /// The reason phrase.
    pub reason: String,
    /// The header fields.
    pub headers: Headers,
    /// The body.
    pub body: Vec<u8>,
}

impl Message {
    /// The header fields.
    #[must_use]
    pub const fn headers(&self) -> &Headers {
        match self {
            Self::Request(request) => &request.headers,
            Self::Response(response) => &response.headers,
        }
    }

    /// The header fields, to be changed.
    pub const fn headers_mut(&mut self) -> &mut Headers {
        match self {
            Self::Request(request) => &mut request.headers,
            Self::Response(response) => &mut response.headers,
        }
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        match self {
            Self::Request(request) => &request.body,
            Self::Response(response) => &response.body,
        }
    }
}

impl Request {
    /// A request without header fields.
    #[must_use]
    pub fn new(method: Method, uri: Uri) -> Self {
        Self { method, uri, headers: Headers::default(), body: Vec::new() }
    }
}

impl Response {
    /// A response without header fields; an empty reason stands for the standard phrase.
    #[must_use]
    pub fn new(code: u16, reason: &str) -> Self {
        let reason = if reason.is_empty() { reason_phrase(code) } else { reason };
        Self { code, reason: reason.to_owned(), headers: Headers::default(), body: Vec::new() }
    }

    /// The answer to a request, with its Via, From, To, Call-ID and CSeq (§8.2.6.2). A To tag is not added. Of
    /// fields that stand there wrongly more than once, the first is taken.
    #[must_use]
    pub fn to(request: &Request, code: u16, reason: &str) -> Self {
        let mut response = Self::new(code, reason);
        response.headers.copy(&request.headers, &HeaderName::Via);
        for name in [HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq] {
            if let Some(value) = request.headers.first(&name) {
                response.headers.push(name, value);
            }
        }
        response
    }

    /// The answer that refuses a request.
    #[must_use]
    pub fn refusal(request: &Request, refusal: &Refusal) -> Self {
        let mut response = Self::to(request, refusal.status, refusal.reason);
        for (name, value) in &refusal.headers {
            response.headers.push(name.clone(), value.as_str());
        }
        response
    }

    /// Adds this tag to To, unless it has one already or cannot be read.
    pub fn add_to_tag(&mut self, tag: &str) {
        let Ok(to) = self.headers.to() else { return };
        if to.tag().is_none() {
            let value = self.headers.first(&HeaderName::To).unwrap_or_default();
            let tagged = format!("{value};tag={tag}");
            self.headers.set(HeaderName::To, tagged);
        }
    }

    /// The status as an `rsip` type.
    #[must_use]
    pub fn to_rsip_status(&self) -> rsip::StatusCode {
        rsip::StatusCode::from(self.code)
    }
}

impl From<Request> for Message {
    fn from(request: Request) -> Self {
        Self::Request(request)
    }
}

impl From<Response> for Message {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}
