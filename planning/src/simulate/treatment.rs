//! What a queue does for those who wait, and what becomes of them: calls back, messages, limits.

use super::centre::{ScenarioError, hold, is_share, is_time};
use super::distribution::{Distribution, Sampler, micros};
use super::scenario::{ContactType, Scenario};
use acd::api::{Limits, Overflow};
use acd::callback::CapacityTest;
use core::time::Duration;
use domain::QueueId;

/// Called so often at most.
const ATTEMPTS_MAX: u8 = 20;

/// How a queue offers to call back and does it, in the words of the configuration, and what its customers do.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueueCallback {
    /// Offered once, to those who have waited so long and for whom no agent rings, in seconds.
    pub offer_after_s: f64,
    /// The share of callers who accept.
    pub accept: f64,
    /// When it is offered at all.
    pub test: CapacityTest,
    /// The customer is called first, and an agent is kept free meanwhile. Else the agent is rung first.
    pub customer_first: bool,
    /// Customers are called so often at most.
    pub attempts: u8,
    /// Seconds from a try in vain to the next.
    pub pause_s: f64,
    /// Seconds for which the customer's telephone rings in vain.
    pub ring_s: f64,
    /// The share of tries that the customer answers.
    pub reached: f64,
    /// Seconds until the customer answers.
    pub answer_s: f64,
    /// The share of those to be called back who ring in by themselves first.
    pub calls_again: f64,
    /// How long they wait for that.
    pub calls_again_after: Distribution,
}

impl Default for QueueCallback {
    fn default() -> Self {
        Self {
            offer_after_s: 0.0,
            accept: 0.0,
            test: CapacityTest {
                min_wait: Duration::from_secs(120),
                most_open: 100,
                within: Duration::from_secs(3_600),
                most_load_percent: 95,
            },
            customer_first: false,
            attempts: 3,
            pause_s: 900.0,
            ring_s: 30.0,
            reached: 1.0,
            answer_s: 10.0,
            calls_again: 0.0,
            calls_again_after: Distribution::Exp(600.0),
        }
    }
}

/// Messages that callers may leave instead of waiting on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QueueVoicemail {
    /// Offered once, to those who have waited so long and for whom no agent rings, in seconds.
    pub offer_after_s: f64,
    /// The share of callers who leave one then, and when the queue sends them back.
    pub accept: f64,
    /// How long they speak, in seconds; the message stands in line from then on.
    pub speak_s: f64,
    /// How long an agent has it in hand, before the after-contact work.
    pub handle: Distribution,
}

/// How many may wait, and how long.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct QueueLimits {
    /// Most contacts in line.
    pub max_waiting: Option<u32>,
    /// The longest wait in this queue, in seconds.
    pub max_wait_s: Option<f64>,
    /// Nobody waits while no agent of the queue is signed in.
    pub needs_agents: bool,
    /// The type whose queue takes over those whom a limit meets, age kept, and after how many seconds it does so in any
    /// case; 0: in no other.
    pub overflow: Option<(String, f64)>,
}

/// Calls back of a type, made ready.
#[derive(Clone, Copy, Debug)]
pub(super) struct Back {
    pub(super) rules: QueueCallback,
    pub(super) offer_after: u64,
    pub(super) pause: u64,
    pub(super) ring: u64,
    pub(super) answer: u64,
    pub(super) calls_again_after: Sampler,
}

impl From<QueueCallback> for Back {
    fn from(rules: QueueCallback) -> Self {
        Self {
            rules,
            offer_after: micros(rules.offer_after_s),
            pause: micros(rules.pause_s),
            ring: micros(rules.ring_s),
            answer: micros(rules.answer_s),
            calls_again_after: rules.calls_again_after.into(),
        }
    }
}

/// Messages of a type, made ready.
#[derive(Clone, Copy, Debug)]
pub(super) struct Mailbox {
    pub(super) accept: f64,
    pub(super) offer_after: u64,
    pub(super) speak: u64,
    pub(super) handle: Sampler,
}

impl From<QueueVoicemail> for Mailbox {
    fn from(rules: QueueVoicemail) -> Self {
        let (offer_after, speak) = (micros(rules.offer_after_s), micros(rules.speak_s));
        Self { accept: rules.accept, offer_after, speak, handle: rules.handle.into() }
    }
}

/// Whether the type's callers may leave the line in other ways than to an agent or in anger.
pub(super) fn is_treated(kind: &ContactType) -> bool {
    kind.callback.is_some() || kind.voicemail.is_some() || kind.limits != QueueLimits::default()
}

pub(super) fn check(scenario: &Scenario) -> Result<(), ScenarioError> {
    let (both, types) = (scenario.callback.is_some(), &scenario.types);
    for kind in types {
        let name = &kind.name;
        hold(!(both && is_treated(kind)), name, "virtual hold ([callback]) goes with no other treatment")?;
        if let Some(callback) = &kind.callback {
            check_callback(name, callback)?;
        }
        if let Some(voicemail) = &kind.voicemail {
            let times = [voicemail.offer_after_s, voicemail.speak_s];
            hold(times.into_iter().all(is_time), name, "times of voicemail are 0 to 10,000,000 s")?;
            hold(is_share(voicemail.accept), name, "voicemail.accept is 0 to 1")?;
            hold(voicemail.handle.is_usable(), name, "voicemail.handle is a usable distribution")?;
        }
        let QueueLimits { max_wait_s, overflow, .. } = &kind.limits;
        hold(max_wait_s.is_none_or(|wait| is_time(wait) && wait > 0.0), name, "max_wait_s is above 0")?;
        if let Some((to, after_s)) = overflow {
            hold(is_time(*after_s), name, "overflow.after_s is 0 to 10,000,000")?;
            hold(to != name && types.iter().any(|other| other.name == *to), name, "overflow.to is another type")?;
        }
    }
    Ok(())
}

fn check_callback(name: &str, callback: &QueueCallback) -> Result<(), ScenarioError> {
    let times = [callback.offer_after_s, callback.ring_s, callback.answer_s];
    hold(times.into_iter().all(is_time), name, "times of callback are 0 to 10,000,000 s")?;
    let pauses = is_time(callback.pause_s) && callback.pause_s >= 1.0;
    hold(pauses, name, "callback.pause_s is 1 to 10,000,000")?;
    let shares = [callback.accept, callback.reached, callback.calls_again];
    hold(shares.into_iter().all(is_share), name, "accept, reached and calls_again of callback are 0 to 1")?;
    hold((1..=ATTEMPTS_MAX).contains(&callback.attempts), name, "callback.attempts is 1 to 20")?;
    hold(callback.calls_again_after.is_usable(), name, "callback.calls_again_after is a usable distribution")
}

/// The limits as the routing engine takes them. `queue_of`: the queue of a type.
pub(super) fn limits(limits: &QueueLimits, queue_of: impl Fn(&str) -> Option<QueueId>) -> Limits {
    let overflow = limits
        .overflow
        .as_ref()
        .and_then(|(to, after_s)| Some(Overflow { to: queue_of(to)?, after: Duration::from_micros(micros(*after_s)) }));
    Limits {
        most_waiting: limits.max_waiting,
        longest_wait: limits.max_wait_s.map(|wait| Duration::from_micros(micros(wait))),
        needs_agents: limits.needs_agents,
        overflow,
        ..Limits::default()
    }
}
