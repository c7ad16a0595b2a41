//! Which addresses may be asked.

use domain::HttpPlace;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// True if a connection to this address, found under this name, may be made.
pub(crate) fn may(allowed: &[HttpPlace], host: &str, address: IpAddr, port: u16) -> bool {
    is_public(address) || allowed.iter().any(|place| place.covers(host, Some(address), port))
}

/// True for an address that belongs to one host of the internet (IANA's registries of special-purpose addresses).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let special = match address.octets() {
        // This network, private, loopback, shared (CGNAT), link-local.
        [0 | 10 | 127, ..] | [100, 64..=127, ..] | [169, 254, ..] => true,
        [172, 16..=31, ..] | [192, 168, ..] => true,
        // Protocol assignments, documentation, the old 6to4 relays, benchmarks.
        [192, 0, 0 | 2, _] | [192, 88, 99, _] | [198, 18 | 19, ..] | [198, 51, 100, _] | [203, 0, 113, _] => true,
        // Multicast, reserved, broadcast.
        [224..=255, ..] => true,
        _ => false,
    };
    !special
}

/// Global unicast is 2000::/3. What is not in it is loopback, unspecified, unique-local, link-local, multicast, an IPv4
/// address in the clothes of IPv6 (mapped, NAT64), or not given out.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let special = match address.segments() {
        // Protocol assignments with Teredo, documentation, 6to4, documentation.
        [0x2001, 0x0000..=0x01ff, ..] | [0x2001, 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0x0000..=0x0fff, ..] => true,
        [first, ..] => first >> 13 != 1,
    };
    !special
}

#[cfg(test)]
mod tests {
    use super::*;

    fn public(text: &str) -> bool {
        is_public(text.parse().unwrap())
    }

    #[test]
    fn addresses_that_are_not_of_one_host_of_the_internet_are_private() {
        let private = [
            "0.0.0.0",
            "10.1.2.3",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.8.8.8",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.1",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
            "fc00::1",
            "fdab::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
        ];
        for address in private {
            assert!(!public(address), "{address}");
        }
        for address in
            ["1.1.1.1", "100.63.0.1", "100.128.0.1", "172.15.0.1", "172.32.0.1", "192.1.0.1", "223.255.255.1"]
        {
            assert!(public(address), "{address}");
        }
        for address in ["2606:4700::1", "2001:200::1", "2a00::1", "3ffe::1"] {
            assert!(public(address), "{address}");
        }
    }

    #[test]
    fn a_private_address_may_be_asked_where_it_is_allowed_by_network_or_by_name() {
        let network = HttpPlace::Network { address: "10.0.0.0".parse().unwrap(), prefix: 8, port: None };
        let name = HttpPlace::Host { name: "crm.internal".to_owned(), port: Some(8080) };
        let allowed = [network, name];
        let may = |host: &str, address: &str, port| may(&allowed, host, address.parse().unwrap(), port);
        assert!(
            may("any", "10.0.0.1", 80) && may("any", "::ffff:10.0.0.1", 80) && may("crm.internal", "127.0.0.1", 8080)
        );
        assert!(!may("any", "127.0.0.1", 8080) && !may("crm.internal", "127.0.0.1", 80) && !may("any", "::1", 80));
        assert!(may("any", "1.1.1.1", 443));
    }
}
