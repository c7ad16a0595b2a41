//! What the door is told: wrong passwords, and where somebody is known.

use super::calls::talking;
use super::registration::{PHONE, prove, register, registered};
use super::*;
use crate::api::DoorNote;
use domain::Cause;

fn home(at: Destination, known: bool) -> DoorNote {
    DoorNote::Home { at, known }
}

#[test]
fn a_wrong_password_is_told_with_its_address_and_a_challenge_without_one_is_not() {
    let mut bench = Bench::new();
    bench.receive(udp(PHONE), &register(1, "<sip:anna@192.168.1.5>", "", ""));
    assert_eq!(bench.at_the_door(), []);
    let proof = prove(&bench, "anna", "SHA-256").replace("response=\"", "response=\"0");
    bench.receive(udp(PHONE), &register(2, "<sip:anna@192.168.1.5>", &proof, ""));
    assert_eq!(bench.at_the_door(), [DoorNote::Failure(address(PHONE).ip())]);
}

#[test]
fn a_phone_is_known_where_it_is_registered_and_no_longer_than_that() {
    let mut bench = Bench::new();
    registered(&mut bench, udp(PHONE), "<sip:anna@192.168.1.5>");
    let first = Destination::Udp(address(PHONE));
    assert_eq!(bench.at_the_door(), [home(first, true)]);
    // It registers again, and its NAT has given it another port.
    let second = "192.0.2.10:40001";
    bench.told();
    bench.receive(udp(second), &register(3, "<sip:anna@192.168.1.5>", "", ""));
    let proof = prove(&bench, "anna", "SHA-256");
    bench.receive(udp(second), &register(4, "<sip:anna@192.168.1.5>", &proof, ""));
    assert_eq!(bench.at_the_door(), [home(first, false), home(Destination::Udp(address(second)), true)]);
    bench.told();
    bench.pass(Duration::from_secs(3_601));
    assert_eq!(bench.at_the_door(), [home(Destination::Udp(address(second)), false)]);
}

#[test]
fn a_caller_is_known_by_the_connection_of_the_call_until_that_closes() {
    let mut bench = Bench::new();
    talking(&mut bench);
    assert_eq!(bench.at_the_door(), [], "datagrams of trunks need no such word");
    let source = Source { transport: Transport::Tcp, flow: Some(FlowId(4)), ..udp(GATEWAY) };
    let invite = request("INVITE", "j", 1, "", &with_sdp(OFFER)).replace("call-1", "call-2");
    bench.receive(source, &invite);
    let flow = Destination::Flow(FlowId(4));
    assert_eq!(bench.at_the_door(), [home(flow, true)]);
    let leg = bench.incoming();
    bench.command(Command::Reject { leg, cause: Cause::Busy, retry_after_s: None });
    bench.fact(Fact::FlowClosed(FlowId(4)));
    assert_eq!(bench.at_the_door(), [home(flow, false)]);
}
