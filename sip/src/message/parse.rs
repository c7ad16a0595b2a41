//! The lexer: bytes to messages (RFC 3261 §7, §18.3). It refuses only what a message cannot represent; all else is
//! judged by [`super::validate`].

use super::text::is_token;
use super::{HeaderError, HeaderName, Headers, Message, Method, Request, Response, Uri};

/// Greatest size of a message in bytes.
pub const MESSAGE_BYTES_MAX: usize = 65_535;
/// Greatest number of header fields.
pub const HEADERS_MAX: usize = 256;
/// Greatest length of a header field in bytes, unfolded.
pub const LINE_BYTES_MAX: usize = 8_192;

/// Why bytes are no message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseErrorKind {
    /// Nothing but line ends: a keep-alive (RFC 5626 §4.4.1 uses this on UDP too). Nothing to answer.
    #[error("empty datagram")]
    Empty,
    /// No blank line ends the header fields.
    #[error("the header fields do not end")]
    Truncated,
    /// More than [`MESSAGE_BYTES_MAX`] bytes.
    #[error("message too large")]
    TooLarge,
    /// More than [`HEADERS_MAX`] fields, or one longer than [`LINE_BYTES_MAX`].
    #[error("header fields too many or too long")]
    HeadersTooLarge,
    /// The start line is none.
    #[error("malformed start line")]
    StartLine,
    /// The Request-URI cannot be read.
    #[error("malformed Request-URI")]
    RequestUri,
    /// Another version than SIP/2.0.
    #[error("unsupported SIP version")]
    Version,
    /// A header line without a name.
    #[error("malformed header line")]
    HeaderLine,
    /// Content-Length is malformed, ambiguous, or greater than the body.
    #[error("bad Content-Length")]
    ContentLength,
}

/// What an answer must echo, as it was received. From, To, Call-ID and CSeq may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReplyTo {
    /// Via lines, at least one.
    pub vias: Vec<String>,
    /// From.
    pub from: Option<String>,
    /// To.
    pub to: Option<String>,
    /// Call-ID.
    pub call_id: Option<String>,
    /// CSeq.
    pub cseq: Option<String>,
}

/// Bytes that are no message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct ParseError {
    /// Why.
    pub kind: ParseErrorKind,
    /// What to echo in an answer; `None`: it cannot or must not be answered (a response, an ACK, no Via).
    pub reply: Option<Box<ReplyTo>>,
}

impl ParseError {
    /// The status of an answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self.kind {
            ParseErrorKind::Version => 505,
            ParseErrorKind::TooLarge => 513,
            _ => 400,
        }
    }

    /// The answer, if there can be one. `to_tag` is added to To if it has none.
    #[must_use]
    pub fn response(&self, to_tag: &str) -> Option<Response> {
        let echo = self.reply.as_deref()?;
        let mut response = Response::new(self.status(), "");
        for via in &echo.vias {
            response.headers.push(HeaderName::Via, via.as_str());
        }
        let fields = [
            (HeaderName::From, &echo.from),
            (HeaderName::To, &echo.to),
            (HeaderName::CallId, &echo.call_id),
            (HeaderName::CSeq, &echo.cseq),
        ];
        for (name, value) in fields {
            if let Some(value) = value {
                response.headers.push(name, value.as_str());
            }
        }
        response.add_to_tag(to_tag);
        Some(response)
    }
}

/// Parses a datagram. Without Content-Length the body runs to the end; bytes beyond Content-Length are ignored
/// (§18.3).
///
/// # Errors
/// [`ParseError`], with what is needed for an answer where one is possible.
pub fn parse_datagram(bytes: &[u8]) -> Result<Message, ParseError> {
    let bytes = skip_line_ends(bytes);
    if bytes.is_empty() {
        return Err(ParseError { kind: ParseErrorKind::Empty, reply: None });
    }
    let (head, body) = match split_head(bytes) {
        Some((head, body)) => (head, Some(body)),
        None => (bytes, None),
    };
    let lexed = Head::lex(head);
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(lexed.error(ParseErrorKind::TooLarge));
    }
    let Some(body) = body else { return Err(lexed.error(ParseErrorKind::Truncated)) };
    let body = match lexed.headers.content_length() {
        Ok(None) => body,
        Ok(Some(length)) => match body.get(..length) {
            Some(body) => body,
            None => return Err(lexed.error(ParseErrorKind::ContentLength)),
        },
        Err(_) => return Err(lexed.error(ParseErrorKind::ContentLength)),
    };
    lexed.into_message(body)
}

/// Parses a WebSocket frame, which holds exactly one message (RFC 7118 §5). The rules are those of datagrams.
///
/// # Errors
/// As [`parse_datagram`].
pub fn parse_frame(bytes: &[u8]) -> Result<Message, ParseError> {
    parse_datagram(bytes)
}

/// Line ends before the start line are to be ignored (§7.5).
pub(super) fn skip_line_ends(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|byte| *byte != b'\r' && *byte != b'\n').unwrap_or(bytes.len());
    bytes.get(start..).unwrap_or_default()
}

/// Splits at the blank line; the head keeps its last line end. `None` while there is no blank line.
pub(super) fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = bytes;
    loop {
        let end = rest.iter().position(|byte| *byte == b'\n')?.checked_add(1)?;
        let (line, tail) = rest.split_at_checked(end)?;
        if line == b"\r\n" || line == b"\n" {
            let head = bytes.get(..bytes.len().saturating_sub(rest.len()))?;
            return Some((head, tail));
        }
        rest = tail;
    }
}

