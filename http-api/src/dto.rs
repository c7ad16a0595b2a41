//! Every JSON body of the API. The OpenAPI document and the console's types are generated from these.
//!
//! Ids are strings. Fields that end in `_at` are wall-clock milliseconds since 1970-01-01T00:00:00Z; fields that end
//! in `_ms` are durations. A list is `{items, next}`; `next` goes into `?cursor=` for the next page.

mod callback;
mod contact;
mod customer;
mod floor;
mod flow;
mod log;
mod prompt;
mod schedule;
mod steer;
mod trace;
mod why;

pub use callback::{Callback, CallbackWish, Callbacks};
pub use contact::{
    Contact, ContactDetail, ContactEvent, ContactEvents, ContactPage, ContactTimes, Interaction, LegQuality, Recording,
    SurveyAnswer,
};
pub use customer::{ContactPoint, Customer, CustomerPage, CustomerWrite, Import, ImportError, LastContact};
pub use floor::{
    Agent, AgentWork, Agents, CallbackCounts, ExpectedWait, Floor, Forecasts, Goal, LineMonitor, MessageCounts,
    NamedQueue, Next, QuestionScore, Queue, QueueAgents, QueueCounts, Queues, ServiceLevel, Skill, SurveyCounts,
    Waiting,
};
pub use flow::{
    FlowCheck, FlowChecked, FlowDraft, FlowDraftMark, FlowDraftWrite, FlowFile, FlowFileRow, FlowFiles, FlowGraph,
    FlowPublish, FlowPublished, FlowRollBack, FlowRow, FlowSaid, FlowSaidKind, FlowSpeaker, FlowStory, FlowTrial,
    FlowVersion, FlowVersionText, FlowWaits,
};
pub use log::ContactLogLine;
pub use prompt::{MissingPrompt, Prompt, PromptProblem, PromptText, Prompts, SpeechState, SpeechWish, StoredPrompt};
pub use schedule::{ClosedWhy, EmergencyWish, Opening, Schedule, Schedules};

pub use steer::{ConfigFlaw, FlawLevel, MonitorMode, MonitorWish, OpenWish, PriorityWish, Reloaded};
pub use trace::{SipMessage, SipTrace};
pub use why::{
    AgentVerdict, Candidate, Chances, Excluded, NamedAgent, NeededSkill, PassedOver, PastOffer, ToldWait, WhyReasons,
    WhyStory,
};

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Login and password.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// The login name.
    pub login: String,
    /// The password.
    #[schema(format = Password)]
    pub password: String,
}

/// A new session.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionToken {
    /// Send it as `Authorization: Bearer TOKEN`, and in the CTI WebSocket's `hello`.
    pub token: String,
    /// When it ends.
    pub expires_at: i64,
    /// Who is signed in.
    pub user: User,
}

/// The session of the token that was sent.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct SessionView {
    /// When it ends.
    pub expires_at: i64,
    /// Who is signed in.
    pub user: User,
}

/// A user.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// The login name.
    pub login: String,
    /// The name.
    pub name: String,
    /// What the user may do.
    pub role: Role,
    /// The agent that this user is, if any.
    pub agent: Option<String>,
}

/// What a user may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Handles contacts.
    Agent,
    /// Watches and steers queues and agents.
    Supervisor,
    /// Changes everything.
    Admin,
}

/// The state to put an agent in.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StateWish {
    /// The state.
    pub state: WishedState,
    /// A reason code of `GET /reasons`; needed for `not_ready`.
    #[serde(default)]
    pub reason: Option<String>,
}

/// A state that can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum WishedState {
    /// Take contacts; while busy: afterwards.
    Ready,
    /// Take none, for a reason; while busy: afterwards.
    NotReady,
    /// Start the shift.
    SignedIn,
    /// End the shift; while busy: afterwards.
    LoggedOut,
}

/// The dispositions.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Dispositions {
    /// All of them.
    pub items: Vec<Disposition>,
}

/// How a contact may end in business terms.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Disposition {
    /// The code.
    pub code: String,
    /// The label by language: `{"en": "Resolved", "zh": "已解决"}`.
    pub labels: BTreeMap<String, String>,
    /// Queues that offer it; empty: all.
    pub queues: Vec<String>,
}

/// The reasons for being not ready.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Reasons {
    /// All of them.
    pub items: Vec<Reason>,
}

/// Why an agent is not ready.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Reason {
    /// The code.
    pub code: String,
    /// The label by language.
    pub labels: BTreeMap<String, String>,
    /// True for the engine's own, which people cannot choose: `rona`, `connection`, …
    pub system: bool,
}

/// What anybody may know before signing in.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct PublicConfig {
    /// The company's name.
    pub company: String,
    /// Languages of the console and the prompts, the default one first.
    pub languages: Vec<String>,
    /// The number that web callers reach; `null` when web calls are off.
    pub web_call_number: Option<String>,
    /// The version of the server.
    pub version: String,
    /// True for `switchroom demo`.
    pub demo: bool,
    /// The server's clock.
    pub server_time_ms: i64,
}

/// A short-lived SIP account for one caller without a phone.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct WebCall {
    /// The SIP user.
    pub sip_user: String,
    /// The SIP password.
    pub sip_password: String,
    /// The SIP domain.
    pub sip_domain: String,
    /// Path of the SIP WebSocket on this host, subprotocol `sip`.
    pub ws_path: String,
    /// The number to call.
    pub dial: String,
    /// When the account ends.
    pub expires_at: i64,
}

/// How far a web caller's call is.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct WebCallStatus {
    /// `menu`, `waiting`, `ringing` or `talking`.
    pub phase: String,
    /// The name of the agent who rings or talks.
    pub agent: Option<String>,
    /// The name of the queue.
    pub queue: Option<String>,
    /// The place in line; 1 is next.
    pub position: Option<u32>,
}

/// The signed-in agent's SIP account for the browser phone.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Phone {
    /// The SIP user.
    pub sip_user: String,
    /// The SIP password; `null` when the agent's phone is a fixed address and the browser must not register.
    pub sip_password: Option<String>,
    /// The SIP domain.
    pub sip_domain: String,
    /// Path of the SIP WebSocket on this host, subprotocol `sip`.
    pub ws_path: String,
    /// Fixed address of the agent's desk phone, if it has one.
    pub fixed_uri: Option<String>,
}

/// The one-time token of the demo's start page.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StartToken {
    /// The `t` of the address.
    pub token: String,
}

/// What the demo's start page may show, once.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct StartCredentials {
    /// The demo's agents.
    pub agents: Vec<Account>,
    /// The demo's supervisor.
    pub supervisor: Account,
    /// The number to call.
    pub dial: String,
    /// A SIP account for a softphone.
    pub sip_uri: String,
    /// Its user.
    pub sip_user: String,
    /// Its password.
    pub sip_password: String,
    /// A bearer token of the demo's admin, for `curl`.
    pub api_token: String,
}

/// A demo account.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Account {
    /// The login name.
    pub login: String,
    /// The password.
    pub password: String,
    /// The person's name.
    pub name: String,
}

/// How the engine is.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// The process answers.
    pub live: bool,
    /// New contacts are taken.
    pub ready: bool,
    /// The version of the server.
    pub version: String,
    /// Time since the start.
    pub uptime_ms: u64,
    /// The parts: database, SIP, media, recorder, …
    pub checks: Vec<HealthCheck>,
}

/// How one part is.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct HealthCheck {
    /// The part.
    pub name: String,
    /// It works.
    pub ok: bool,
    /// A sentence for a person.
    pub detail: String,
}
