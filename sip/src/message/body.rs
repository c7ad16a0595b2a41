//! Bodies: the session description, alone or as a part of `multipart/mixed` (RFC 5621).

use super::headers::media_type;
use super::text::{Params, find_bare};
use super::{HeaderName, Headers, Message, Request, Response};

impl Request {
    /// The session description.
    #[must_use]
    pub fn sdp(&self) -> Option<&str> {
        sdp(&self.headers, &self.body)
    }

    /// Sets the body and Content-Type.
    pub fn set_body(&mut self, content_type: &str, body: impl Into<Vec<u8>>) {
        self.headers.set(HeaderName::ContentType, content_type);
        self.body = body.into();
    }
}

impl Response {
    /// The session description.
    #[must_use]
    pub fn sdp(&self) -> Option<&str> {
        sdp(&self.headers, &self.body)
    }

    /// Sets the body and Content-Type.
    pub fn set_body(&mut self, content_type: &str, body: impl Into<Vec<u8>>) {
        self.headers.set(HeaderName::ContentType, content_type);
        self.body = body.into();
    }
}

impl Message {
    /// The session description.
    #[must_use]
    pub fn sdp(&self) -> Option<&str> {
        sdp(self.headers(), self.body())
    }
}

fn sdp<'a>(headers: &Headers, body: &'a [u8]) -> Option<&'a str> {
    let content_type = headers.first(&HeaderName::ContentType)?;
    match media_type(content_type).as_str() {
        _ if body.is_empty() => None,
        "application/sdp" => core::str::from_utf8(body).ok(),
        "multipart/mixed" => {
            let params = content_type.get(find_bare(content_type, ';')?..)?.strip_prefix(';')?;
            let boundary = Params::parse(params)?.unquoted("boundary").filter(|boundary| !boundary.is_empty())?;
            sdp_part(body, &format!("--{boundary}"))
        }
        _ => None,
    }
}

/// The first part whose type is `application/sdp`.
fn sdp_part<'a>(body: &'a [u8], delimiter: &str) -> Option<&'a str> {
    let mut rest = after(body, delimiter.as_bytes())?;
    loop {
        let next = find(rest, delimiter.as_bytes())?;
        let part = rest.get(..next)?;
        if let Some(sdp) = part_of_sdp(part) {
            return Some(sdp);
        }
        rest = after(rest.get(next..)?, delimiter.as_bytes())?;
    }
}

fn part_of_sdp(part: &[u8]) -> Option<&str> {
    let part = part.strip_prefix(b"\r\n")?;
    let blank = find(part, b"\r\n\r\n")?;
    let head = core::str::from_utf8(part.get(..blank)?).ok()?;
    let is_sdp = head.split("\r\n").filter_map(|line| line.split_once(':')).any(|(name, value)| {
        HeaderName::parse(name.trim()) == HeaderName::ContentType && media_type(value) == "application/sdp"
    });
    // The line end before the delimiter is kept: it also ends the last line of the description.
    core::str::from_utf8(part.get(blank..)?.strip_prefix(b"\r\n\r\n")?).ok().filter(|_| is_sdp)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}

fn after<'a>(bytes: &'a [u8], wanted: &[u8]) -> Option<&'a [u8]> {
    bytes.get(find(bytes, wanted)?.checked_add(wanted.len())?..)
}
