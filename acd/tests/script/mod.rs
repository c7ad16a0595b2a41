//! Random floors and scripts. Domains are small, so that times meet, scores tie and limits are reached.

pub mod cut;
pub mod floor;

use acd::api::Setup;
use core::time::Duration;
use domain::{AgentId, Channel, OfferResult, QueueId, Requirement};
use floor::{AGENTS, QUEUES};
use proptest::prelude::*;

/// One step of a script. Small numbers pick among what there is at that moment.
#[derive(Clone, Debug)]
pub enum Step {
    /// So many microseconds pass, and the engine is called whenever it asks to be.
    Wait(u64),
    /// So many microseconds pass, and the engine is called late: with the next step.
    Late(u64),
    Arrive(Asking),
    Transfer {
        pick: usize,
        asking: Asking,
    },
    Move {
        pick: usize,
        asking: Asking,
    },
    Leave {
        pick: usize,
        abandons: bool,
    },
    End {
        pick: usize,
        result: OfferResult,
    },
    /// An answer and an abandon in the same millisecond.
    Race {
        pick: usize,
        answer_first: bool,
    },
    EndStale(usize),
    Finish(usize),
    Occupy {
        agent: u8,
        what: Occupation,
        queue: Option<usize>,
    },
    Routable(u8, bool),
    SignIn(u8),
    /// Signs in and is ready.
    Come(u8),
    SignOut(u8),
    Ready(u8),
    NotReady(u8),
    Extend(u8),
    FinishWrapUp(u8),
    Open(usize, bool),
    Reprioritise {
        pick: usize,
        priority: Option<i32>,
        age_per_s: Option<u32>,
    },
    Reconfigure(Box<Setup>),
    /// Everybody signs out.
    GoHome,
    RestartCounts,
    /// Another engine goes on from a snapshot of this one.
    TakeOver,
    Explain(usize),
}

/// What a contact asks for.
#[derive(Clone, Debug)]
pub struct Asking {
    pub queue: usize,
    pub channel: Channel,
    pub priority: i32,
    pub age_per_s: Option<u32>,
    pub requirement: Option<Requirement>,
    pub sticky: Option<u8>,
    /// Seconds since it first asked for an agent.
    pub old: u64,
}

/// What occupies an agent.
#[derive(Clone, Debug)]
pub enum Occupation {
    New,
    FromLine(usize),
    FromHand(usize),
}

pub fn agent_id(number: u8) -> AgentId {
    format!("{number}").parse().unwrap()
}

pub fn queue_id(number: usize) -> QueueId {
    format!("q{number}").parse().unwrap()
}

fn asking() -> BoxedStrategy<Asking> {
    let channel = prop_oneof![4 => Just(Channel::Voice), 3 => Just(Channel::Chat), 2 => Just(Channel::Email), 1 => Just(Channel::Callback)];
    let requirement = prop_oneof![1 => Just(None), 1 => floor::requirement().prop_map(Some)];
    let sticky = prop_oneof![2 => Just(None), 1 => (0..AGENTS + 1).prop_map(Some)];
    let old = prop_oneof![4 => Just(0), 1 => 0..9u64];
    let age_per_s = prop_oneof![3 => Just(None), 1 => Just(Some(0)), 1 => Just(Some(1)), 1 => Just(Some(50))];
    (0..QUEUES, channel, 0..4i32, age_per_s, requirement, sticky, old)
        .prop_map(|(queue, channel, priority, age_per_s, requirement, sticky, old)| Asking {
            queue,
            channel,
            priority,
            age_per_s,
            requirement,
            sticky,
            old,
        })
        .boxed()
}

fn result() -> BoxedStrategy<OfferResult> {
    prop_oneof![
        10 => Just(OfferResult::Answered),
        2 => Just(OfferResult::Declined),
        1 => Just(OfferResult::Busy),
        1 => Just(OfferResult::NoAnswer),
        1 => Just(OfferResult::Unreachable),
        1 => Just(OfferResult::CustomerLeft),
        1 => Just(OfferResult::Withdrawn),
    ]
    .boxed()
}

