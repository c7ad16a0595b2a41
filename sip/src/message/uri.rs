//! URIs (RFC 3261 §19.1, RFC 3966): `sip:`, `sips:`, `tel:`, and any other kept as it is.

use super::text::{Params, is_token_char};
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::str::FromStr;

/// The text is no URI that we can represent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed URI")]
pub struct UriError;

/// The scheme of a URI.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// `sip:`
    Sip,
    /// `sips:`
    Sips,
    /// `tel:`
    Tel,
    /// Another one, as written.
    Other(String),
}

impl Scheme {
    fn parse(text: &str) -> Option<Self> {
        let mut chars = text.chars();
        let valid = chars.next()?.is_ascii_alphabetic()
            && chars.all(|c| c.is_ascii_alphanumeric() || c == '+' || c == '-' || c == '.');
        let is = |name: &str| text.eq_ignore_ascii_case(name);
        valid.then(|| match () {
            () if is("sip") => Self::Sip,
            () if is("sips") => Self::Sips,
            () if is("tel") => Self::Tel,
            () => Self::Other(text.to_owned()),
        })
    }

    /// The scheme without its colon.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sip => "sip",
            Self::Sips => "sips",
            Self::Tel => "tel",
            Self::Other(text) => text,
        }
    }

    /// The same scheme as an `rsip` type.
    #[must_use]
    pub fn to_rsip(&self) -> rsip::Scheme {
        match self {
            Self::Sip => rsip::Scheme::Sip,
            Self::Sips => rsip::Scheme::Sips,
            Self::Tel | Self::Other(_) => rsip::Scheme::Other(self.as_str().to_owned()),
        }
    }
}

/// A host: a name or an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A domain name, in its own case.
    Name(String),
    /// An IPv4 address.
    V4(Ipv4Addr),
    /// The text of an IPv6 address without its brackets. Text, because RFC 5118 §4.10 asks to accept three colons.
    V6(String),
}

impl Host {
    /// Parses a name, an IPv4 address or a bracketed IPv6 address.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(inner) = text.strip_prefix('[') {
            let inner = inner.strip_suffix(']')?;
            return v6(inner).map(|_| Self::V6(inner.to_owned()));
        }
        if let Ok(address) = text.parse() {
            return Some(Self::V4(address));
        }
        let is_name = !text.is_empty()
            && text.len() <= 255
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte));
        is_name.then(|| Self::Name(text.to_owned()))
    }

    /// The address, if it is one.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::Name(_) => None,
            Self::V4(address) => Some(IpAddr::V4(*address)),
            Self::V6(text) => v6(text).map(IpAddr::V6),
        }
    }

    fn same(&self, other: &Self) -> bool {
        match (self.ip(), other.ip()) {
            (Some(one), Some(two)) => one == two,
            (None, None) => self.to_string().eq_ignore_ascii_case(&other.to_string()),
            _ => false,
        }
    }
}

pub(crate) fn v6(text: &str) -> Option<Ipv6Addr> {
    text.parse().or_else(|_| text.replace(":::", "::").parse()).ok()
}

impl From<IpAddr> for Host {
    fn from(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::V4(address),
            IpAddr::V6(address) => Self::V6(address.to_string()),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::V4(address) => address.fmt(f),
            Self::V6(text) => write!(f, "[{text}]"),
        }
    }
}

/// Splits `host[:port]` and parses both.
pub(crate) fn host_port(text: &str) -> Option<(Host, Option<u16>)> {
    let end_of_host =
        if text.starts_with('[') { text.find(']')?.checked_add(1)? } else { text.find(':').unwrap_or(text.len()) };
    let (host, rest) = text.split_at_checked(end_of_host)?;
    let host = Host::parse(host.trim())?;
    let rest = rest.trim();
    if rest.is_empty() {
        return Some((host, None));
    }
    let port = super::text::digits(rest.strip_prefix(':')?.trim_start())?;
    Some((host, Some(u16::try_from(port).ok()?)))
}

/// A URI. Which fields are in use depends on the scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uri {
    /// The scheme.
    pub scheme: Scheme,
    /// `sip:` and `sips:`: what stands before `@` (user, perhaps `:password`), still escaped. `tel:`: the number.
    pub user: Option<String>,
    /// The host; an empty name for other schemes.
    pub host: Host,
    /// The port, if one is written.
    pub port: Option<u16>,
    /// The `;` parameters.
    pub params: Params,
    /// What follows `?`, still escaped; empty if nothing does.
    pub headers: String,
    /// Other schemes: all that follows the colon.
    pub opaque: String,
}

