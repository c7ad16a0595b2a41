//! 3xx answers to our INVITEs: refused, or followed as far as the policy allows.

use super::registration::registered;
use super::*;
use domain::Cause;

fn moved(invite: &Request, code: u16, contacts: &str) -> Response {
    let mut response = answer_to(invite, code, "r", None);
    response.headers.set(HeaderName::Contact, contacts);
    response
}

fn uri() -> Command {
    invite_to(Target::Uri("sip:4711@10.0.0.2".to_owned()))
}

#[test]
fn a_trunk_that_redirects_is_not_followed() {
    let mut bench = Bench::new();
    bench.command(invite_to(Target::Trunk("pstn".parse().unwrap(), "+4989".to_owned())));
    bench.respond(udp(GATEWAY), moved(&bench.last_request("INVITE"), 302, "<sip:+881234@10.0.0.7>"));
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::Unreachable, status: Some(302) }]);
    assert_eq!(bench.lines(), ["INVITE", "ACK"]);
}

#[test]
fn a_trunk_is_followed_where_the_policy_says_so_but_only_it_gets_its_credentials() {
    let mut setup = setup(US);
    setup.policy.redirects.trunks = 1;
    let mut bench = Bench::with(setup);
    bench.command(invite_to(Target::Trunk("pstn".parse().unwrap(), "+4989".to_owned())));
    bench.respond(udp(GATEWAY), moved(&bench.last_request("INVITE"), 302, "<sip:+4990@10.0.0.7>"));
    let second = bench.last_request("INVITE");
    let mut challenge = answer_to(&second, 401, "r", None);
    challenge.headers.push(HeaderName::WwwAuthenticate, "Digest realm=\"o\",nonce=\"n\",qop=\"auth\",algorithm=MD5");
    bench.respond(udp("10.0.0.7:5060"), challenge);
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::Forbidden, status: Some(401) }]);
}

#[test]
fn contacts_are_called_one_after_the_other_in_the_order_of_q_in_the_same_call() {
    let mut bench = Bench::new();
    bench.command(uri());
    let first = bench.last_request("INVITE");
    let contacts =
        "<sip:low@10.0.0.7>;q=0.1, <sip:high@10.0.0.8:5070?Route=x;method=BYE>;q=0.9, <sip:mid@10.0.0.9>;q=0.5";
    bench.respond(udp(GATEWAY), moved(&first, 300, contacts));
    let second = bench.last_request("INVITE");
    assert_eq!(second.uri.to_string(), "sip:high@10.0.0.8:5070");
    assert_eq!(bench.sent.last().unwrap().1, Destination::Udp(address("10.0.0.8:5070")));
    assert_eq!(second.headers.call_id(), first.headers.call_id());
    assert_eq!(second.headers.first(&HeaderName::To), first.headers.first(&HeaderName::To));
    assert_eq!(second.headers.from(), first.headers.from());
    assert_eq!((second.headers.cseq().unwrap().0, second.sdp()), (2, Some(OFFER)));
    bench.respond(udp("10.0.0.8:5070"), answer_to(&second, 486, "h", None));
    let third = bench.last_request("INVITE");
    assert_eq!(third.uri.to_string(), "sip:mid@10.0.0.9");
    bench.fact(Fact::SendFailed(Destination::Udp(address("10.0.0.9:5060"))));
    let fourth = bench.last_request("INVITE");
    assert_eq!(fourth.uri.to_string(), "sip:low@10.0.0.7");
    assert_eq!(bench.told(), [], "the call waits for the last word");
    bench.respond(udp("10.0.0.7:5060"), answer_to(&fourth, 200, "l", Some(ANSWER)));
    assert_eq!(bench.told(), [Effect::Answered { leg: LEG, sdp: ANSWER.to_owned(), browser: false }]);
}

#[test]
fn loops_are_cut_and_so_is_the_fourth_redirection() {
    let mut bench = Bench::new();
    bench.command(uri());
    // There and back again.
    bench.respond(udp(GATEWAY), moved(&bench.last_request("INVITE"), 302, "<sip:b@10.0.0.7>"));
    bench.respond(udp(GATEWAY), moved(&bench.last_request("INVITE"), 302, "<sip:4711@10.0.0.2>"));
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::Unreachable, status: Some(302) }]);

    let mut bench = Bench::new();
    bench.command(uri());
    for n in 1..=4 {
        assert_eq!(bench.told(), []);
        bench.respond(udp(GATEWAY), moved(&bench.last_request("INVITE"), 302, &format!("<sip:n{n}@10.0.0.7>")));
    }
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::Unreachable, status: Some(302) }]);
    assert_eq!(bench.lines().iter().filter(|line| *line == "INVITE").count(), 4);
}

#[test]
fn what_cannot_be_reached_is_passed_over() {
    let mut bench = Bench::new();
    bench.command(uri());
    let contacts = "<sip:a@name.example>, <tel:+4930>, <sip:b@10.0.0.8;transport=ws>, <sip:c@10.0.0.8;transport=sctp>, \
                    <sip:nobody@10.0.0.1:5060>, <sip:d@10.0.0.9;transport=tcp>";
    bench.respond(udp(GATEWAY), moved(&bench.last_request("INVITE"), 302, contacts));
    assert_eq!(bench.sent.last().unwrap().1, Destination::Tcp(address("10.0.0.9:5060")));
    assert_eq!(bench.last_request("INVITE").uri.to_string(), "sip:d@10.0.0.9;transport=tcp");
}

#[test]
fn a_phone_forwards_to_a_colleague_who_is_registered_here() {
    let mut bench = Bench::new();
    registered(&mut bench, websocket(3), "<sip:x9@abc.invalid;transport=ws>");
    bench.told.clear();
    bench.command(uri());
    bench.respond(udp(GATEWAY), moved(&bench.last_request("INVITE"), 302, "<sip:anna@10.0.0.1:5060>"));
    let second = bench.last_request("INVITE");
    assert_eq!(bench.sent.last().unwrap().1, Destination::Flow(FlowId(3)));
    assert!(second.headers.first(&HeaderName::Contact).unwrap().contains("transport=ws"));
    bench.respond(websocket(3), answer_to(&second, 200, "l", Some(ANSWER)));
    assert_eq!(bench.told(), [Effect::Answered { leg: LEG, sdp: ANSWER.to_owned(), browser: true }]);
}

#[test]
fn a_redirection_of_a_call_that_nobody_wants_any_more_is_not_followed() {
    let mut bench = Bench::new();
    bench.command(uri());
    let invite = bench.last_request("INVITE");
    bench.command(Command::HangUp { leg: LEG, cause: Cause::Normal });
    bench.told.clear();
    bench.respond(udp(GATEWAY), moved(&invite, 302, "<sip:b@10.0.0.7>"));
    assert_eq!(bench.lines(), ["INVITE", "ACK"]);
    assert_eq!(bench.told(), []);
}

#[test]
fn a_global_refusal_ends_the_search() {
    let mut bench = Bench::new();
    bench.command(uri());
    bench.respond(udp(GATEWAY), moved(&bench.last_request("INVITE"), 302, "<sip:b@10.0.0.7>, <sip:c@10.0.0.8>"));
    bench.respond(udp(GATEWAY), answer_to(&bench.last_request("INVITE"), 603, "b", None));
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::Declined, status: Some(603) }]);
}
