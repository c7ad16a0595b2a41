//! Networks, peers and numbers.

use core::net::{IpAddr, SocketAddr};
use sip::api::Destination;

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

/// A peer: `udp:192.0.2.1:5060`, `tcp:[2001:db8::1]:5060` or `tls:192.0.2.1:5061`.
pub(crate) fn peer(text: &str) -> Option<Destination> {
    let (transport, address) = text.split_once(':')?;
    let address: SocketAddr = address.parse().ok()?;
    match transport {
        "udp" => Some(Destination::Udp(address)),
        "tcp" => Some(Destination::Tcp(address)),
        "tls" => Some(Destination::Tls(address)),
        _ => None,
    }
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
