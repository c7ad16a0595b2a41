//! The floor as supervisors see it.

use super::{AgentCard, MonitorWord, NamedQueue, NextCard, PhaseWord, StateWord};
use schemars::JsonSchema;
use serde::Serialize;

/// Everything on the floor at one moment.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Floor {
    /// When this was true.
    pub at: i64,
    /// Calls in progress.
    pub calls: u32,
    /// Every queue.
    pub queues: Vec<FloorQueue>,
    /// Every agent.
    pub agents: Vec<FloorAgent>,
    /// The oldest contacts in line, at most 200.
    pub waiting: Vec<WaitingContact>,
    /// Calls back that are not over, the next first, at most 200.
    pub callbacks: Vec<FloorCallback>,
}

/// A queue.
#[derive(Clone, Serialize, JsonSchema)]
pub struct FloorQueue {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// False: it lets nobody in.
    pub open: bool,
    /// The goal.
    pub goal: Goal,
    /// Contacts waiting.
    pub waiting: u32,
    /// When the longest waiting one entered the line.
    pub oldest_at: Option<i64>,
    /// The service level with its formula.
    pub service_level: ServiceLevel,
    /// Mean wait of the answered; `null` when nothing was answered.
    pub asa_ms: Option<u64>,
    /// The longest wait that ended since midnight by an answer or by giving up, in milliseconds.
    pub longest_wait_ms: u64,
    /// Counters since midnight or since the start, whichever is later.
    pub counts: QueueCounts,
    /// Counters of its calls back.
    pub callbacks: CallbackCounts,
    /// Counters of its messages.
    pub messages: MessageCounts,
    /// Counters of the surveys about its agents.
    pub surveys: SurveyCounts,
    /// The queue's agents by state.
    pub agents: QueueAgents,
    /// What one who came now could be told; `null` while nobody on duty would serve it, or before anything was served.
    pub expected_wait: Option<ExpectedWait>,
}

/// A forecast of the time until an agent.
#[derive(Clone, Serialize, JsonSchema)]
pub struct ExpectedWait {
    /// The mean.
    pub mean_ms: u64,
    /// Nine waits in ten are at most so long.
    pub p90_ms: u64,
}

/// Share of contacts to be answered within a time.
#[derive(Clone, Serialize, JsonSchema)]
pub struct Goal {
    /// Percent of contacts, 0 to 100.
    pub share_percent: u8,
    /// Answered within this time.
    pub within_ms: u64,
    /// Abandons at or below this wait do not count against the goal.
    pub short_abandon_ms: u64,
}

/// A service level, with the name of its formula beside the number.
#[derive(Clone, Serialize, JsonSchema)]
pub struct ServiceLevel {
    /// In thousandths; `null` when nothing was counted.
    pub permille: Option<u32>,
    /// `no_short`: answered within the goal's time, over answered + abandoned + flowed out − short abandons.
    pub formula: String,
}

/// Counters of a queue.
#[derive(Clone, Serialize, JsonSchema)]
pub struct QueueCounts {
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
}

/// Counters of a queue's calls back since local midnight. Those of live callers leave them out.
#[derive(Clone, Serialize, JsonSchema)]
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
    /// Mean time from the request until the customer was joined; `null` before anybody was.
    pub wait_reached_ms: Option<u64>,
}

/// Counters of a queue's messages since local midnight. Those of live callers leave them out.
#[derive(Clone, Serialize, JsonSchema)]
pub struct MessageCounts {
    /// To be heard at this moment.
    pub waiting: u32,
    /// When the oldest of them was left.
    pub oldest_at: Option<i64>,
    /// Left.
    pub left: u64,
    /// Taken by an agent.
    pub heard: u64,
    /// Mean time until an agent took them; `null` before any was heard.
    pub wait_heard_ms: Option<u64>,
}

/// Counters of the surveys about a queue's agents since local midnight.
#[derive(Clone, Serialize, JsonSchema)]
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

