//! The server transaction of every other method (RFC 3261 §17.2.2).

use super::{Act, Class, Link, Timer};

/// Where the transaction stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// No response yet.
    Trying,
    /// A provisional response was sent.
    Proceeding,
    /// A final response was sent and is repeated when the request is.
    Completed,
    /// Over.
    Terminated,
}

/// What happens to the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// The request again.
    Request,
    /// The user responds.
    Respond(Class),
    /// A timer.
    Timer(Timer),
}

/// The next state. The first is [`State::Trying`].
pub(crate) fn step(state: State, event: Event, link: &Link, acts: &mut Vec<Act>) -> State {
    match (state, event) {
        (State::Trying, Event::Request) => {
            acts.push(Act::Absorb);
            State::Trying
        }
        (State::Trying | State::Proceeding, Event::Respond(Class::Provisional)) => {
            acts.push(Act::Send);
            State::Proceeding
        }
        (State::Trying | State::Proceeding, Event::Respond(Class::Success | Class::Failure)) => {
            acts.extend([Act::Send, Act::Arm(Timer::Linger, link.linger(link.patience()))]);
            State::Completed
        }
        (State::Proceeding | State::Completed, Event::Request) => {
            acts.extend([Act::Absorb, Act::Send]);
            state
        }
        (State::Completed, Event::Timer(Timer::Linger)) => State::Terminated,
        (same, _) => same,
    }
}