/// The start line and the header fields of one message; the first fault found in them.
pub(super) struct Head<'a> {
    start: &'a [u8],
    pub(super) headers: Headers,
    fault: Option<ParseErrorKind>,
}

impl<'a> Head<'a> {
    pub(super) fn lex(head: &'a [u8]) -> Self {
        let mut lines = head.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        let start = lines.next().unwrap_or_default();
        let mut lexed = Self { start, headers: Headers::default(), fault: None };
        if start.len() > LINE_BYTES_MAX {
            lexed.fault = Some(ParseErrorKind::HeadersTooLarge);
        }
        let mut field: Vec<u8> = Vec::new();
        for line in lines {
            if matches!(line.first(), Some(b' ' | b'\t')) {
                // A folded line stands for a single blank (§7.3.1).
                field.push(b' ');
                field.extend_from_slice(line.trim_ascii());
            } else {
                lexed.end_field(&field);
                field.clear();
                field.extend_from_slice(line);
            }
        }
        lexed.end_field(&field);
        lexed
    }

    fn end_field(&mut self, field: &[u8]) {
        if field.is_empty() {
            return;
        }
        if field.len() > LINE_BYTES_MAX || self.headers.iter().count() >= HEADERS_MAX {
            self.fault.get_or_insert(ParseErrorKind::HeadersTooLarge);
            return;
        }
        match split_field(field) {
            Some((name, value)) => self.headers.push(name, value),
            None => _ = self.fault.get_or_insert(ParseErrorKind::HeaderLine),
        }
    }

    pub(super) fn into_message(self, body: &[u8]) -> Result<Message, ParseError> {
        if let Some(fault) = self.fault {
            return Err(self.error(fault));
        }
        let start = match parse_start(self.start) {
            Ok(start) => start,
            Err(kind) => return Err(self.error(kind)),
        };
        let (mut headers, body) = (self.headers, body.to_vec());
        headers.remove(&HeaderName::ContentLength);
        Ok(match start {
            Start::Request(method, uri) => Message::Request(Request { method, uri, headers, body }),
            Start::Response(code, reason) => Message::Response(Response { code, reason, headers, body }),
        })
    }

    pub(super) fn error(&self, kind: ParseErrorKind) -> ParseError {
        ParseError { kind, reply: self.reply().map(Box::new) }
    }

    pub(super) fn body_length(&self) -> Result<Option<usize>, HeaderError> {
        self.headers.content_length()
    }

    fn reply(&self) -> Option<ReplyTo> {
        let is_response = self.start.get(..4).is_some_and(|text| text.eq_ignore_ascii_case(b"SIP/"));
        if is_response || self.start.starts_with(b"ACK ") || !self.headers.has(&HeaderName::Via) {
            return None;
        }
        let first = |name: &HeaderName| self.headers.first(name).map(str::to_owned);
        Some(ReplyTo {
            vias: self.headers.all(&HeaderName::Via).map(str::to_owned).collect(),
            from: first(&HeaderName::From),
            to: first(&HeaderName::To),
            call_id: first(&HeaderName::CallId),
            cseq: first(&HeaderName::CSeq),
        })
    }
}

/// Splits a field into name and value. Bytes that are no UTF-8 are replaced in this value only; a lone CR is a blank.
fn split_field(field: &[u8]) -> Option<(HeaderName, String)> {
    let colon = field.iter().position(|byte| *byte == b':')?;
    let (name, value) = field.split_at_checked(colon)?;
    let name = core::str::from_utf8(name.trim_ascii_end()).ok().filter(|name| is_token(name))?;
    let value = String::from_utf8_lossy(value.strip_prefix(b":")?);
    let value = value.trim_matches([' ', '\t', '\r']);
    let value = if value.contains('\r') { value.replace('\r', " ") } else { value.to_owned() };
    Some((HeaderName::parse(name), value))
}

enum Start {
    Request(Method, Uri),
    Response(u16, String),
}

fn parse_start(line: &[u8]) -> Result<Start, ParseErrorKind> {
    let line = String::from_utf8_lossy(line);
    let (first, rest) = line.split_once(' ').ok_or(ParseErrorKind::StartLine)?;
    if let Some(version) = sip_version(first) {
        return parse_status(version, rest);
    }
    // Only single blanks separate the three parts (§7.1): others end up in the URI or the version and fail there.
    let (uri, version) = rest.rsplit_once(' ').ok_or(ParseErrorKind::StartLine)?;
    if !is_token(first) {
        return Err(ParseErrorKind::StartLine);
    }
    match sip_version(version) {
        None => Err(ParseErrorKind::StartLine),
        Some("2.0") => {
            let uri = Uri::parse(uri).map_err(|_| ParseErrorKind::RequestUri)?;
            Ok(Start::Request(Method::parse(first), uri))
        }
        Some(_) => Err(ParseErrorKind::Version),
    }
}

fn sip_version(text: &str) -> Option<&str> {
    let (protocol, version) = text.split_once('/')?;
    let is_version = |text: &str| text.chars().all(|c| c.is_ascii_digit() || c == '.') && !text.is_empty();
    (protocol.eq_ignore_ascii_case("SIP") && is_version(version)).then_some(version)
}

fn parse_status(version: &str, rest: &str) -> Result<Start, ParseErrorKind> {
    if version != "2.0" {
        return Err(ParseErrorKind::Version);
    }
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let is_code = code.len() == 3 && matches!(code.as_bytes().first(), Some(b'1'..=b'6'));
    let code = super::text::digits(code).filter(|_| is_code).and_then(|code| u16::try_from(code).ok());
    Ok(Start::Response(code.ok_or(ParseErrorKind::StartLine)?, reason.replace('\r', " ")))
}
