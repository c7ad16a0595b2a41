//! The shared vocabulary of Switchroom: ids, time, the words of the contact-centre floor, the events
//! that cross crate borders, and the views that people read.
//!
//! It holds no business rule and never does I/O: nothing here reads a clock, draws a random number or
//! knows how a value is written on a wire.
//!
//! ```
//! use domain::{AgentId, Instant};
//! let agent: AgentId = "li.wei".parse().unwrap();
//! assert_eq!(agent.to_string(), "li.wei");
//! assert_eq!(Instant::from_millis(1_500).as_millis(), 1_500);
//! ```

mod agent;
mod callback;
mod cause;
mod customer;
mod desk;
mod error;
mod event;
mod forecast;
mod history;
mod http;
mod id;
mod joint;
mod phone;
mod quality;
mod requirement;
mod spoken;
mod time;
mod trace;
mod view;
mod visit;
mod voicemail;
mod why;

pub use agent::{AgentState, Channel, NextState, Priority, Proficiency, Role};
pub use callback::{CallbackCancel, CallbackOrder, CallbackRefusal, CallbackState};
pub use cause::{Cause, EndedBy, ExitReason, OfferResult, Outcome};
pub use customer::{ContactPoint, Customer, LastContact};
pub use desk::{
    Audience, DeskBody, DeskEvent, InteractionPhase, InteractionView, Offer, ScreenPop, SecureEntry, Signalled,
    TransferTarget, Wish,
};
pub use error::CommandError;
pub use event::{ContactEvent, ContactEventKind, DispositionBy};
pub use forecast::{ExpectedWait, Honesty};
pub use history::{
    AgentRow, Answer, ContactDetail, ContactFilter, ContactRow, DispositionRow, EventRow, ImportReport, InteractionRow,
    NewCustomer, Page, Query, QueryError, RecordingRow, RowError, Session, SurveyAnswer, User,
};
pub use http::{HttpAnswer, HttpFailure, HttpField, HttpMethod, HttpOrigin, HttpPlace, HttpRequest, HttpValue};
pub use id::{
    AgentId, ContactId, CustomerId, DispositionCode, EntryPointId, FlowId, InteractionId, LegId, NodeId, OfferId,
    ParseIdError, PlayId, PromptId, QuestionId, QueueId, ReasonCode, RecordingId, ScheduleId, SecretId, SkillId, Slug,
    TrunkId,
};
pub use joint::{ConsultResult, ConsultStage, ConsultView, Monitor, MonitorView};
pub use phone::{Ani, Dnis, Language, Redacted};
pub use quality::{LegQuality, LegRole};
pub use requirement::{Requirement, Ring};
pub use spoken::Spoken;
pub use time::{Instant, WallTime};
pub use trace::{SipMessage, SipTrace};
pub use view::{
    AgentView, CallbackCounts, CallbackView, ClosedWhy, Counts, Emergency, FloorView, MessageCounts, QuestionScore,
    QueueView, ScheduleView, ServiceLevelGoal, SurveyCounts, WaitingView, WebCallerView,
};
pub use visit::{AsideMark, AsideStep, CallbackMark, CallbackStep, QueueExit, QueueVisit, Visit};
pub use voicemail::{MessageView, VoicemailOrder};
pub use why::{Decision, Exclusion, Explanation, PastDecision, RoutingRule, Verdict, WhyStory};
