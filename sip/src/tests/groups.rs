//! Trunk groups: which trunk a number is dialled by, and what happens when it cannot.

use super::*;
use crate::api::KeepAlive;
use domain::{Cause, TrunkId};

const SECOND: &str = "10.0.0.3:5060";

fn id(name: &str) -> TrunkId {
    name.parse().unwrap()
}

/// Two trunks of one group; `change` gets both.
fn grouped(mut change: impl FnMut(&mut Trunk, &mut Trunk)) -> Bench {
    let mut setup = setup(US);
    let mut first = setup.trunks.remove(0);
    let mut second = Trunk {
        sources: vec![("10.0.1.0".parse().unwrap(), 24)],
        peer: Some(Destination::Udp(address(SECOND))),
        priority: 1,
        ..Trunk::new(id("second"))
    };
    for trunk in [&mut first, &mut second] {
        trunk.group = Some("carriers".to_owned());
    }
    change(&mut first, &mut second);
    setup.trunks = vec![first, second];
    Bench::with(setup)
}

fn dial() -> Command {
    invite_to(Target::Trunk(id("pstn"), "+4989".to_owned()))
}

fn dial_as(leg: u64) -> Command {
    let Command::Invite(mut invite) = dial() else { unreachable!() };
    invite.leg = LegId::new(leg);
    Command::Invite(invite)
}

/// Where the last INVITE went.
fn called(bench: &Bench) -> Destination {
    let is_invite = |message: &Message| line(message) == "INVITE";
    bench.sent.iter().rev().find(|(_, _, message)| is_invite(message)).expect("no INVITE was sent").1
}

#[test]
fn a_call_that_one_trunk_cannot_carry_is_carried_by_the_next_and_the_call_hears_of_that_alone() {
    for code in [500, 503, 408] {
        let mut bench = grouped(|_, _| ());
        bench.command(dial());
        let first = bench.last_request("INVITE");
        assert_eq!(called(&bench), Destination::Udp(address(GATEWAY)));
        bench.respond(udp(GATEWAY), answer_to(&first, code, "a", None));
        let second = bench.last_request("INVITE");
        assert_eq!(called(&bench), Destination::Udp(address(SECOND)));
        assert_eq!(second.uri.to_string(), "sip:+4989@10.0.0.3:5060");
        assert_eq!(second.headers.first(&HeaderName::To), Some("<sip:+4989@10.0.0.3:5060>"));
        bench.respond(udp(SECOND), answer_to(&second, 180, "b", None));
        bench.respond(udp(SECOND), answer_to(&second, 200, "b", Some(ANSWER)));
        let answered = Effect::Answered { leg: LEG, sdp: ANSWER.to_owned(), browser: false };
        assert_eq!(bench.told(), [Effect::Progress { leg: LEG, status: 180, sdp: None }, answered], "{code}");
    }
}

#[test]
fn who_is_busy_at_one_trunk_is_not_called_by_another() {
    for (code, cause) in [(486, Cause::Busy), (603, Cause::Declined)] {
        let mut bench = grouped(|_, _| ());
        bench.command(dial());
        bench.respond(udp(GATEWAY), answer_to(&bench.last_request("INVITE"), code, "a", None));
        assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause, status: Some(code) }]);
    }
}

#[test]
fn a_trunk_that_says_nothing_for_four_seconds_is_left_and_hung_up_on_if_it_answers_after_all() {
    let mut bench = grouped(|_, _| ());
    bench.command(dial());
    let first = bench.last_request("INVITE");
    bench.pass(Duration::from_millis(3_900));
    assert_eq!(called(&bench), Destination::Udp(address(GATEWAY)));
    bench.pass(Duration::from_millis(200));
    assert_eq!(called(&bench), Destination::Udp(address(SECOND)));
    let second = bench.last_request("INVITE");
    bench.respond(udp(SECOND), answer_to(&second, 180, "b", None));
    bench.sent.clear();
    bench.respond(udp(GATEWAY), answer_to(&first, 200, "a", Some(ANSWER)));
    assert_eq!(bench.lines(), ["ACK", "BYE"]);
    bench.respond(udp(SECOND), answer_to(&second, 200, "b", Some(ANSWER)));
    let answered = Effect::Answered { leg: LEG, sdp: ANSWER.to_owned(), browser: false };
    assert_eq!(bench.told(), [Effect::Progress { leg: LEG, status: 180, sdp: None }, answered]);
}

