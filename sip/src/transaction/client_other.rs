//! The client transaction of every other method (RFC 3261 §17.1.2).

use super::{Act, Class, Link, Timer};
use core::time::Duration;

/// Where the transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No response yet; the interval of timer E.
    Trying(Duration),
    /// A provisional response came.
    Proceeding,
    /// A final response came; its retransmissions are absorbed.
    Completed,
    /// Over.
    Terminated,
}

/// What happens to the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A response.
    Response(Class),
    /// A timer.
    Timer(Timer),
}

/// The first state.
pub(crate) fn start(link: &Link, acts: &mut Vec<Act>) -> State {
    acts.push(Act::Send);
    if !link.reliable {
        acts.push(Act::Arm(Timer::Retransmit, link.timers.t1));
    }
    acts.push(Act::Arm(Timer::Timeout, link.patience()));
    State::Trying(link.timers.t1)
}

/// The next state.
pub(crate) fn step(state: State, event: Event, link: &Link, acts: &mut Vec<Act>) -> State {
    match (state, event) {
        (State::Trying(_), Event::Response(Class::Provisional)) => State::Proceeding,
        (State::Trying(_) | State::Proceeding, Event::Response(Class::Success | Class::Failure)) => {
            acts.extend([
                Act::Disarm(Timer::Retransmit),
                Act::Disarm(Timer::Timeout),
                Act::Arm(Timer::Linger, link.linger(link.timers.t4)),
                Act::Deliver,
            ]);
            State::Completed
        }
        (State::Trying(interval), Event::Timer(Timer::Retransmit)) => {
            let interval = link.doubled(interval);
            acts.extend([Act::Send, Act::Arm(Timer::Retransmit, interval)]);
            State::Trying(interval)
        }
        (State::Proceeding, Event::Timer(Timer::Retransmit)) => {
            acts.extend([Act::Send, Act::Arm(Timer::Retransmit, link.timers.t2)]);
            State::Proceeding
        }
        (State::Trying(_) | State::Proceeding, Event::Timer(Timer::Timeout)) => {
            acts.extend([Act::Disarm(Timer::Retransmit), Act::Expire]);
            State::Terminated
        }
        (State::Completed, Event::Response(_)) => {
            acts.push(Act::Absorb);
            State::Completed
        }
        (State::Completed, Event::Timer(Timer::Linger)) => State::Terminated,
        (same, _) => same,
    }
}
