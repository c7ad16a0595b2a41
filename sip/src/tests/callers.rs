//! What is told of callers, by trunks to us and by us to others.

use super::*;
use crate::api::{Diversion, IncomingInvite, Verstat};

/// The call that comes in with these header lines.
fn told_with(bench: &mut Bench, lines: &str) -> IncomingInvite {
    bench.receive(udp(GATEWAY), &request("INVITE", "i", 1, "", &format!("{lines}{}", with_sdp(OFFER))));
    let told = bench.told();
    let [Effect::Incoming(invite)] = told.as_slice() else { panic!("{told:?}") };
    (**invite).clone()
}

fn told(lines: &str) -> IncomingInvite {
    told_with(&mut Bench::new(), lines)
}

fn untrusting() -> Bench {
    let mut setup = setup(US);
    setup.trunks[0].trusted = false;
    Bench::with(setup)
}

#[test]
fn the_first_diversion_is_the_lowest_one() {
    let lines = "Diversion: <sip:+492@c.example>;reason=no-answer;counter=1\n\
                 Diversion: \"Sales, all\" <sip:+491@c.example;user=phone>;reason=\"User-Busy\", junk\n";
    let first = Diversion { number: "+491".to_owned(), name: "Sales, all".to_owned(), reason: "user-busy".to_owned() };
    assert_eq!(told(lines).diversion, Some(first));
    assert_eq!(told("").diversion, None);
    assert_eq!(told("Diversion: rubbish <\n").diversion, None);
}

#[test]
fn history_info_tells_the_first_entry_that_was_left_for_a_reason() {
    let number = |lines: &str| told(lines).diversion.map(|diversion| (diversion.number, diversion.reason));
    let by_cause = "History-Info: <sip:+491@c.example>;index=1, <sip:+492@c.example;cause=302>;index=1.1, \
                    <sip:+493@c.example;cause=486>;index=1.1.1\n";
    assert_eq!(number(by_cause), Some(("+491".to_owned(), "unconditional".to_owned())));
    let by_reason = "History-Info: <sip:+491@c.example?Reason=SIP%3Bcause%3D408%3Btext%3D%22x%22>;index=1\n\
                     History-Info: <sip:+492@c.example>;index=1.1\n";
    assert_eq!(number(by_reason), Some(("+491".to_owned(), "no-answer".to_owned())));
    let mere_routing = "History-Info: <sip:+491@c.example>;index=1, <sip:+491@10.0.0.1>;index=1.1;rc=1\n";
    assert_eq!(number(mere_routing), None);
}

#[test]
fn what_caller_and_network_add_is_told_as_written() {
    let lines = "User-to-User: 00a1b2;encoding=hex\nUser-to-User: 56a3\nPrivacy: ID; Critical\n\
                 Reason: Q.850;cause=19\nX-Case: 4711\nX-Secret: no\n";
    let mut setup = setup(US);
    setup.trunks[0].pass_headers = vec!["x-case".to_owned(), "Via".to_owned()];
    let invite = told_with(&mut Bench::with(setup), lines);
    assert_eq!(invite.user_to_user, ["00a1b2;encoding=hex", "56a3"]);
    assert_eq!(invite.privacy, ["id", "critical"]);
    assert_eq!(invite.reasons, ["Q.850;cause=19"]);
    assert_eq!(invite.headers, [("X-Case".to_owned(), "4711".to_owned())]);
    assert_eq!(told(lines).headers, [], "no list, nothing passes");
}

#[test]
fn verstat_is_believed_of_trusted_trunks_only() {
    let identity = |value: &str| format!("P-Asserted-Identity: {value}\n");
    let cases = [
        ("<tel:+1215;verstat=TN-Validation-Passed>", Some(Verstat::Passed)),
        ("<sip:+1215;verstat=TN-Validation-Failed@c.example;user=phone>", Some(Verstat::Failed)),
        ("<sip:+1215@c.example;verstat=No-TN-Validation>", Some(Verstat::NotVerified)),
        ("<sip:+1215;verstat=TN-Validation-Passed-A@c.example>", Some(Verstat::Passed)),
        ("<sip:+1215@c.example>, <tel:+1215;verstat=TN-Validation-Passed>", Some(Verstat::Passed)),
        ("<tel:+1215;verstat=perhaps>", None),
        ("<tel:+1215>", None),
    ];
    for (value, expected) in cases {
        let invite = told(&identity(value));
        assert_eq!((invite.ani.as_str(), invite.verstat), ("+1215", expected), "{value}");
        assert_eq!(told_with(&mut untrusting(), &identity(value)).verstat, None);
    }
    let mut bench = Bench::new();
    let in_from =
        request("INVITE", "i", 1, "", &with_sdp(OFFER)).replace("+4940555@", "+4940555;verstat=TN-Validation-Passed@");
    bench.receive(udp(GATEWAY), &in_from);
    let told = bench.told();
    let [Effect::Incoming(invite)] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((invite.ani.as_str(), invite.verstat), ("+4940555", Some(Verstat::Passed)));
}

