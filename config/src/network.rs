//! Networks, peers and numbers.

use core::net::{IpAddr, SocketAddr};
use sip::api::{Destination, Transport};
use sip::locate::Host;

/// A network in CIDR notation; an address alone is a network of one.
pub(crate) fn network(text: &str) -> Option<(IpAddr, u8)> {
    let (address, length) = match text.split_once('/') {
        Some((address, length)) => (address, Some(length)),
        None => (text, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let length = match length {
        Some(length) => length.parse().ok().filter(|length| *length <= most)?,
        None => most,
    };
    Some((address, length))
}

/// Where a peer is.
pub(crate) enum Peer {
    /// At an address.
    At(Destination),
    /// Where the domain name system says.
    Named(Host),
}

/// A peer: `udp:192.0.2.1:5060`, `tcp:[2001:db8::1]:5060`, `tls:192.0.2.1:5061`; or by name `sip.carrier.example`,
/// `tcp:sip.carrier.example`, `udp:sip.carrier.example:5060`.
pub(crate) fn peer(text: &str) -> Option<Peer> {
    let (transport, rest) = match text.split_once(':') {
        Some((transport @ ("udp" | "tcp" | "tls"), rest)) => (Some(transport), rest),
        _ => (None, text),
    };
    if let (Some(transport), Ok(address)) = (transport, rest.parse::<SocketAddr>()) {
        return Some(Peer::At(match transport {
            "udp" => Destination::Udp(address),
            "tcp" => Destination::Tcp(address),
            _ => Destination::Tls(address),
        }));
    }
    let (name, port) = match rest.split_once(':') {
        Some((name, port)) => (name, Some(port.parse().ok()?)),
        None => (rest, None),
    };
    let is_name = name.split('.').all(|label| !label.is_empty() && label.len() <= 63)
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        && name.bytes().any(|byte| byte.is_ascii_alphabetic());
    let transport = match transport {
        None => None,
        Some("udp") => Some(Transport::Udp),
        Some("tcp") => Some(Transport::Tcp),
        // Which certificate a peer must have is known by its address.
        Some(_) => return None,
    };
    is_name.then(|| Peer::Named(Host { name: name.to_owned(), port, transport }))
}

/// True for a number that a phone can dial.
pub(crate) fn is_dialable(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or(text);
    !digits.is_empty() && digits.len() <= 32 && digits.chars().all(|c| c.is_ascii_digit() || c == '*' || c == '#')
}

/// True for a text with the shape of a SIP URI: `sip:` and a host, perhaps with a user before it.
pub(crate) fn is_sip_uri(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("sip:").or_else(|| text.strip_prefix("sips:")) else { return false };
    let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    !host.is_empty() && !text.chars().any(|c| c.is_whitespace() || c.is_control() || "<>\"".contains(c))
}