#[test]
fn a_trunk_that_has_said_something_is_waited_for() {
    let mut bench = grouped(|_, _| ());
    bench.command(dial());
    bench.respond(udp(GATEWAY), answer_to(&bench.last_request("INVITE"), 100, "", None));
    bench.pass(Duration::from_secs(60));
    assert_eq!(called(&bench), Destination::Udp(address(GATEWAY)));
    assert_eq!(bench.told(), []);
}

#[test]
fn when_all_trunks_have_failed_the_call_has() {
    let mut bench = grouped(|_, _| ());
    bench.command(dial());
    bench.fact(Fact::SendFailed(Destination::Udp(address(GATEWAY))));
    bench.respond(udp(SECOND), answer_to(&bench.last_request("INVITE"), 503, "b", None));
    let told = bench.told();
    assert!(matches!(told.as_slice(), [Effect::Failed { leg: LEG, status: Some(503), .. }]), "{told:?}");
    bench.pass(Duration::from_secs(40));
    assert!(bench.is_clean());
}

#[test]
fn a_full_trunk_is_passed_over_until_a_call_of_its_ends() {
    let mut bench = grouped(|first, second| {
        first.max_channels = Some(1);
        second.max_channels = Some(1);
    });
    bench.command(dial_as(1));
    bench.respond(udp(GATEWAY), answer_to(&bench.last_request("INVITE"), 200, "a", Some(ANSWER)));
    bench.command(dial_as(2));
    assert_eq!(called(&bench), Destination::Udp(address(SECOND)));
    bench.told();
    bench.command(dial_as(3));
    assert_eq!(bench.told(), [Effect::Failed { leg: LegId::new(3), cause: Cause::Overload, status: None }]);
    bench.command(Command::HangUp { leg: LegId::new(1), cause: Cause::Normal });
    bench.respond(udp(GATEWAY), Response::to(&bench.last_request("BYE"), 200, ""));
    bench.command(dial_as(4));
    assert_eq!(called(&bench), Destination::Udp(address(GATEWAY)));
}

#[test]
fn equal_trunks_share_the_calls_as_their_weights_say() {
    let mut bench = grouped(|first, second| {
        (first.weight, second.weight) = (3, 1);
        second.priority = first.priority;
    });
    let mut of_first = 0;
    for leg in 1..=1_000 {
        bench.command(dial_as(leg));
        of_first += u32::from(called(&bench) == Destination::Udp(address(GATEWAY)));
        bench.command(Command::HangUp { leg: LegId::new(leg), cause: Cause::Normal });
        bench.sent.clear();
    }
    assert!((700..=800).contains(&of_first), "{of_first} of 1000, where 750 are due");
}

#[test]
fn a_trunk_that_does_not_answer_options_is_passed_over_unless_none_does() {
    let mut setup_of = grouped(|_, _| ());
    let every = Some(Duration::from_secs(30));
    setup_of.endpoint.core.setup.policy.keep_alive = KeepAlive { trunks: every, ..KeepAlive::default() };
    let mut bench = Bench::with(setup_of.endpoint.core.setup.clone());
    bench.fact(Fact::Tick);
    bench.fact(Fact::SendFailed(Destination::Udp(address(GATEWAY))));
    assert_eq!(bench.told(), [Effect::TrunkDown { trunk: id("pstn") }]);
    bench.command(dial_as(1));
    assert_eq!(called(&bench), Destination::Udp(address(SECOND)));
    bench.fact(Fact::SendFailed(Destination::Udp(address(SECOND))));
    bench.told();
    bench.command(dial_as(2));
    assert_eq!(called(&bench), Destination::Udp(address(GATEWAY)), "perhaps it is there after all");
}