/// The answers to a question of a survey.
#[derive(Clone, Serialize, JsonSchema)]
pub struct QuestionScore {
    /// The question.
    pub question: String,
    /// How many.
    pub answers: u64,
    /// Their mean, in thousandths: 4410 is 4.41.
    pub mean_permille: u64,
}

/// The agents of a queue who are signed in, by state.
#[derive(Clone, Serialize, JsonSchema)]
pub struct QueueAgents {
    /// All of them.
    pub signed_in: u32,
    /// Ready.
    pub ready: u32,
    /// Reserved.
    pub reserved: u32,
    /// Busy.
    pub busy: u32,
    /// In after-contact work.
    pub after_contact_work: u32,
    /// Not ready.
    pub not_ready: u32,
}

/// An agent.
#[derive(Clone, Serialize, JsonSchema)]
pub struct FloorAgent {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The state.
    pub state: StateWord,
    /// Why, when not ready.
    pub reason: Option<String>,
    /// Since when.
    pub since_at: i64,
    /// What was asked to follow.
    pub next: Option<NextCard>,
    /// The phone can be rung.
    pub reachable: bool,
    /// The contact in hand.
    pub contact: Option<String>,
    /// The phase of the part in it.
    pub phase: Option<PhaseWord>,
    /// Supervisors on the line.
    pub monitors: Vec<FloorMonitor>,
    /// How the legs of the call sounded in the last five seconds; empty until they were measured.
    pub legs: Vec<FloorLeg>,
    /// Whom the agent serves: a name or a number.
    pub customer: Option<String>,
    /// The queue of the contact in hand.
    pub queue: Option<NamedQueue>,
    /// Queues that the agent serves, by id.
    pub queues: Vec<String>,
    /// Contacts handled since the start.
    pub handled: u64,
    /// Mean handling time: talk, hold and wrap-up; `null` when nothing was handled.
    pub aht_ms: Option<u64>,
}

/// How a leg sounded in the last five seconds.
#[derive(Clone, Serialize, JsonSchema)]
pub struct FloorLeg {
    /// Who is on it: `customer`, `agent`, `number`, `supervisor`.
    pub role: String,
    /// Mean opinion score in hundredths by the E-model (ITU-T G.107): 100 (bad) to 450; `null`: nothing was heard.
    pub mos_hundredths: Option<u16>,
    /// Packets lost on the way to us, in thousandths.
    pub lost_permille: u16,
    /// Mean jitter in microseconds.
    pub jitter_mean_us: u32,
    /// Time to the peer and back in microseconds; `null`: the peer has not told.
    pub round_trip_us: Option<u32>,
}

/// A supervisor on the line.
#[derive(Clone, Serialize, JsonSchema)]
pub struct FloorMonitor {
    /// The supervisor.
    pub agent: AgentCard,
    /// How.
    pub mode: MonitorWord,
    /// True once the supervisor's phone has answered.
    pub joined: bool,
}

/// A contact in line.
#[derive(Clone, Serialize, JsonSchema)]
pub struct WaitingContact {
    /// The contact.
    pub contact: String,
    /// The queue.
    pub queue: NamedQueue,
    /// `voice`, `callback` or `voicemail`.
    pub channel: String,
    /// Name or number of the caller.
    pub customer: String,
    /// When it entered the line.
    pub since_at: i64,
    /// True while an agent is being rung for it.
    pub offered: bool,
}

/// A call back that is not over.
#[derive(Clone, Serialize, JsonSchema)]
pub struct FloorCallback {
    /// The contact.
    pub contact: String,
    /// Whose agents call back.
    pub queue: NamedQueue,
    /// The number to call.
    pub number: String,
    /// The name of the customer, if known.
    pub customer: Option<String>,
    /// `scheduled`, `suspended` (the customer is on the line elsewhere), `in_line`, `trying` or `talking`.
    pub state: String,
    /// How often the customer was called.
    pub attempts: u8,
    /// When it asks, or asked, for an agent.
    pub due_at: i64,
    /// Its age in the line counts from here.
    pub since_at: i64,
    /// The agent who is to call, or who does.
    pub agent: Option<AgentCard>,
}
