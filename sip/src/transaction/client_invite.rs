//! The INVITE client transaction (RFC 3261 §17.1.1, RFC 6026 §7.2).

use super::{Act, Class, Link, Timer};
use core::time::Duration;

/// How long a peer may ring without a new provisional response: timer C of RFC 3261 §16.6, more than 3 minutes.
/// Without it a peer that says 180 and dies would keep the call for ever.
pub(crate) const RINGING_MAX: Duration = Duration::from_secs(181);

/// Where the transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No response yet; the interval of timer A.
    Calling(Duration),
    /// A provisional response came.
    Proceeding,
    /// CANCEL was sent after a provisional response; the final one is awaited for 64·T1 (§9.1).
    Cancelling,
    /// Refused; retransmissions of the refusal are acknowledged.
    Completed,
    /// Answered; retransmissions and forks of the 2xx are handed up.
    Accepted,
    /// Over.
    Terminated,
}

/// What happens to the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A response.
    Response(Class),
    /// The user has sent CANCEL.
    Cancel,
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
    State::Calling(link.timers.t1)
}

/// The next state.
pub(crate) fn step(state: State, event: Event, link: &Link, acts: &mut Vec<Act>) -> State {
    match (state, event) {
        (State::Calling(_) | State::Proceeding | State::Cancelling, Event::Response(Class::Success)) => {
            acts.extend([
                Act::Disarm(Timer::Retransmit),
                Act::Disarm(Timer::Timeout),
                Act::Arm(Timer::Linger, link.patience()),
                Act::Deliver,
            ]);
            State::Accepted
        }
        (State::Calling(_) | State::Proceeding | State::Cancelling, Event::Response(Class::Failure)) => {
            acts.extend([
                Act::Disarm(Timer::Retransmit),
                Act::Disarm(Timer::Timeout),
                Act::Ack,
                Act::Arm(Timer::Linger, link.linger(link.patience())),
                Act::Deliver,
            ]);
            State::Completed
        }
        (State::Calling(_) | State::Proceeding, Event::Response(Class::Provisional)) => {
            acts.extend([
                Act::Disarm(Timer::Retransmit),
                Act::Arm(Timer::Timeout, RINGING_MAX.max(link.patience())),
                Act::Deliver,
            ]);
            State::Proceeding
        }
        (State::Calling(interval), Event::Timer(Timer::Retransmit)) => {
            let interval = interval.saturating_mul(2);
            acts.extend([Act::Send, Act::Arm(Timer::Retransmit, interval)]);
            State::Calling(interval)
        }
        (State::Calling(_) | State::Cancelling, Event::Timer(Timer::Timeout)) => {
            acts.extend([Act::Disarm(Timer::Retransmit), Act::Expire]);
            State::Terminated
        }
        // The user is expected to cancel now.
        (State::Proceeding, Event::Timer(Timer::Timeout)) => {
            acts.push(Act::Expire);
            State::Proceeding
        }
        (State::Proceeding, Event::Cancel) => {
            acts.push(Act::Arm(Timer::Timeout, link.patience()));
            State::Cancelling
        }
        (State::Completed, Event::Response(Class::Failure)) => {
            acts.extend([Act::Absorb, Act::Ack]);
            State::Completed
        }
        (State::Accepted, Event::Response(Class::Success)) => {
            acts.push(Act::Deliver);
            State::Accepted
        }
        (State::Completed | State::Accepted, Event::Timer(Timer::Linger)) => State::Terminated,
        (same, _) => same,
    }
}