impl Uri {
    /// Parses a URI without surrounding brackets or white space.
    ///
    /// # Errors
    /// [`UriError`] if the text is not of that form.
    pub fn parse(text: &str) -> Result<Self, UriError> {
        Self::parse_opt(text).ok_or(UriError)
    }

    /// A SIP URI; `user` is given unescaped, empty for none.
    #[must_use]
    pub fn sip(user: &str, host: Host, port: Option<u16>) -> Self {
        let user = (!user.is_empty()).then(|| escape_user(user));
        Self { user, host, port, ..Self::empty(Scheme::Sip) }
    }

    /// The SIP URI of a user at an address.
    #[must_use]
    pub fn from_addr(user: &str, address: SocketAddr) -> Self {
        Self::sip(user, address.ip().into(), Some(address.port()))
    }

    /// True for `sip:` and `sips:`.
    #[must_use]
    pub const fn is_sip(&self) -> bool {
        matches!(self.scheme, Scheme::Sip | Scheme::Sips)
    }

    /// The user without a password and with `%` escapes undone once; empty if there is none.
    #[must_use]
    pub fn user_unescaped(&self) -> String {
        let user = self.user.as_deref().unwrap_or_default();
        let user = if self.is_sip() { user.split(':').next().unwrap_or_default() } else { user };
        String::from_utf8_lossy(&unescape(user, |_| true)).into_owned()
    }

    /// The header field of this name that the URI carries after `?`, with `%` escapes undone (§19.1.1).
    #[must_use]
    pub fn header(&self, name: &str) -> Option<String> {
        let (_, value) = self
            .headers
            .split('&')
            .filter_map(|part| part.split_once('='))
            .find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        String::from_utf8(unescape(value, |_| true)).ok()
    }

    /// The address of a URI with a numeric host; the port defaults to 5060, for `sips:` to 5061.
    #[must_use]
    pub fn addr(&self) -> Option<SocketAddr> {
        let default_port = if self.scheme == Scheme::Sips || self.is_tls() { 5061 } else { 5060 };
        self.host.ip().map(|ip| SocketAddr::new(ip, self.port.unwrap_or(default_port)))
    }

    /// The `transport` parameter, as written.
    #[must_use]
    pub fn transport(&self) -> Option<&str> {
        self.params.get("transport")
    }

    /// True if it is reached by TLS over TCP (RFC 3261 §26.2.2; `transport=tls` is older and still common).
    #[must_use]
    pub fn is_tls(&self) -> bool {
        let named = |name: &str| self.transport().is_some_and(|transport| transport.eq_ignore_ascii_case(name));
        named("tls") || (self.scheme == Scheme::Sips && (self.transport().is_none() || named("tcp")))
    }

    /// The comparison of RFC 3261 §19.1.4.
    #[must_use]
    pub fn equivalent(&self, other: &Self) -> bool {
        if self.is_sip() || other.is_sip() {
            self.scheme == other.scheme
                && comparable(self.user.as_deref()) == comparable(other.user.as_deref())
                && self.host.same(&other.host)
                && self.port == other.port
                && same_params(&self.params, &other.params)
                && same_headers(&self.headers, &other.headers)
        } else {
            self.to_string().eq_ignore_ascii_case(&other.to_string())
        }
    }

    const fn empty(scheme: Scheme) -> Self {
        Self {
            scheme,
            user: None,
            host: Host::Name(String::new()),
            port: None,
            params: Params(Vec::new()),
            headers: String::new(),
            opaque: String::new(),
        }
    }

