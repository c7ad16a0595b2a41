//! URLs of `http` nodes: whom to ask, and a path and a query with variables in them.

use core::net::Ipv6Addr;
use domain::HttpOrigin;
use ivr::Piece;

/// What is wrong with a URL.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// It is none that can be asked.
    Wrong(String),
    /// It holds a secret.
    Secret(String),
}

/// A URL that was understood.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Url {
    pub(crate) origin: HttpOrigin,
    pub(crate) target: Vec<Piece>,
    /// The variables in it, each with its byte.
    pub(crate) names: Vec<(String, usize)>,
}

/// Names of parameters that hold secrets.
const SECRETS: &[&str] = &[
    "token",
    "access_token",
    "auth",
    "key",
    "apikey",
    "api_key",
    "api-key",
    "secret",
    "client_secret",
    "password",
    "passwd",
    "pwd",
    "signature",
    "sig",
];

fn wrong<T>(why: impl Into<String>, at: usize) -> Result<T, (Flaw, usize)> {
    Err((Flaw::Wrong(why.into()), at))
}

/// Reads a URL; what is wrong with it, and at which byte.
pub(crate) fn read(text: &str) -> Result<Url, (Flaw, usize)> {
    let schemes = [("https://", true), ("http://", false)];
    let Some((scheme, tls)) = schemes.into_iter().find(|(scheme, _)| text.starts_with(scheme)) else {
        return wrong(format!("`{text}` must begin with https:// or http://"), 0);
    };
    let start = scheme.len();
    let rest = text.get(start..).unwrap_or_default();
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, target) = rest.split_at(end);
    let origin = origin(authority, tls).map_err(|flaw| (flaw, start))?;
    let from = start + end;
    if let Some(at) = target.find('#') {
        return wrong("what follows # is not sent", from + at);
    }
    let mut url = Url { origin, target: Vec::new(), names: Vec::new() };
    if !target.starts_with('/') {
        url.target.push(Piece::Text("/".to_owned()));
    }
    let query = target.find('?').unwrap_or(target.len());
    if target[..query].split('/').any(|segment| matches!(segment, "." | "..")) {
        return wrong("`.` and `..` lead to another path than the one written", from);
    }
    refuse_secrets(target, query, from)?;
    pieces(target, query, from, &mut url)?;
    Ok(url)
}

fn origin(authority: &str, tls: bool) -> Result<HttpOrigin, Flaw> {
    if authority.contains('@') {
        return Err(Flaw::Secret("a user name or password in a URL shows wherever the URL shows".to_owned()));
    }
    if authority.contains(['$', '{']) {
        return Err(Flaw::Wrong("a variable may stand in the path and in the query, not in the host".to_owned()));
    }
    let bad = || Flaw::Wrong(format!("`{authority}` is no host, perhaps with a port"));
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or_else(bad)?;
            host.parse::<Ipv6Addr>().map_err(|_| bad())?;
            (host, port)
        }
        None => {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            if !is_name(host) {
                return Err(bad());
            }
            (host, port)
        }
    };
    let port = match port.strip_prefix(':') {
        Some(port) => port.parse().ok().filter(|port| *port > 0).ok_or_else(bad)?,
        None if port.is_empty() => {
            if tls {
                443
            } else {
                80
            }
        }
        None => return Err(bad()),
    };
    Ok(HttpOrigin { tls, host: host.to_owned(), port })
}

/// True for a host's name, or an address of IPv4.
pub(crate) fn is_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    text.len() <= 253 && text.strip_suffix('.').unwrap_or(text).split('.').all(label)
}

fn refuse_secrets(target: &str, query: usize, from: usize) -> Result<(), (Flaw, usize)> {
    let mut at = query + 1;
    for parameter in target.get(at..).unwrap_or_default().split('&') {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        if SECRETS.contains(&name.to_ascii_lowercase().as_str()) && !value.is_empty() && !value.starts_with('$') {
            return Err((Flaw::Secret(format!("`{name}` in a URL shows wherever the URL shows")), from + at));
        }
        at += parameter.len() + 1;
    }
    Ok(())
}

