//! Read views: what supervisors see. Published by the control loop, never asked for.

use crate::{
    AgentId, AgentState, CallbackRefusal, CallbackState, Channel, ContactId, ExpectedWait, Honesty, Instant,
    InteractionPhase, LegQuality, MonitorView, NextState, PromptId, QuestionId, QueueId, Redacted, ScheduleId, SkillId,
    WallTime,
};
use std::collections::BTreeMap;

/// Share of contacts to be answered within a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceLevelGoal {
    /// Percent of contacts, 0 to 100.
    pub share_percent: u8,
    /// Answered within this many milliseconds.
    pub within_ms: u64,
    /// Abandons at or below this wait do not count against the goal, in milliseconds.
    pub short_abandon_ms: u64,
}

/// Counters of a queue since local midnight. A contact counts on the day on which it leaves the queue; until then it is
/// offered to the running one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Contacts that entered.
    pub offered: u64,
    /// Contacts that an agent answered.
    pub answered: u64,
    /// Contacts answered within the goal's time.
    pub answered_within: u64,
    /// Contacts that left while waiting.
    pub abandoned: u64,
    /// Those of them that left within the short-abandon limit.
    pub short_abandons: u64,
    /// Contacts sent on elsewhere unanswered.
    pub flowed_out: u64,
    /// Sum of the waits of the answered, in milliseconds.
    pub wait_answered_ms: u64,
}

impl Counts {
    /// Service level by the default formula `no_short`: answered within T over (offered − short abandons), in
    /// thousandths; `None` when nothing was counted. Contacts still waiting are not counted.
    #[must_use]
    pub fn service_level_permille(&self) -> Option<u32> {
        let ended = self.answered + self.abandoned + self.flowed_out;
        let base = ended.saturating_sub(self.short_abandons);
        (base > 0).then(|| (self.answered_within * 1_000 / base) as u32)
    }
}

/// Counters of a queue's calls back since local midnight, which [`Counts`] leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CallbackCounts {
    /// Not over at this moment.
    pub open: u32,
    /// Asked for.
    pub booked: u64,
    /// How often customers were called.
    pub tries: u64,
    /// Customers who were joined with an agent.
    pub reached: u64,
    /// Given up.
    pub failed: u64,
    /// Withdrawn, replaced, or not needed any more.
    pub cancelled: u64,
    /// Sum of the times from the request until the customer was joined, in milliseconds.
    pub wait_reached_ms: u64,
}

/// Counters of a queue's messages since local midnight, which [`Counts`] leaves out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MessageCounts {
    /// To be heard at this moment.
    pub waiting: u32,
    /// When the oldest of them was left.
    pub oldest: Option<Instant>,
    /// Left.
    pub left: u64,
    /// Taken by an agent.
    pub heard: u64,
    /// Sum of the times until an agent took them, in milliseconds.
    pub wait_heard_ms: u64,
}

/// Counters of the surveys about a queue's agents since local midnight.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SurveyCounts {
    /// Customers who were asked.
    pub asked: u64,
    /// Customers who answered a question at least.
    pub answered: u64,
    /// Customers who were gone without an answer.
    pub skipped: u64,
    /// Each question that was answered, in order of its id.
    pub questions: Vec<QuestionScore>,
}

/// The answers to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuestionScore {
    /// The question.
    pub question: QuestionId,
    /// How many.
    pub answers: u64,
    /// Their sum.
    pub sum: u64,
}

/// A queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueView {
    /// The id.
    pub id: QueueId,
    /// The name.
    pub name: String,
    /// The goal.
    pub goal: ServiceLevelGoal,
    /// Contacts waiting.
    pub waiting: u32,
    /// When the longest waiting one entered the line.
    pub oldest: Option<Instant>,
    /// Counters.
    pub counts: Counts,
    /// The longest wait that ended since local midnight by an answer or by giving up, in milliseconds.
    pub longest_wait_ms: u64,
    /// Those of its calls back.
    pub callbacks: CallbackCounts,
    /// How often a flow asked whether to offer one and it was not offered, since the start, by reason.
    pub not_offered: BTreeMap<CallbackRefusal, u64>,
    /// Those of its messages.
    pub messages: MessageCounts,
    /// Those of surveys about its agents.
    pub surveys: SurveyCounts,
    /// Agents of this queue who are signed in.
    pub agents_signed_in: u32,
    /// Of these, ready.
    pub agents_ready: u32,
    /// Of these, reserved.
    pub agents_reserved: u32,
    /// Of these, busy.
    pub agents_busy: u32,
    /// Of these, in after-contact work.
    pub agents_wrap_up: u32,
    /// Of these, not ready.
    pub agents_not_ready: u32,
    /// What one who came now could be told; `None` while nobody on duty would serve it, or before anything was served.
    pub expected: Option<ExpectedWait>,
    /// How honest the forecasts have been since the start.
    pub honesty: Honesty,
}

