//! The torture messages of RFC 4475 and RFC 5118 against lexer and validation.
//!
//! What an endpoint decides later (401, 404, 481, stray responses) is not judged here.

#![allow(clippy::print_stdout, reason = "prints the table of verdicts")]

use sip::Message;
use sip::message::{HeaderName, Method, ParseErrorKind, Request, parse_datagram, validate, validate_response};
use std::path::PathBuf;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Valid,
    Response,
    Refused(u16),
    Dropped,
}

fn verdict(bytes: &[u8]) -> (Verdict, String) {
    match parse_datagram(bytes) {
        Err(error) if error.reply.is_some() => (Verdict::Refused(error.status()), error.to_string()),
        Err(error) => (Verdict::Dropped, error.to_string()),
        Ok(Message::Request(request)) => match validate(&request) {
            Ok(()) => (Verdict::Valid, String::new()),
            Err(refusal) => (Verdict::Refused(refusal.status), format!("{} {:?}", refusal.reason, refusal.headers)),
        },
        Ok(Message::Response(response)) => match validate_response(&response) {
            Ok(()) => (Verdict::Response, String::new()),
            Err(error) => (Verdict::Dropped, error.to_string()),
        },
    }
}

fn fits(expectation: &str, verdict: Verdict) -> bool {
    /// What the endpoint answers to a request that is valid in itself.
    const LATER: [u16; 5] = [200, 401, 403, 404, 481];
    let (kind, statuses) = expectation.split_once(':').unwrap_or((expectation, ""));
    let statuses: Vec<u16> = statuses.split('|').filter_map(|status| status.parse().ok()).collect();
    let refused_as_expected = matches!(verdict, Verdict::Refused(status) if statuses.contains(&status));
    match kind {
        "valid" if statuses.is_empty() => matches!(verdict, Verdict::Valid | Verdict::Refused(405)),
        "valid" => refused_as_expected || verdict == Verdict::Valid && statuses.iter().any(|s| LATER.contains(s)),
        "valid-response" => verdict == Verdict::Response,
        "reject" => refused_as_expected,
        "reject-or-tolerate" => refused_as_expected || verdict == Verdict::Valid,
        "reject-or-drop" => refused_as_expected || verdict == Verdict::Dropped,
        "drop" => verdict == Verdict::Dropped,
        "survive" => true,
        other => panic!("unknown expectation {other}"),
    }
}

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/corpora/sip").join(name)
}

fn misses(corpus: &str) -> Vec<String> {
    let index = std::fs::read_to_string(folder(corpus).join("index.tsv")).unwrap();
    let mut misses = Vec::new();
    let mut count = 0;
    for line in index.lines().skip(1) {
        let mut columns = line.split('\t');
        let (file, section) = (columns.next().unwrap(), columns.next().unwrap());
        let expectation = columns.nth(1).unwrap();
        let bytes = std::fs::read(folder(corpus).join(file)).unwrap();
        let (verdict, why) = verdict(&bytes);
        let fits = fits(expectation, verdict);
        let mark = if fits { "ok" } else { "MISS" };
        println!("{mark:4} {section:9} {file:36} {expectation:24} {:14} {why}", format!("{verdict:?}"));
        count += 1;
        if !fits {
            misses.push(file.to_owned());
        }
    }
    println!("{corpus}: {} of {count} as expected\n", count - misses.len());
    misses
}

#[test]
fn the_messages_of_rfc_4475_are_judged_as_it_says() {
    assert_eq!(misses("rfc4475"), Vec::<String>::new());
}

#[test]
fn the_messages_of_rfc_5118_are_judged_as_it_says() {
    assert_eq!(misses("rfc5118"), Vec::<String>::new());
}

fn request(corpus: &str, file: &str) -> Request {
    match parse_datagram(&std::fs::read(folder(corpus).join(file)).unwrap()) {
        Ok(Message::Request(request)) => request,
        other => panic!("{file}: {other:?}"),
    }
}

