//! TLS and SIPS: what stands in Via and Contact, and by which way messages go (RFC 3261 §26.2.2, RFC 5630, RFC 5923).

use super::registration::registered;
use super::*;
use domain::Cause;

const TLS_US: &str = "10.0.0.1:5061";

/// In the networks of the trunk.
const INSIDE_THE_TRUNK: &str = "10.0.0.7:40000";

fn secured(mut change: impl FnMut(&mut Setup)) -> Bench {
    let mut setup = setup(US);
    setup.tls_advertised = Some(address(TLS_US));
    change(&mut setup);
    Bench::with(setup)
}

fn tls(flow: u64, remote: &str) -> Source {
    Source { transport: Transport::Tls, local: address(TLS_US), remote: address(remote), flow: Some(FlowId(flow)) }
}

#[test]
fn a_phone_that_registered_over_tls_is_called_by_its_connection_and_told_our_address_there() {
    let mut bench = secured(|_| ());
    registered(&mut bench, tls(5, "198.51.100.9:50123"), "<sip:anna@198.51.100.9:50123;transport=tls>");
    assert_eq!(bench.told(), [Effect::Registered { user: "anna".to_owned(), transport: Transport::Tls }]);
    bench.command(invite_to(Target::Registered("anna".to_owned())));
    assert_eq!(bench.sent.last().unwrap().1, Destination::Flow(FlowId(5)));
    let invite = bench.last_request("INVITE");
    let via = invite.headers.via_top().unwrap();
    assert_eq!((via.transport.as_str(), via.port), ("TLS", Some(5061)));
    assert_eq!(invite.headers.first(&HeaderName::Contact), Some("<sip:switchroom@10.0.0.1:5061;transport=tls>"));
    bench.respond(tls(5, "198.51.100.9:50123"), answer_to(&invite, 200, "p", Some(ANSWER)));
    assert_eq!(bench.told(), [Effect::Answered { leg: LEG, sdp: ANSWER.to_owned(), browser: false }]);
}

#[test]
fn a_sips_call_is_answered_with_a_sips_contact_and_stays_on_its_connection_while_that_is_open() {
    for open in [true, false] {
        let mut bench = secured(|_| ());
        let source = tls(8, "10.0.0.2:40001");
        let over_tls = |text: String| text.replace("SIP/2.0/UDP", "SIP/2.0/TLS").replace("<sip:gate", "<sips:gate");
        bench.receive(source, &over_tls(request("INVITE", "i", 1, "", &with_sdp(OFFER))));
        let leg = bench.incoming();
        bench.command(Command::Answer { leg, sdp: ANSWER.to_owned() });
        let ok = bench.last_response();
        assert_eq!(ok.headers.first(&HeaderName::Contact), Some("<sips:switchroom@10.0.0.1:5061>"));
        bench.receive(source, &over_tls(request("ACK", "a", 1, &to_tag(&ok), "")));
        if !open {
            bench.fact(Fact::FlowClosed(FlowId(8)));
        }
        bench.command(Command::HangUp { leg, cause: Cause::Normal });
        assert_eq!(bench.last_request("BYE").headers.via_top().unwrap().transport, "TLS");
        let way = if open { Destination::Flow(FlowId(8)) } else { Destination::Tls(address("10.0.0.2:5060")) };
        assert_eq!(bench.sent.last().unwrap().1, way);
    }
}

#[test]
fn a_trunk_is_called_over_tls_and_told_so() {
    let mut bench = secured(|setup| setup.trunks[0].peer = Some(Destination::Tls(address("10.0.0.2:5061"))));
    bench.command(invite_to(Target::Trunk("pstn".parse().unwrap(), "+4989".to_owned())));
    assert_eq!(bench.sent.last().unwrap().1, Destination::Tls(address("10.0.0.2:5061")));
    let invite = bench.last_request("INVITE");
    assert_eq!(invite.uri.to_string(), "sip:+4989@10.0.0.2:5061;transport=tls");
    assert_eq!(invite.headers.first(&HeaderName::Contact), Some("<sip:switchroom@10.0.0.1:5061;transport=tls>"));
    bench.fact(Fact::SendFailed(Destination::Tls(address("10.0.0.2:5061"))));
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::Unreachable, status: None }]);
}

#[test]
fn a_sips_uri_is_called_over_tls_at_its_own_port() {
    for (uri, contact) in [
        ("sips:4711@10.0.0.9", "<sips:switchroom@10.0.0.1:5061>"),
        ("sip:4711@10.0.0.9;transport=tls", "<sip:switchroom@10.0.0.1:5061;transport=tls>"),
    ] {
        let mut bench = secured(|_| ());
        bench.command(invite_to(Target::Uri(uri.to_owned())));
        assert_eq!(bench.sent.last().unwrap().1, Destination::Tls(address("10.0.0.9:5061")), "{uri}");
        assert_eq!(bench.last_request("INVITE").headers.first(&HeaderName::Contact), Some(contact));
    }
}

#[test]
fn a_browser_over_tls_is_one_and_is_never_a_trunk() {
    let mut bench = secured(|_| ());
    let browser = Source { transport: Transport::Wss, ..tls(4, INSIDE_THE_TRUNK) };
    registered(&mut bench, browser, "<sips:x9@abc.invalid;transport=ws>");
    bench.told();
    bench.command(invite_to(Target::Registered("anna".to_owned())));
    let invite = bench.last_request("INVITE");
    assert_eq!(invite.headers.via_top().unwrap().transport, "WSS");
    assert_eq!(invite.headers.first(&HeaderName::Contact), Some("<sips:switchroom@10.0.0.1:5060;transport=ws>"));
    bench.respond(browser, answer_to(&invite, 200, "p", Some(ANSWER)));
    assert_eq!(bench.told(), [Effect::Answered { leg: LEG, sdp: ANSWER.to_owned(), browser: true }]);
}
