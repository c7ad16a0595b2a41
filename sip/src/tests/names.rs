//! Hosts with names: asked for, called one address after the other, and known for as long as the answer holds.

use super::*;
use crate::api::{KeepAlive, TrunkRegistration};
use crate::locate::{Answer, Host, Naptr, Question, Records, Srv};
use domain::{Cause, TrunkId};

const FIRST: &str = "10.0.0.3:5060";
const SECOND: &str = "10.0.0.4:5070";

fn id() -> TrunkId {
    "pstn".parse().unwrap()
}

/// An endpoint whose trunk has the name `c.example`.
fn named(change: impl FnOnce(&mut Setup)) -> Bench {
    let mut setup = setup(US);
    setup.trunks[0].peer = None;
    setup.trunks[0].host = Some(Host { name: "c.example".to_owned(), port: None, transport: None });
    change(&mut setup);
    Bench::with(setup)
}

/// The records of `c.example`: two targets, one after the other.
fn zone(question: &Question) -> Records {
    let srv = |priority, port, target: &str| Srv { priority, weight: 1, port, target: target.to_owned() };
    match question {
        Question::Naptr(name) if name == "c.example" => Records::Naptr(vec![Naptr {
            order: 1,
            preference: 1,
            flags: "s".to_owned(),
            services: "SIP+D2U".to_owned(),
            replacement: "_sip._udp.c.example.".to_owned(),
        }]),
        Question::Srv(name) if name == "_sip._udp.c.example" => {
            Records::Srv(vec![srv(2, 5070, "b.c.example."), srv(1, 5060, "a.c.example.")])
        }
        Question::Addresses(name) if name == "a.c.example" => Records::Addresses(vec!["10.0.0.3".parse().unwrap()]),
        Question::Addresses(name) if name == "b.c.example" => Records::Addresses(vec!["10.0.0.4".parse().unwrap()]),
        Question::Naptr(_) | Question::Srv(_) | Question::Addresses(_) => Records::Nothing,
    }
}

/// Answers what is asked, until nothing is; how many questions there were, and what else was told.
fn resolve(bench: &mut Bench) -> (usize, Vec<Effect>) {
    let (mut count, mut rest) = (0, Vec::new());
    loop {
        let (questions, others): (Vec<Effect>, Vec<Effect>) =
            bench.told().into_iter().partition(|effect| matches!(effect, Effect::Resolve(_)));
        rest.extend(others);
        if questions.is_empty() {
            return (count, rest);
        }
        for effect in questions {
            let Effect::Resolve(question) = effect else { unreachable!() };
            count += 1;
            let (records, ttl) = (zone(&question), Duration::from_secs(60));
            bench.fact(Fact::Resolved(Answer { question, records, ttl }));
        }
    }
}

fn dial() -> Command {
    invite_to(Target::Trunk(id(), "+4989".to_owned()))
}

/// Where the INVITEs went.
fn called(bench: &Bench) -> Vec<Destination> {
    bench.sent.iter().filter(|(_, _, message)| line(message) == "INVITE").map(|(_, to, _)| *to).collect()
}

fn at(text: &str) -> Destination {
    Destination::Udp(address(text))
}

#[test]
fn a_call_waits_for_the_answers_and_goes_to_the_best_target() {
    let mut bench = named(|_| ());
    bench.command(dial());
    assert_eq!((called(&bench), bench.endpoint.legs()), (vec![], 1));
    let (questions, told) = resolve(&mut bench);
    assert_eq!((questions, told), (4, vec![]));
    assert_eq!(called(&bench), [at(FIRST)]);
    let invite = bench.last_request("INVITE");
    assert_eq!(invite.uri.to_string(), "sip:+4989@c.example", "the name stays in the Request-URI");
    bench.respond(udp(FIRST), answer_to(&invite, 200, "a", Some(ANSWER)));
    assert_eq!(bench.told(), [Effect::Answered { leg: LEG, sdp: ANSWER.to_owned(), browser: false }]);
    bench.command(Command::HangUp { leg: LEG, cause: Cause::Normal });
    assert_eq!(bench.sent.last().map(|(_, to, _)| *to), Some(Destination::Udp(address(GATEWAY))), "to its Contact");
}