/// An agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentView {
    /// The id.
    pub id: AgentId,
    /// The name.
    pub name: String,
    /// The state.
    pub state: AgentState,
    /// Since when.
    pub since: Instant,
    /// What was asked to follow.
    pub next: Option<NextState>,
    /// The phone can be rung.
    pub reachable: bool,
    /// The contact in hand.
    pub contact: Option<ContactId>,
    /// The phase of the part in it.
    pub phase: Option<InteractionPhase>,
    /// Supervisors on the line.
    pub monitors: Vec<MonitorView>,
    /// How the legs of the call that the agent serves sounded in the last seconds; empty until they were measured.
    pub legs: Vec<LegQuality>,
    /// Whom the agent serves: a name or a number.
    pub customer: Option<Redacted>,
    /// The queue of the contact in hand.
    pub queue: Option<QueueId>,
    /// Queues that the agent serves.
    pub queues: Vec<QueueId>,
    /// Skills with levels.
    pub skills: Vec<(SkillId, u8)>,
    /// Contacts handled since the start.
    pub handled: u64,
    /// Sum of talk, hold and wrap-up, in milliseconds.
    pub handle_ms: u64,
}

/// A contact in line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WaitingView {
    /// The contact.
    pub contact: ContactId,
    /// The queue.
    pub queue: QueueId,
    /// The channel.
    pub channel: Channel,
    /// Name or number of the caller.
    pub customer: Redacted,
    /// When it entered the line.
    pub since: Instant,
    /// True while an agent is being rung for it.
    pub offered: bool,
}

/// A call back that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallbackView {
    /// The contact.
    pub contact: ContactId,
    /// Whose agents call back.
    pub queue: QueueId,
    /// The number to call.
    pub number: Redacted,
    /// The name of the customer, if known.
    pub customer: Option<Redacted>,
    /// How far it is.
    pub state: CallbackState,
    /// How often the customer was called.
    pub attempts: u8,
    /// When it asks, or asked, for an agent.
    pub due: Instant,
    /// Its age in the line counts from here.
    pub since: Instant,
    /// The agent who is to call, or who does.
    pub agent: Option<AgentId>,
}

/// How far the call of a web caller is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebCallerView {
    /// The SIP user of the web caller: nobody can guess it, so it opens this view to the caller.
    pub user: String,
    /// `menu`, `waiting`, `ringing` or `talking`.
    pub phase: &'static str,
    /// The name of the agent who rings or talks.
    pub agent: Option<String>,
    /// The name of the queue.
    pub queue: Option<String>,
    /// The place in line, 1 is next; `None` outside the line or beyond the oldest 200.
    pub position: Option<u32>,
}

/// A schedule that a person closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Emergency {
    /// Said to callers.
    pub prompt: Option<PromptId>,
    /// Since when.
    pub since: WallTime,
}

/// Why a schedule is closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClosedWhy {
    /// It is not the time.
    Hours,
    /// It is a holiday of this name.
    Holiday(String),
    /// A person closed it.
    Emergency,
}

/// A schedule of opening hours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleView {
    /// The id.
    pub id: ScheduleId,
    /// The name.
    pub name: String,
    /// The name of its time zone.
    pub zone: String,
    /// Why it is closed; `None`: it is open.
    pub closed: Option<ClosedWhy>,
    /// When its hours change next; `None`: not for a month.
    pub next_change: Option<WallTime>,
    /// A person closed it.
    pub emergency: Option<Emergency>,
    /// When its hours are open in the next 14 days: from, to.
    pub openings: Vec<(WallTime, WallTime)>,
}

/// Everything on the floor at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorView {
    /// When this was true.
    pub at: Instant,
    /// Every queue.
    pub queues: Vec<QueueView>,
    /// Every agent.
    pub agents: Vec<AgentView>,
    /// The oldest contacts in line, at most 200.
    pub waiting: Vec<WaitingView>,
    /// When the counters of the queues began: local midnight.
    pub counts_since: WallTime,
    /// Calls in progress.
    pub calls: u32,
    /// Queues that are closed.
    pub closed: Vec<QueueId>,
    /// Calls back that are not over, the next first, at most 200.
    pub callbacks: Vec<CallbackView>,
    /// Web callers on the line.
    pub web_callers: Vec<WebCallerView>,
    /// Opening hours, in order of id.
    pub schedules: Vec<ScheduleView>,
}
