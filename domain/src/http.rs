//! What a flow asks another system over HTTP, and what comes back.

use crate::{Redacted, SecretId};
use core::fmt;
use core::net::IpAddr;
use core::time::Duration;

/// How a flow asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HttpMethod {
    /// GET: asking twice does no harm.
    Get,
    /// POST, with a body of JSON.
    Post,
}

impl HttpMethod {
    /// Its name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// Whom a flow asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpOrigin {
    /// By TLS.
    pub tls: bool,
    /// A name, or an address; one of IPv6 without its brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

impl HttpOrigin {
    /// The host as it stands in a URL and in a Host field, with the port where it is not the usual one.
    #[must_use]
    pub fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let usual = if self.tls { 443 } else { 80 };
        if self.port == usual { host } else { format!("{host}:{}", self.port) }
    }

    /// With its scheme, such as `https://orders.example.com`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.authority())
    }
}

/// The value of a header field that a flow sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpField {
    /// A text.
    Text(String),
    /// A secret, after a text such as `Bearer `. Who sends it knows what the secret is; nobody else does.
    Secret {
        /// Stands before it.
        before: String,
        /// The secret.
        secret: SecretId,
    },
}

/// A JSON value that a flow sends. Its `Debug` shows the kind only.
#[derive(Clone, PartialEq, Eq)]
pub enum HttpValue {
    /// A text.
    Text(String),
    /// A whole number.
    Int(i64),
    /// True or false.
    Flag(bool),
    /// A list.
    List(Vec<Self>),
    /// An object, its members in order.
    Table(Vec<(String, Self)>),
}

impl fmt::Debug for HttpValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::Int(_) => "Int",
            Self::Flag(_) => "Flag",
            Self::List(_) => "List",
            Self::Table(_) => "Table",
        })
    }
}

/// What a flow asks another system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpRequest {
    /// Names it among all requests of the run: the answer says it.
    pub number: u64,
    /// How.
    pub method: HttpMethod,
    /// Whom.
    pub origin: HttpOrigin,
    /// Path and query, percent-encoded, a slash first.
    pub target: Redacted,
    /// Header fields.
    pub headers: Vec<(String, HttpField)>,
    /// The body.
    pub body: Option<HttpValue>,
    /// How long it may take with all its tries.
    pub timeout: Duration,
    /// How often it is tried again.
    pub retries: u8,
    /// The longest body of an answer, in bytes.
    pub max_bytes: usize,
    /// What is taken out of the answer: JSON pointers (RFC 6901).
    pub take: Vec<String>,
}

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpAnswer {
    /// 2xx: what the pointers point at, in their order; empty where nothing is, or no text, number, true or false.
    Taken(Vec<Redacted>),
    /// 404.
    NotFound,
    /// It took too long.
    TimedOut,
    /// Anything else.
    Failed(HttpFailure),
}

/// Why a request brought nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpFailure {
    /// The host's name has no address.
    #[error("the host's name has no address")]
    Unknown,
    /// No connection comes about.
    #[error("no connection")]
    Unreachable,
    /// The host is at a private address, and nothing allows it to be asked there.
    #[error("the host is at a private address that `http_step.allow_private` does not name")]
    Forbidden,
    /// TLS does not come about, or the certificate is not believed.
    #[error("TLS fails, or the certificate is not believed")]
    Insecure,
    /// As many requests as may be are under way.
    #[error("too many requests are under way")]
    Busy,
    /// A secret is not there, or the request has characters that cannot be sent.
    #[error("the request cannot be sent")]
    Unsendable,
    /// An answer that is neither 2xx nor 404. Redirections are among them: none is followed.
    #[error("the answer is {0}")]
    Status(u16),
    /// The answer is longer than it may be.
    #[error("the answer is too big")]
    TooBig,
    /// The answer is no JSON.
    #[error("the answer is no JSON")]
    NotJson,
    /// The connection broke, or what came is no HTTP.
    #[error("the answer broke off, or is no HTTP")]
    Broken,
}

/// A place in a private network that flows may ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HttpPlace {
    /// Every address of a network, under whatever name.
    Network {
        /// An address of it.
        address: IpAddr,
        /// How many leading bits are the network's.
        prefix: u8,
        /// Only this port.
        port: Option<u16>,
    },
    /// A host by its name, wherever it is.
    Host {
        /// The name, in small letters.
        name: String,
        /// Only this port.
        port: Option<u16>,
    },
}

impl HttpPlace {
    /// True if it is this host, at this address. IPv4 addresses in the clothes of IPv6 are taken for what they are.
    #[must_use]
    pub fn covers(&self, host: &str, address: Option<IpAddr>, port: u16) -> bool {
        match self {
            Self::Network { address: network, prefix, port: only } => {
                only.is_none_or(|only| only == port)
                    && address.is_some_and(|address| within(*network, *prefix, address.to_canonical()))
            }
            Self::Host { name, port: only } => {
                only.is_none_or(|only| only == port) && name.eq_ignore_ascii_case(host.trim_end_matches('.'))
            }
        }
    }
}

fn within(network: IpAddr, prefix: u8, address: IpAddr) -> bool {
    let bits = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(address.to_bits()) << 96, 4),
        IpAddr::V6(address) => (address.to_bits(), 6),
    };
    let ((network, family), (address, other)) = (bits(network), bits(address));
    family == other && (prefix == 0 || (network ^ address).leading_zeros() >= u32::from(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str, prefix: u8, port: Option<u16>) -> HttpPlace {
        HttpPlace::Network { address: address.parse().unwrap(), prefix, port }
    }

    #[test]
    fn a_network_covers_its_addresses_on_its_port_under_every_name() {
        let at = |place: &HttpPlace, address: &str, port| place.covers("any", address.parse().ok(), port);
        let ten = network("10.0.0.0", 8, None);
        assert!(at(&ten, "10.255.0.1", 80) && at(&ten, "::ffff:10.1.2.3", 443));
        assert!(!at(&ten, "11.0.0.1", 80) && !at(&ten, "a00::1", 80));
        let one = network("127.0.0.1", 32, Some(8080));
        assert!(at(&one, "127.0.0.1", 8080) && !at(&one, "127.0.0.1", 8081) && !at(&one, "127.0.0.2", 8080));
        let six = network("fd00::", 8, None);
        assert!(at(&six, "fdab::1", 80) && !at(&six, "fe80::1", 80));
        assert!(at(&network("0.0.0.0", 0, None), "192.168.1.1", 80) && !ten.covers("10.0.0.1", None, 80));
    }

    #[test]
    fn a_name_covers_its_host_wherever_that_is() {
        let place = HttpPlace::Host { name: "crm.internal".to_owned(), port: Some(80) };
        assert!(place.covers("CRM.internal.", "10.0.0.1".parse().ok(), 80));
        assert!(!place.covers("crm.internal", None, 81) && !place.covers("crm.internal.example", None, 80));
    }

    #[test]
    fn debug_of_a_request_shows_nothing_of_its_path_and_its_body() {
        let request = HttpRequest {
            number: 1,
            method: HttpMethod::Post,
            origin: HttpOrigin { tls: false, host: "::1".to_owned(), port: 8080 },
            target: Redacted::from("/orders/4711"),
            headers: Vec::new(),
            body: Some(HttpValue::Table(vec![("card".to_owned(), HttpValue::Int(4711))])),
            timeout: Duration::from_secs(3),
            retries: 0,
            max_bytes: 1,
            take: Vec::new(),
        };
        assert!(!format!("{request:?}").contains("4711"));
        assert_eq!(request.origin.url(), "http://[::1]:8080");
    }
}