#[test]
fn after_a_503_and_after_silence_the_next_address_is_called_in_a_new_transaction() {
    let refused = |bench: &mut Bench| {
        let invite = bench.last_request("INVITE");
        bench.respond(udp(FIRST), answer_to(&invite, 503, "a", None));
    };
    let silent = |bench: &mut Bench| bench.pass(Duration::from_millis(4_100));
    let gone = |bench: &mut Bench| bench.fact(Fact::SendFailed(at(FIRST)));
    for (n, fails) in [&refused as &dyn Fn(&mut Bench), &silent, &gone].into_iter().enumerate() {
        let mut bench = named(|_| ());
        bench.command(dial());
        resolve(&mut bench);
        let first = bench.last_request("INVITE");
        fails(&mut bench);
        assert_eq!(called(&bench).last(), Some(&at(SECOND)), "{n}");
        let second = bench.last_request("INVITE");
        assert_eq!((first.headers.call_id(), &first.uri), (second.headers.call_id(), &second.uri));
        assert_ne!(first.headers.via_top().unwrap().branch(), second.headers.via_top().unwrap().branch());
        assert_eq!(bench.told(), [], "{n}: the call hears nothing of it");
        bench.respond(udp(SECOND), answer_to(&second, 503, "b", None));
        let over = Effect::Failed { leg: LEG, cause: Cause::Overload, status: Some(503) };
        assert_eq!(bench.told(), [over], "{n}: there is no third one");
    }
}

#[test]
fn who_is_busy_at_one_address_is_not_called_at_the_next() {
    let mut bench = named(|_| ());
    bench.command(dial());
    resolve(&mut bench);
    bench.respond(udp(FIRST), answer_to(&bench.last_request("INVITE"), 486, "a", None));
    assert_eq!(bench.told(), [Effect::Failed { leg: LEG, cause: Cause::Busy, status: Some(486) }]);
}

#[test]
fn a_host_that_is_nowhere_fails_the_call_and_is_named() {
    let mut bench = Bench::new();
    bench.command(invite_to(Target::Uri("sip:anna@nobody.example".to_owned())));
    let (_, told) = resolve(&mut bench);
    let nowhere = Effect::Unlocated { host: "nobody.example".to_owned() };
    let over = Effect::Failed { leg: LEG, cause: Cause::Unreachable, status: None };
    assert_eq!(told, [nowhere.clone(), over.clone()]);
    bench.command(invite_to(Target::Uri("sip:ben@nobody.example".to_owned())));
    assert_eq!(bench.told(), [nowhere, over], "that there is nothing is known for a while");
    assert!(bench.is_clean());
}

#[test]
fn a_call_that_waits_for_a_name_can_be_given_up() {
    let mut bench = Bench::new();
    bench.command(invite_to(Target::Uri("sip:anna@c.example;transport=udp".to_owned())));
    bench.command(Command::HangUp { leg: LEG, cause: Cause::Normal });
    let (_, told) = resolve(&mut bench);
    assert_eq!(told, [Effect::Failed { leg: LEG, cause: Cause::Cancelled, status: None }]);
    assert_eq!(called(&bench), []);
    assert!(bench.is_clean());
}

#[test]
fn answers_serve_later_calls_until_they_run_out() {
    let mut bench = Bench::new();
    let call = || invite_to(Target::Uri("sip:anna@c.example".to_owned()));
    bench.command(call());
    assert_eq!(resolve(&mut bench).0, 4);
    bench.command(Command::HangUp { leg: LEG, cause: Cause::Normal });
    bench.told();
    bench.pass(Duration::from_secs(59));
    bench.command(call());
    assert_eq!(resolve(&mut bench).0, 0);
    bench.command(Command::HangUp { leg: LEG, cause: Cause::Normal });
    bench.told();
    bench.pass(Duration::from_secs(2));
    bench.command(call());
    assert_eq!(resolve(&mut bench).0, 4);
}

#[test]
fn we_register_with_a_named_trunk_once_it_is_found_and_ask_whether_it_is_there() {
    let mut bench = named(|setup| {
        let aor = "sip:4930123@c.example".to_owned();
        setup.trunks[0].registration = Some(TrunkRegistration { aor, expires_s: 3_600 });
        setup.policy.keep_alive = KeepAlive { trunks: Some(Duration::from_secs(30)), ..setup.policy.keep_alive };
    });
    bench.pass(Duration::ZERO);
    assert_eq!(bench.lines(), Vec::<String>::new());
    assert_eq!(resolve(&mut bench).0, 4);
    bench.pass(Duration::ZERO);
    assert!(bench.sent.iter().all(|(_, to, _)| *to == at(FIRST)));
    let mut lines = bench.lines();
    lines.sort();
    assert_eq!(lines, ["OPTIONS", "REGISTER"]);
}
