//! What `http` nodes may ask, and the secrets that they send: `[http_step]` and `[[secret]]`.

use crate::model::HttpStepSettings;
use crate::network::network;
use crate::outside::Outside;
use crate::people::kept_elsewhere;
use crate::reader::Table;
use crate::report::Placed;
use crate::tls;
use crate::url::is_name;
use core::net::{IpAddr, SocketAddr};
use domain::{HttpPlace, SecretId};
use secrecy::{ExposeSecret, SecretString};

/// Requests under way at once where nothing is said.
const CONCURRENT: usize = 64;

pub(crate) fn http_step(root: &Table<'_>, outside: &dyn Outside) -> HttpStepSettings {
    let secrets = root.tables("secret").iter().filter_map(|table| secret(table, outside)).collect();
    let mut settings = HttpStepSettings { allow_private: Vec::new(), max_concurrent: CONCURRENT, secrets, ca: None };
    let Some(table) = root.table("http_step") else { return settings };
    settings.allow_private = table.texts("allow_private").iter().filter_map(|text| allowed(&table, text)).collect();
    let most = table.int("max_concurrent", 1..=10_000).and_then(|most| usize::try_from(most).ok());
    settings.max_concurrent = most.unwrap_or(CONCURRENT);
    settings.ca = tls::ca(&table, "ca", outside);
    table.done();
    settings
}

fn allowed(table: &Table<'_>, text: &Placed<String>) -> Option<HttpPlace> {
    let place = place(&text.value);
    if place.is_none() {
        let why = format!("`{}` is no network, no address and no host, perhaps with a port", text.value);
        let mend = Some("such as 10.0.0.0/8, 127.0.0.1:8080, [::1]:8080, crm.internal or crm.internal:8080".to_owned());
        table.report.error("bad_network", text.place, &table.path("allow_private"), why, mend);
    }
    place
}

fn place(text: &str) -> Option<HttpPlace> {
    if let Ok(address) = text.parse::<SocketAddr>() {
        let prefix = if address.is_ipv4() { 32 } else { 128 };
        return Some(HttpPlace::Network { address: address.ip(), prefix, port: Some(address.port()) });
    }
    let (rest, port) = match text.rsplit_once(':') {
        // The colons of an address are its own.
        Some((rest, port)) if !rest.contains(':') => (rest, Some(port.parse().ok().filter(|port| *port > 0)?)),
        _ => (text, None),
    };
    if let Some((address, prefix)) = network(rest) {
        return Some(HttpPlace::Network { address, prefix, port });
    }
    let name = rest.strip_suffix('.').unwrap_or(rest).to_ascii_lowercase();
    let names =
        is_name(&name) && name.bytes().any(|byte| byte.is_ascii_alphabetic()) && name.parse::<IpAddr>().is_err();
    names.then_some(HttpPlace::Host { name, port })
}

fn secret(table: &Table<'_>, outside: &dyn Outside) -> Option<(SecretId, SecretString)> {
    let id: Option<Placed<SecretId>> = table.need_id("id");
    let value = kept_elsewhere(table, outside);
    table.done();
    let (id, value) = (id?, value?);
    if !value.expose_secret().bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        let why = format!("secret `{}` has characters that no header field may have", id.value);
        table.refuse("missing_secret", id.place, "id", why);
        return None;
    }
    Some((id.value, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_network_an_address_or_a_name_with_or_without_a_port() {
        let network =
            |address: &str, prefix, port| HttpPlace::Network { address: address.parse().unwrap(), prefix, port };
        let host = |name: &str, port| HttpPlace::Host { name: name.to_owned(), port };
        let cases = [
            ("10.0.0.0/8", network("10.0.0.0", 8, None)),
            ("127.0.0.1:8080", network("127.0.0.1", 32, Some(8080))),
            ("192.168.1.7", network("192.168.1.7", 32, None)),
            ("[::1]:8080", network("::1", 128, Some(8080))),
            ("fd00::/8", network("fd00::", 8, None)),
            ("CRM.internal", host("crm.internal", None)),
            ("crm.internal:81", host("crm.internal", Some(81))),
        ];
        for (text, wanted) in cases {
            assert_eq!(place(text), Some(wanted), "{text}");
        }
        for wrong in ["", "10.0.0.0/40", "crm internal", "crm:0", "crm:http", "http://crm", "::1]:80", "1.2.3"] {
            assert_eq!(place(wrong), None, "{wrong}");
        }
    }
}
