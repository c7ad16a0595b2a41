//! The INVITE server transaction (RFC 3261 §17.2.1, RFC 6026 §7.1).

use super::{Act, Class, Link, Timer};
use core::time::Duration;

/// Where the transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No final response yet.
    Proceeding,
    /// Refused, the ACK is awaited; the interval of timer G.
    Completed(Duration),
    /// Refused and acknowledged; further ACKs are absorbed.
    Confirmed,
    /// Answered; retransmitted INVITEs are absorbed, the 2xx itself is repeated by the usage.
    Accepted,
    /// Over.
    Terminated,
}

/// What happens to the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The INVITE again.
    Request,
    /// An ACK with the INVITE's branch.
    Ack,
    /// The user responds.
    Respond(Class),
    /// A timer.
    Timer(Timer),
}

/// The next state. The first is [`State::Proceeding`].
pub(crate) fn step(state: State, event: Event, link: &Link, acts: &mut Vec<Act>) -> State {
    match (state, event) {
        (State::Proceeding, Event::Request) => {
            acts.extend([Act::Absorb, Act::Send]);
            State::Proceeding
        }
        (State::Proceeding, Event::Respond(Class::Provisional)) => {
            acts.push(Act::Send);
            State::Proceeding
        }
        (State::Proceeding, Event::Respond(Class::Success)) => {
            acts.extend([Act::Send, Act::Arm(Timer::Linger, link.patience())]);
            State::Accepted
        }
        (State::Proceeding, Event::Respond(Class::Failure)) => {
            acts.push(Act::Send);
            if !link.reliable {
                acts.push(Act::Arm(Timer::Retransmit, link.timers.t1));
            }
            acts.push(Act::Arm(Timer::Timeout, link.patience()));
            State::Completed(link.timers.t1)
        }
        (State::Completed(interval), Event::Request) => {
            acts.extend([Act::Absorb, Act::Send]);
            State::Completed(interval)
        }
        (State::Completed(interval), Event::Timer(Timer::Retransmit)) => {
            let interval = link.doubled(interval);
            acts.extend([Act::Send, Act::Arm(Timer::Retransmit, interval)]);
            State::Completed(interval)
        }
        (State::Completed(_), Event::Ack) => {
            acts.extend([
                Act::Disarm(Timer::Retransmit),
                Act::Disarm(Timer::Timeout),
                Act::Arm(Timer::Linger, link.linger(link.timers.t4)),
            ]);
            State::Confirmed
        }
        (State::Completed(_), Event::Timer(Timer::Timeout)) => {
            acts.push(Act::Disarm(Timer::Retransmit));
            State::Terminated
        }
        (State::Accepted, Event::Ack) => {
            acts.push(Act::Deliver);
            State::Accepted
        }
        (State::Confirmed | State::Accepted, Event::Request) => {
            acts.push(Act::Absorb);
            state
        }
        (State::Confirmed | State::Accepted, Event::Timer(Timer::Linger)) => State::Terminated,
        (same, _) => same,
    }
}