#[test]
fn the_asserted_number_of_an_untrusted_trunk_or_a_private_caller_is_not_used() {
    let asserted = "P-Asserted-Identity: \"Carla\" <sip:+49305550@10.0.0.2>\n";
    assert_eq!(told(asserted).ani, "+49305550");
    assert_eq!(told_with(&mut untrusting(), asserted).ani, "+4940555");
    assert_eq!(told(&format!("{asserted}Privacy: id\n")).ani, "+4940555");
}

fn outgoing(bench: &mut Bench, to: Target, headers: &[(&str, &str)]) -> Request {
    let Command::Invite(mut invite) = invite_to(to) else { unreachable!() };
    invite.headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    bench.command(Command::Invite(invite));
    bench.last_request("INVITE")
}

const ALL: [(&str, &str); 6] = [
    ("Privacy", "id"),
    ("Diversion", "<sip:+491@c.example>;reason=no-answer"),
    ("History-Info", "<sip:+491@c.example>;index=1"),
    ("User-to-User", "00a1;encoding=hex"),
    ("Reason", "Q.850;cause=19"),
    ("X-Case", "4711"),
];

fn trunk() -> Target {
    Target::Trunk("pstn".parse().unwrap(), "+4989".to_owned())
}

#[test]
fn a_private_caller_is_named_to_trusted_trunks_alone_and_never_in_from() {
    let trusted = outgoing(&mut Bench::new(), trunk(), &ALL);
    assert!(trusted.headers.first(&HeaderName::PAssertedIdentity).unwrap().contains("+4930123"));
    for (name, value) in ALL {
        assert_eq!(trusted.headers.first(&HeaderName::parse(name)), Some(value));
    }
    let untrusted = outgoing(&mut untrusting(), trunk(), &ALL);
    let uri = outgoing(&mut Bench::new(), Target::Uri("sip:4711@10.0.0.2".to_owned()), &ALL);
    for request in [&untrusted, &uri] {
        let text = String::from_utf8_lossy(&request.to_bytes()).into_owned();
        assert!(!text.contains("4930123") && !text.contains("Carla") && !text.contains("+491"), "{text}");
        assert_eq!(request.headers.first(&HeaderName::Privacy), Some("id"));
        assert_eq!(request.headers.first(&HeaderName::UserToUser), Some("00a1;encoding=hex"));
        assert_eq!(request.headers.first(&HeaderName::parse("X-Case")), Some("4711"));
    }
    for request in [&trusted, &untrusted, &uri] {
        assert!(
            request
                .headers
                .first(&HeaderName::From)
                .unwrap()
                .starts_with("\"Anonymous\" <sip:anonymous@anonymous.invalid>")
        );
        assert_eq!(request.headers.count(&HeaderName::Privacy), 1);
    }
}

#[test]
fn a_caller_who_hides_nothing_is_named_to_everybody() {
    let fields = [("Privacy", "none"), ALL[1], ("From", "<sip:evil@x>"), ("Call-ID", "mine"), ("Route", "<sip:evil>")];
    let invite = outgoing(&mut untrusting(), trunk(), &fields);
    assert!(invite.headers.first(&HeaderName::From).unwrap().contains("+4930123"));
    assert!(invite.headers.first(&HeaderName::PAssertedIdentity).unwrap().contains("+4930123"));
    assert!(invite.headers.has(&HeaderName::Diversion));
    assert_eq!((invite.headers.count(&HeaderName::From), invite.headers.count(&HeaderName::CallId)), (1, 1));
    assert!(!invite.headers.has(&HeaderName::Route));
}
