//! Addresses in header fields: From, To, Contact, routes (RFC 3261 §20.10) and Via (§20.42).

use super::text::{Params, find_bare, is_token, quote, unquote};
use super::uri::{host_port, v6};
use super::{Host, Uri};
use core::fmt;
use core::net::{IpAddr, SocketAddr};

/// A display name, a URI, and parameters of the header field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameAddr {
    /// The display name without quotes; empty if there is none.
    pub display: String,
    /// The URI.
    pub uri: Uri,
    /// The parameters after the URI, such as `tag`.
    pub params: Params,
}

impl NameAddr {
    /// An address without display name and parameters.
    #[must_use]
    pub const fn new(uri: Uri) -> Self {
        Self { display: String::new(), uri, params: Params(Vec::new()) }
    }

    /// Parses `"name" <uri>;params`, or `uri;params` where the parameters belong to the header field (§20.10).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let quoted = end_of_quotes(text)?;
        let Some(open) = text.get(quoted..)?.find('<').and_then(|at| at.checked_add(quoted)) else {
            return Self::parse_bare(text);
        };
        let (display, rest) = text.split_at_checked(open)?;
        let (uri, rest) = rest.strip_prefix('<')?.split_once('>')?;
        let rest = rest.trim();
        let params = match rest.strip_prefix(';') {
            Some(params) => Params::parse(params)?,
            None if rest.is_empty() => Params::default(),
            None => return None,
        };
        Some(Self { display: parse_display(display.trim())?, uri: Uri::parse(uri).ok()?, params })
    }

    /// The `tag` parameter.
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.params.get("tag")
    }

    /// The same address with this tag.
    #[must_use]
    pub fn with_tag(mut self, tag: &str) -> Self {
        self.params.set("tag", Some(tag));
        self
    }

    fn parse_bare(text: &str) -> Option<Self> {
        let (uri, params) = match find_bare(text, ';') {
            Some(at) => (text.get(..at)?.trim_end(), Params::parse(text.get(at..)?.strip_prefix(';')?)?),
            None => (text, Params::default()),
        };
        // A `,` or `?` belongs into brackets (§20): without them, nobody can tell whose it is.
        if uri.contains([',', '?']) {
            return None;
        }
        Some(Self { display: String::new(), uri: Uri::parse(uri).ok()?, params })
    }
}

/// Where the quoted display name ends; 0 if there is none, `None` if it does not end.
fn end_of_quotes(text: &str) -> Option<usize> {
    if !text.starts_with('"') {
        return Some(0);
    }
    let mut escaped = false;
    let close = text.char_indices().skip(1).find(|&(_, c)| {
        let is_close = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        is_close
    });
    close.map(|(at, _)| at.saturating_add(1))
}

/// A quoted string or words. Words may hold more than RFC 3261 allows (UTF-8 names are common), but nothing that
/// has a meaning in a header field.
fn parse_display(text: &str) -> Option<String> {
    if text.starts_with('"') {
        return unquote(text);
    }
    let valid = !text.chars().any(|c| "\"<>,;@".contains(c) || (c.is_control() && c != '\t'));
    valid.then(|| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

impl fmt::Display for NameAddr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.display.is_empty() {
            write!(f, "{} ", quote(&self.display))?;
        }
        write!(f, "<{}>{}", self.uri, self.params)
    }
}

/// One hop of a message's way (§20.42).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Via {
    /// The transport as written, such as `UDP` or `WS`.
    pub transport: String,
    /// The host of `sent-by`.
    pub host: Host,
    /// The port of `sent-by`, if one is written.
    pub port: Option<u16>,
    /// The parameters.
    pub params: Params,
}

impl Via {
    /// Our own Via.
    #[must_use]
    pub fn new(transport: &str, sent_by: SocketAddr, branch: &str) -> Self {
        let mut params = Params::default();
        params.set("branch", Some(branch));
        Self { transport: transport.to_owned(), host: sent_by.ip().into(), port: Some(sent_by.port()), params }
    }

    /// Parses one value. Blanks round `/`, `;`, `=` and `:` are allowed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (head, params) = match find_bare(text, ';') {
            Some(at) => (text.get(..at)?, Params::parse(text.get(at..)?.strip_prefix(';')?)?),
            None => (text, Params::default()),
        };
        let mut parts = head.splitn(3, '/');
        let (protocol, version, rest) = (parts.next()?.trim(), parts.next()?.trim(), parts.next()?.trim());
        let (transport, sent_by) = rest.split_once([' ', '\t'])?;
        if !protocol.eq_ignore_ascii_case("SIP") || version != "2.0" || !is_token(transport) {
            return None;
        }
        let (host, port) = host_port(sent_by.trim())?;
        Some(Self { transport: transport.to_owned(), host, port, params })
    }

    /// The branch.
    #[must_use]
    pub fn branch(&self) -> Option<&str> {
        self.params.get("branch")
    }

    /// The address that the next hop saw. RFC 5118 §4.5: with or without brackets.
    #[must_use]
    pub fn received(&self) -> Option<IpAddr> {
        let text = self.params.get("received")?.trim_matches(['[', ']']);
        text.parse().ok().or_else(|| v6(text).map(IpAddr::V6))
    }

    /// `rport` (RFC 3581): `Some(None)` asks for it, `Some(Some(port))` carries it.
    #[must_use]
    pub fn rport(&self) -> Option<Option<u16>> {
        self.params.has("rport").then(|| self.params.get("rport").and_then(|port| port.parse().ok()))
    }

    /// `host[:port]` as written.
    #[must_use]
    pub fn sent_by(&self) -> String {
        self.port.map_or_else(|| self.host.to_string(), |port| format!("{}:{port}", self.host))
    }

    /// The transport as an `rsip` type; `None` for transports that it does not know.
    #[must_use]
    pub fn to_rsip_transport(&self) -> Option<rsip::Transport> {
        self.transport.parse().ok()
    }

    /// Notes where the message came from: `received` if the address differs from `sent-by` or `rport` is asked for
    /// (§18.2.1), and the value of `rport` (RFC 3581 §4).
    pub fn set_source(&mut self, source: SocketAddr) {
        let asked = self.params.has("rport");
        if asked {
            self.params.set("rport", Some(&source.port().to_string()));
        }
        if asked || self.host.ip() != Some(source.ip()) {
            self.params.set("received", Some(&source.ip().to_string()));
        } else {
            self.params.remove("received");
        }
    }
}

impl fmt::Display for Via {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SIP/2.0/{} {}{}", self.transport, self.sent_by(), self.params)
    }
}