fn pieces(target: &str, query: usize, from: usize, url: &mut Url) -> Result<(), (Flaw, usize)> {
    let (mut at, mut text) = (0, String::new());
    while let Some(rest) = target.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(after) = rest.strip_prefix('$') {
            let Some((name, length)) = name(after) else {
                return wrong("$ begins a variable, $name or ${name}; write %24 for the sign itself", from + at);
            };
            url.target.extend(Some(core::mem::take(&mut text)).filter(|text| !text.is_empty()).map(Piece::Text));
            let piece = if at < query { Piece::InPath } else { Piece::InQuery };
            url.target.push(piece(name.to_owned()));
            url.names.push((name.to_owned(), from + at));
            at += 1 + length;
            continue;
        }
        let Some(character) = rest.chars().next() else { break };
        if !character.is_ascii_graphic() || "<>\"\\^`{|}".contains(character) {
            return wrong(format!("`{character}` must be written as % and two digits for each byte"), from + at);
        }
        text.push(character);
        at += character.len_utf8();
    }
    url.target.extend(Some(text).filter(|text| !text.is_empty()).map(Piece::Text));
    Ok(())
}

/// The name that follows a $, and how many bytes it takes: `name`, or `{name}` for names with other characters.
fn name(text: &str) -> Option<(&str, usize)> {
    if let Some(rest) = text.strip_prefix('{') {
        let name = rest.split('}').next().filter(|name| !name.is_empty() && name.len() < rest.len())?;
        return Some((name, name.len() + 2));
    }
    let end = text.find(|c: char| !(c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')).unwrap_or(text.len());
    let name = text.get(..end).filter(|name| name.starts_with(|c: char| c.is_ascii_lowercase()))?;
    Some((name, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin_of(text: &str) -> String {
        read(text).unwrap_or_else(|flaw| panic!("{text}: {flaw:?}")).origin.url()
    }

    #[test]
    fn a_host_may_be_a_name_or_an_address_with_a_port() {
        assert_eq!(origin_of("https://orders.example.com/v1"), "https://orders.example.com");
        assert_eq!(origin_of("http://127.0.0.1:8080"), "http://127.0.0.1:8080");
        assert_eq!(origin_of("https://[2001:db8::1]:443?x=1"), "https://[2001:db8::1]");
        for wrong in
            ["ftp://a/", "https://", "https://a:0/", "https://a:70000/", "https://a b/", "https://[::1/", "//a"]
        {
            assert!(matches!(read(wrong), Err((Flaw::Wrong(_), _))), "{wrong}");
        }
        assert!(matches!(read("https://$host/"), Err((Flaw::Wrong(_), 8))));
    }

    #[test]
    fn variables_stand_in_the_path_and_in_the_query() {
        let url = read("https://a/x/$order/${main-menu}.json?who=$n&y=1").unwrap();
        let text = |text: &str| Piece::Text(text.to_owned());
        let pieces = [
            text("/x/"),
            Piece::InPath("order".to_owned()),
            text("/"),
            Piece::InPath("main-menu".to_owned()),
            text(".json?who="),
            Piece::InQuery("n".to_owned()),
            text("&y=1"),
        ];
        assert_eq!(url.target, pieces);
        assert_eq!(url.names, [("order".to_owned(), 12), ("main-menu".to_owned(), 19), ("n".to_owned(), 41)]);
        assert_eq!(read("https://a?x=$n").unwrap().target[..2], [text("/"), text("?x=")]);
        for (wrong, at) in [("https://a/$", 10), ("https://a/${x", 10), ("https://a/ü", 10), ("https://a/x#y", 11)] {
            assert!(matches!(read(wrong), Err((Flaw::Wrong(_), place)) if place == at), "{wrong}");
        }
        assert!(matches!(read("https://a/x/../y"), Err((Flaw::Wrong(_), _))));
    }

    #[test]
    fn secrets_are_found() {
        for (secret, at) in [("https://me:pw@a/", 8), ("https://a/x?y=1&api_key=abc", 16), ("https://a?token=abc", 10)]
        {
            assert!(
                matches!(read(secret), Err((Flaw::Secret(_), place)) if place == at),
                "{secret}: {:?}",
                read(secret)
            );
        }
        assert!(read("https://a/token?key=$digits&sig=").is_ok());
    }
}
