//! The machines by themselves. Their repetition is timed in `crate::tests::timing`.

use super::*;

fn link(reliable: bool) -> Link {
    Link { timers: Timers::default(), reliable }
}

#[test]
fn reliable_transports_repeat_nothing_and_linger_for_nothing() {
    let mut acts = Vec::new();
    let state = client_invite::start(&link(true), &mut acts);
    client_invite::step(state, client_invite::Event::Response(Class::Failure), &link(true), &mut acts);
    let state = client_other::start(&link(true), &mut acts);
    client_other::step(state, client_other::Event::Response(Class::Success), &link(true), &mut acts);
    let state = server_invite::State::Proceeding;
    server_invite::step(state, server_invite::Event::Respond(Class::Failure), &link(true), &mut acts);
    assert!(!acts.iter().any(|act| matches!(act, Act::Arm(Timer::Retransmit, _))));
    let lingers: Vec<&Act> = acts.iter().filter(|act| matches!(act, Act::Arm(Timer::Linger, _))).collect();
    assert_eq!(lingers, [&Act::Arm(Timer::Linger, Duration::ZERO); 2]);
}

#[test]
fn a_non_invite_request_is_repeated_at_t2_at_most() {
    let mut acts = Vec::new();
    let mut state = client_other::start(&link(false), &mut acts);
    for _ in 0..5 {
        state = client_other::step(state, client_other::Event::Timer(Timer::Retransmit), &link(false), &mut acts);
    }
    let waits: Vec<u128> = acts
        .iter()
        .filter_map(|act| if let Act::Arm(Timer::Retransmit, wait) = act { Some(wait.as_millis()) } else { None })
        .collect();
    assert_eq!(waits, [500, 1_000, 2_000, 4_000, 4_000, 4_000]);
}

#[test]
fn no_event_brings_a_terminated_machine_back() {
    let timers = [Timer::Retransmit, Timer::Timeout, Timer::Linger];
    let classes = [Class::Provisional, Class::Success, Class::Failure];
    let mut acts = Vec::new();
    for timer in timers {
        let state = client_invite::step(
            client_invite::State::Terminated,
            client_invite::Event::Timer(timer),
            &link(false),
            &mut acts,
        );
        assert_eq!(state, client_invite::State::Terminated);
        let state = server_invite::step(
            server_invite::State::Terminated,
            server_invite::Event::Timer(timer),
            &link(false),
            &mut acts,
        );
        assert_eq!(state, server_invite::State::Terminated);
    }
    for class in classes {
        let state = client_other::step(
            client_other::State::Terminated,
            client_other::Event::Response(class),
            &link(false),
            &mut acts,
        );
        assert_eq!(state, client_other::State::Terminated);
        let state = server_other::step(
            server_other::State::Terminated,
            server_other::Event::Respond(class),
            &link(false),
            &mut acts,
        );
        assert_eq!(state, server_other::State::Terminated);
    }
    assert_eq!(acts, []);
}
