//! Judging a request that could be parsed (RFC 3261 §8.2, RFC 4475): which status refuses it.

use super::headers::media_type;
use super::text::digits;
use super::{HeaderError, HeaderName, Method, Request, Response, Scheme};

/// The methods served: the value of Allow.
pub const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, INFO, UPDATE, PRACK, REFER";
/// The body served in INVITE, UPDATE and PRACK: the value of Accept.
pub const ACCEPT: &str = "application/sdp";
/// The option tags that we can promise to a peer that requires them: the value of Supported.
pub const SUPPORTED: &[&str] = &["timer", "100rel", "replaces", "norefersub"];

/// Why and how a request is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub status: u16,
    /// The reason phrase; it names the fault.
    pub reason: &'static str,
    /// Header fields of the answer, such as Allow or Unsupported.
    pub headers: Vec<(HeaderName, String)>,
}

impl Refusal {
    const fn new(status: u16, reason: &'static str) -> Self {
        Self { status, reason, headers: Vec::new() }
    }

    fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl From<HeaderError> for Refusal {
    fn from(error: HeaderError) -> Self {
        let (HeaderError::Missing(name) | HeaderError::Malformed(name) | HeaderError::Repeated(name)) = error;
        Self::new(
            400,
            match name {
                HeaderName::Via => "Bad Via",
                HeaderName::From => "Bad From",
                HeaderName::To => "Bad To",
                HeaderName::CallId => "Bad Call-ID",
                HeaderName::CSeq => "Bad CSeq",
                HeaderName::Contact => "Bad Contact",
                HeaderName::MaxForwards => "Bad Max-Forwards",
                HeaderName::RecordRoute => "Bad Record-Route",
                _ => "Bad Request",
            },
        )
    }
}

/// Checks what every request must have, whoever sent it. An ACK that fails must be dropped, not answered.
///
/// # Errors
/// The [`Refusal`] to answer with.
pub fn validate(request: &Request) -> Result<(), Refusal> {
    required_fields(request)?;
    method(request)?;
    scalars(request)?;
    request_uri(request)?;
    addresses(request)?;
    if !matches!(request.method, Method::Ack | Method::Cancel) {
        extensions(request)?;
        body(request)?;
    }
    Ok(())
}

/// Checks what every response must have, and that it is for us alone: one with more than one Via value went astray
/// (§8.1.3.3). A response that fails is dropped.
///
/// # Errors
/// The first fault.
pub fn validate_response(response: &Response) -> Result<(), HeaderError> {
    let headers = &response.headers;
    if headers.vias()?.len() > 1 {
        return Err(HeaderError::Repeated(HeaderName::Via));
    }
    headers.from()?;
    headers.to()?;
    headers.call_id()?;
    headers.cseq()?;
    Ok(())
}

/// §8.1.1: To, From, CSeq, Call-ID once, and Via. Max-Forwards is missing in RFC 2543 requests and may be.
fn required_fields(request: &Request) -> Result<(), Refusal> {
    let headers = &request.headers;
    headers.vias()?;
    headers.from()?;
    headers.to()?;
    headers.call_id()?;
    headers.cseq()?;
    let once = [HeaderName::MaxForwards, HeaderName::ContentType, HeaderName::Expires, HeaderName::SessionExpires];
    for name in once {
        if headers.count(&name) > 1 {
            return Err(HeaderError::Repeated(name).into());
        }
    }
    Ok(())
}

/// §8.2.1. A method that nobody knows is told before its CSeq is compared (RFC 4475 §3.1.2.18).
fn method(request: &Request) -> Result<(), Refusal> {
    let status = match &request.method {
        Method::Other(_) => Some((501, "Not Implemented")),
        // Served where a REFER of ours asked for it, which the dialog knows; no subscription begins with it.
        Method::Notify if request.headers.to().is_ok_and(|to| to.tag().is_some()) => None,
        known if !ALLOW.split(", ").any(|allowed| allowed == known.as_str()) => Some((405, "Method Not Allowed")),
        _ => None,
    };
    if let Some((status, reason)) = status {
        return Err(Refusal::new(status, reason).with(HeaderName::Allow, ALLOW));
    }
    let (_, method) = request.headers.cseq()?;
    if method == request.method { Ok(()) } else { Err(Refusal::new(400, "CSeq Method Mismatch")) }
}

/// Values above their range are clamped by the accessors; only text that is no number is refused.
fn scalars(request: &Request) -> Result<(), Refusal> {
    let headers = &request.headers;
    let max_forwards = headers.first(&HeaderName::MaxForwards);
    if max_forwards.is_some_and(|value| digits(value).is_none()) {
        return Err(HeaderError::Malformed(HeaderName::MaxForwards).into());
    }
    headers.expires()?;
    headers.session_expires()?;
    headers.min_se()?;
    Ok(())
}

fn request_uri(request: &Request) -> Result<(), Refusal> {
    if matches!(request.uri.scheme, Scheme::Other(_)) {
        return Err(Refusal::new(416, "Unsupported URI Scheme"));
    }
    // §19.1.1: no header components in a Request-URI. They must never become header fields.
    if request.uri.headers.is_empty() { Ok(()) } else { Err(Refusal::new(400, "Header Fields in Request-URI")) }
}

fn addresses(request: &Request) -> Result<(), Refusal> {
    let headers = &request.headers;
    // §10.3: the address of record is a SIP URI.
    if request.method == Method::Register && !headers.to()?.uri.is_sip() {
        return Err(HeaderError::Malformed(HeaderName::To).into());
    }
    let contacts = headers.contacts()?;
    headers.record_route()?;
    headers.route()?;
    if request.method == Method::Invite {
        // §8.1.1.8: exactly one, or the dialog could not be used.
        match contacts.as_slice() {
            [contact] if contact.uri.is_sip() => {}
            [] => return Err(HeaderError::Missing(HeaderName::Contact).into()),
            _ => return Err(HeaderError::Malformed(HeaderName::Contact).into()),
        }
    }
    Ok(())
}

/// §8.2.2.3. CANCEL and ACK carry no requirements.
fn extensions(request: &Request) -> Result<(), Refusal> {
    let mut unknown = request.headers.require();
    unknown.extend(request.headers.proxy_require());
    unknown.retain(|tag| !SUPPORTED.iter().any(|known| known.eq_ignore_ascii_case(tag)));
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Refusal::new(420, "Bad Extension").with(HeaderName::Unsupported, unknown.join(", ")))
}

/// §8.2.3, and whether our answer would be understood (§20.1).
fn body(request: &Request) -> Result<(), Refusal> {
    if !matches!(request.method, Method::Invite | Method::Update | Method::Prack) {
        return Ok(());
    }
    let headers = &request.headers;
    let coded =
        headers.list(&HeaderName::ContentEncoding).iter().any(|coding| !coding.eq_ignore_ascii_case("identity"));
    if coded {
        return Err(unsupported_body().with(HeaderName::AcceptEncoding, "identity"));
    }
    if !request.body.is_empty() && request.sdp().is_none() {
        return Err(unsupported_body().with(HeaderName::Accept, ACCEPT));
    }
    let accepts_sdp = |range: &&str| matches!(media_type(range).as_str(), "application/sdp" | "application/*" | "*/*");
    let ranges = headers.list(&HeaderName::Accept);
    if headers.has(&HeaderName::Accept) && !ranges.iter().any(accepts_sdp) {
        return Err(Refusal::new(406, "Not Acceptable").with(HeaderName::Accept, ACCEPT));
    }
    Ok(())
}

const fn unsupported_body() -> Refusal {
    Refusal::new(415, "Unsupported Media Type")
}