#[test]
fn the_short_tortuous_invite_keeps_its_meaning() {
    let invite = request("rfc4475", "wsinv.dat");
    assert_eq!(invite.headers.to().unwrap().tag(), Some("1918181833n"));
    assert_eq!(invite.headers.from().unwrap().display, "J Rosenberg \\\"");
    assert_eq!(invite.headers.cseq().unwrap().0, 9);
    assert_eq!(invite.headers.max_forwards().unwrap(), Some(68));
    assert_eq!(invite.headers.vias().unwrap().len(), 3);
    assert_eq!(invite.headers.via_top().unwrap().branch(), Some("390skdjuw"));
    assert_eq!(invite.headers.contacts().unwrap()[0].params.get("newparam"), Some("newvalue"));
    assert!(invite.sdp().unwrap().ends_with("a=rtpmap:31 LPC\r\n"));
}

#[test]
fn escapes_are_undone_once_and_never_cut_the_user() {
    let escaped = request("rfc4475", "escnull.dat").headers.to().unwrap().uri;
    assert_eq!(escaped.user_unescaped(), "null-\0-null");
    assert_eq!(escaped.to_string(), "sip:null-%00-null@example.com");
    let semicolon = request("rfc4475", "semiuri.dat").uri;
    assert_eq!(semicolon.user_unescaped(), "user;par=u@example.net");
    assert_eq!(semicolon.host.to_string(), "example.com");
}

#[test]
fn bytes_after_the_declared_length_of_a_datagram_are_ignored() {
    let register = request("rfc4475", "dblreq.dat");
    assert_eq!(register.method, Method::Register);
    assert!(register.body.is_empty());
}

#[test]
fn parameters_of_a_bare_contact_belong_to_the_field_and_those_in_brackets_to_the_uri() {
    let bare = &request("rfc4475", "cparam01.dat").headers.contacts().unwrap()[0];
    assert!(bare.params.has("unknownparam") && !bare.uri.params.has("unknownparam"));
    let bracketed = &request("rfc4475", "cparam02.dat").headers.contacts().unwrap()[0];
    assert!(!bracketed.params.has("unknownparam") && bracketed.uri.params.has("unknownparam"));
    let escaped = &request("rfc4475", "regescrt.dat").headers.contacts().unwrap()[0];
    assert_eq!(escaped.uri.headers, "Route=%3Csip:sip.example.com%3E");
}

#[test]
fn both_unknown_requirements_are_named() {
    let refusal = validate(&request("rfc4475", "bext01.dat")).unwrap_err();
    let unsupported = &refusal.headers[0].1;
    assert_eq!(refusal.status, 420);
    assert!(unsupported.contains("nothingSupportsThis,") && unsupported.contains("nothingSupportsThisEither"));
}

#[test]
fn the_port_of_an_ipv6_host_stands_outside_of_its_brackets() {
    let ambiguous = request("rfc5118", "port-ambiguous.dat").uri;
    assert_eq!((ambiguous.host.to_string().as_str(), ambiguous.port), ("[2001:db8::10:5070]", None));
    assert_eq!(request("rfc5118", "port-unambiguous.dat").uri.port, Some(5070));
    let with = request("rfc5118", "via-received-param-with-delim.dat").headers.via_top().unwrap();
    let without = request("rfc5118", "via-received-param-no-delim.dat").headers.via_top().unwrap();
    assert_eq!(with.received(), without.received());
    assert!(with.received().is_some());
}

#[test]
fn every_message_survives_being_cut_at_any_byte_and_having_any_byte_replaced() {
    for corpus in ["rfc4475", "rfc5118"] {
        for entry in std::fs::read_dir(folder(corpus)).unwrap() {
            let bytes = std::fs::read(entry.unwrap().path()).unwrap();
            for at in 0..bytes.len() {
                judge(&bytes[..at]);
                let mut changed = bytes.clone();
                changed[at] = b"\0\r\n\";<>:%, \xff9"[at % 13];
                judge(&changed);
            }
        }
    }
}

/// Looks at everything that an endpoint may look at.
fn judge(bytes: &[u8]) {
    match parse_datagram(bytes) {
        Ok(Message::Request(request)) => {
            _ = validate(&request);
            _ = request.uri.addr();
            _ = request.headers.name_addrs(&HeaderName::PAssertedIdentity);
        }
        Ok(Message::Response(response)) => _ = validate_response(&response),
        Err(error) => assert!(error.kind != ParseErrorKind::Empty || error.response("x").is_none()),
    }
}