/// Microseconds, seldom parts of a millisecond.
fn time() -> BoxedStrategy<u64> {
    let whole =
        prop_oneof![3 => Just(0), 1 => Just(1), 1 => Just(999), 2 => Just(1_000), 2 => Just(2_000), 1 => Just(3_000)];
    let whole = prop_oneof![6 => whole, 1 => 1..3_000u64];
    prop_oneof![30 => whole.prop_map(|ms| ms * 1_000), 1 => 1..2_000_000u64].boxed()
}

fn of_contacts() -> BoxedStrategy<Step> {
    let agent = 0..AGENTS;
    let occupation = prop_oneof![
        1 => Just(Occupation::New),
        1 => any::<usize>().prop_map(Occupation::FromLine),
        1 => any::<usize>().prop_map(Occupation::FromHand),
    ];
    let age = prop_oneof![Just(0u32), Just(1), Just(50)];
    prop_oneof![
        30 => asking().prop_map(Step::Arrive),
        2 => (any::<usize>(), asking()).prop_map(|(pick, asking)| Step::Transfer { pick, asking }),
        3 => (any::<usize>(), asking()).prop_map(|(pick, asking)| Step::Move { pick, asking }),
        8 => (any::<usize>(), any::<bool>()).prop_map(|(pick, abandons)| Step::Leave { pick, abandons }),
        28 => (any::<usize>(), result()).prop_map(|(pick, result)| Step::End { pick, result }),
        3 => (any::<usize>(), any::<bool>()).prop_map(|(pick, answer_first)| Step::Race { pick, answer_first }),
        2 => any::<usize>().prop_map(Step::EndStale),
        24 => any::<usize>().prop_map(Step::Finish),
        3 => (agent, occupation, prop::option::of(0..QUEUES))
            .prop_map(|(agent, what, queue)| Step::Occupy { agent, what, queue }),
        3 => (any::<usize>(), prop::option::of(0..5i32), prop::option::of(age))
            .prop_map(|(pick, priority, age_per_s)| Step::Reprioritise { pick, priority, age_per_s }),
        3 => any::<usize>().prop_map(Step::Explain),
    ]
    .boxed()
}

fn of_people() -> BoxedStrategy<Step> {
    let agent = 0..AGENTS + 1;
    prop_oneof![
        4 => (agent.clone(), prop::bool::weighted(0.9)).prop_map(|(agent, routable)| Step::Routable(agent, routable)),
        4 => agent.clone().prop_map(Step::SignIn),
        10 => agent.clone().prop_map(Step::Come),
        2 => agent.clone().prop_map(Step::SignOut),
        25 => agent.clone().prop_map(Step::Ready),
        4 => agent.clone().prop_map(Step::NotReady),
        3 => agent.clone().prop_map(Step::Extend),
        4 => agent.prop_map(Step::FinishWrapUp),
    ]
    .boxed()
}

fn of_the_floor() -> BoxedStrategy<Step> {
    prop_oneof![
        6 => (0..QUEUES, prop::bool::weighted(0.85)).prop_map(|(queue, open)| Step::Open(queue, open)),
        6 => floor::setup().prop_map(|setup| Step::Reconfigure(Box::new(setup))),
        1 => Just(Step::GoHome),
        1 => Just(Step::RestartCounts),
        2 => Just(Step::TakeOver),
    ]
    .boxed()
}

/// One step of any kind.
pub fn step() -> BoxedStrategy<Step> {
    prop_oneof![
        20 => time().prop_map(Step::Wait),
        3 => time().prop_map(Step::Late),
        80 => of_contacts(),
        36 => of_people(),
        2 => of_the_floor(),
    ]
    .boxed()
}

/// Seconds of which each rule takes some.
pub fn seconds() -> BoxedStrategy<Duration> {
    prop_oneof![2 => Just(0), 1 => Just(2), 1 => Just(5)].prop_map(Duration::from_secs).boxed()
}
