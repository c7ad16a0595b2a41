//! A glance at an INVITE that is to be refused without being parsed: who is called, and what an answer must echo.

use super::{HeaderName, Via};
use core::net::SocketAddr;
use std::fmt::Write as _;

/// The header fields of an INVITE that begins a dialog, unread.
pub(crate) struct Skimmed<'a> {
    user: &'a str,
    has_priority: bool,
    via: &'a str,
    echoed: Vec<(HeaderName, &'a str)>,
}

/// An answer without a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Where it goes.
    pub to: SocketAddr,
    /// The message.
    pub bytes: Vec<u8>,
}

impl<'a> Skimmed<'a> {
    /// Looks at a datagram. `None`: it is no INVITE, belongs to a dialog, or is unusual; the parser may judge it.
    pub(crate) fn read(datagram: &'a [u8]) -> Option<Self> {
        let text = core::str::from_utf8(datagram).ok()?;
        let (head, _) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let uri = lines.next()?.strip_prefix("INVITE ")?;
        let user = uri.split(['@', ' ']).next()?.rsplit(':').next()?;
        let mut skimmed = Self { user, has_priority: false, via: "", echoed: Vec::with_capacity(6) };
        for line in lines {
            let (name, value) = line.split_once(':')?;
            skimmed.note(name.trim_end(), value.trim());
        }
        let to = skimmed.echoed.iter().find(|(name, _)| *name == HeaderName::To)?.1;
        (!skimmed.via.is_empty() && !to.contains(";tag=")).then_some(skimmed)
    }

    fn note(&mut self, name: &str, value: &'a str) {
        self.has_priority |= name.eq_ignore_ascii_case("Resource-Priority") && !value.is_empty();
        let name = HeaderName::parse(name);
        if name == HeaderName::Via && self.via.is_empty() {
            self.via = value;
        } else if matches!(
            name,
            HeaderName::Via | HeaderName::From | HeaderName::To | HeaderName::CallId | HeaderName::CSeq
        ) {
            self.echoed.push((name, value));
        }
    }

    /// True if it calls one of these numbers or has a Resource-Priority (RFC 4412).
    pub(crate) fn is_urgent(&self, numbers: &[String]) -> bool {
        self.has_priority || numbers.iter().any(|number| number == self.user)
    }

    /// The answer 503. `None`: nobody knows where to.
    pub(crate) fn refused(&self, from: SocketAddr, to_tag: &str, retry_after_s: u32) -> Option<Refused> {
        let (top, rest) = self.via.split_once(',').unwrap_or((self.via, ""));
        let mut via = Via::parse(top.trim())?;
        let to = if via.rport().is_some() { from } else { SocketAddr::new(from.ip(), via.port.unwrap_or(5060)) };
        via.set_source(from);
        let mut text = String::with_capacity(512);
        text.push_str("SIP/2.0 503 Service Unavailable\r\n");
        // Writing to a string cannot fail.
        let _ = write!(text, "Via: {via}\r\n");
        if !rest.is_empty() {
            let _ = write!(text, "Via: {}\r\n", rest.trim());
        }
        for (name, value) in &self.echoed {
            let tag = if *name == HeaderName::To { (";tag=", to_tag) } else { ("", "") };
            let _ = write!(text, "{name}: {value}{}{}\r\n", tag.0, tag.1);
        }
        let _ = write!(text, "Retry-After: {retry_after_s}\r\nContent-Length: 0\r\n\r\n");
        Some(Refused { to, bytes: text.into_bytes() })
    }
}