    fn parse_opt(text: &str) -> Option<Self> {
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || matches!(c, '<' | '>' | '"')) {
            return None;
        }
        let (scheme, rest) = text.split_once(':')?;
        let scheme = Scheme::parse(scheme)?;
        match scheme {
            Scheme::Sip | Scheme::Sips => Self::parse_sip(scheme, rest),
            Scheme::Tel => Self::parse_tel(rest),
            Scheme::Other(_) => (!rest.is_empty()).then(|| Self { opaque: rest.to_owned(), ..Self::empty(scheme) }),
        }
    }

    fn parse_sip(scheme: Scheme, rest: &str) -> Option<Self> {
        // The user part may hold `;`, `?` and `:`, so it is split off first.
        let (user, rest) = match rest.rsplit_once('@') {
            Some((user, _)) if user.is_empty() || user.contains('@') => return None,
            Some((user, rest)) => (Some(user.to_owned()), rest),
            None => (None, rest),
        };
        let (rest, headers) = rest.split_once('?').unwrap_or((rest, ""));
        let (address, params) = match rest.split_once(';') {
            Some((address, params)) => (address, Params::parse(params)?),
            None => (rest, Params::default()),
        };
        let (host, port) = host_port(address)?;
        let headers = headers.to_owned();
        Some(Self { user, host, port, params, headers, ..Self::empty(scheme) })
    }

    fn parse_tel(rest: &str) -> Option<Self> {
        let (number, params) = match rest.split_once(';') {
            Some((number, params)) => (number, Params::parse(params)?),
            None => (rest, Params::default()),
        };
        let digits = number.strip_prefix('+').unwrap_or(number);
        let is_number = !digits.is_empty() && digits.chars().all(|c| c.is_ascii_hexdigit() || "*#-.()".contains(c));
        is_number.then(|| Self { user: Some(number.to_owned()), params, ..Self::empty(Scheme::Tel) })
    }
}

impl FromStr for Uri {
    type Err = UriError;
    fn from_str(text: &str) -> Result<Self, UriError> {
        Self::parse(text)
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme.as_str())?;
        if let Some(user) = &self.user {
            f.write_str(user)?;
        }
        if self.is_sip() {
            if self.user.is_some() {
                f.write_str("@")?;
            }
            self.host.fmt(f)?;
        }
        if let Some(port) = self.port {
            write!(f, ":{port}")?;
        }
        write!(f, "{}{}", self.opaque, self.params)?;
        if !self.headers.is_empty() {
            write!(f, "?{}", self.headers)?;
        }
        Ok(())
    }
}

/// Escapes what may not stand in a user part (RFC 3261 §25.1).
fn escape_user(user: &str) -> String {
    let mut escaped = String::with_capacity(user.len());
    for byte in user.bytes() {
        let c = char::from(byte);
        if c != '%' && c != '`' && byte.is_ascii() && (is_token_char(c) || "()&=+$,;?/".contains(c)) {
            escaped.push(c);
        } else {
            escaped.push_str(&format!("%{byte:02X}"));
        }
    }
    escaped
}

/// Undoes those `%HH` whose byte `wanted` accepts.
fn unescape(text: &str, wanted: impl Fn(u8) -> bool) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if let (b'%', [high, low, after @ ..]) = (first, tail)
            && let (Some(high), Some(low)) = (hex(*high), hex(*low))
            && wanted(high << 4 | low)
        {
            plain.push(high << 4 | low);
            rest = after;
        } else {
            plain.push(first);
            rest = tail;
        }
    }
    plain
}

fn hex(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// Escapes of reserved characters keep their meaning; all others are the same as the plain character.
fn comparable(text: Option<&str>) -> Option<Vec<u8>> {
    text.map(|text| unescape(text, |byte| !b"%;/?:@&=+$,".contains(&byte)))
}

fn same_params(one: &Params, two: &Params) -> bool {
    const NEVER_IGNORED: [&str; 4] = ["user", "ttl", "method", "maddr"];
    let fits = |(name, value): &(String, Option<String>), other: &Params| {
        if !other.has(name) {
            return !NEVER_IGNORED.iter().any(|kept| kept.eq_ignore_ascii_case(name));
        }
        match (value.as_deref(), other.get(name)) {
            (Some(value), Some(theirs)) => {
                comparable(Some(&value.to_ascii_lowercase())) == comparable(Some(&theirs.to_ascii_lowercase()))
            }
            (value, theirs) => value == theirs,
        }
    };
    one.0.iter().all(|param| fits(param, two)) && two.0.iter().all(|param| fits(param, one))
}

fn same_headers(one: &str, two: &str) -> bool {
    let sorted = |text: &str| {
        let mut parts: Vec<_> = text.split('&').map(|part| comparable(Some(&part.to_ascii_lowercase()))).collect();
        parts.sort();
        parts
    };
    sorted(one) == sorted(two)
}
