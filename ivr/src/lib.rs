//! The flow language (a checked graph) and one caller's run through it.
//!
//! It never plays audio, reads a clock or asks a database: it says what it wants and is told what happened.
//!
//! ```
//! use domain::{Ani, Dnis, Instant, Language, PlayId, Redacted, WallTime};
//! use ivr::api::{Context, Effect, Env, Fact, Say, Standing};
//! use ivr::{Flow, HangUp, Node, Run};
//! use std::sync::Arc;
//!
//! let bye = Node::HangUp(HangUp { say: vec![Say::Prompt("goodbye".parse()?)] });
//! let flow = Flow::new("short".parse()?, "bye".parse()?, [("bye".parse()?, bye)].into()).unwrap();
//! let caller = Context {
//!     ani: Ani::new("+4930123"), caller_name: Redacted::default(), dnis: Dnis::new("8000"),
//!     language: Language::EN, first_play: 7,
//! };
//! let mut run = Run::new(Arc::new(flow), caller);
//! let env = Env {
//!     wall: WallTime::default(),
//!     utc_offset_s: 0,
//!     queues: &Vec::new,
//!     figure: &|_, _| None,
//!     schedules: &|_| Standing::Unknown,
//! };
//! let mut effects = Vec::new();
//! run.handle(Instant::ZERO, Fact::Started, &env, &mut effects);
//! run.handle(Instant::from_millis(900), Fact::PlayDone(PlayId::new(7)), &env, &mut effects);
//! assert_eq!(effects.last(), Some(&Effect::HangUp));
//! # Ok::<(), domain::ParseIdError>(())
//! ```

pub mod api;
mod callback;
mod engine;
mod expression;
mod flow;
mod graph;
mod hours;
mod http;
mod input;
mod kept;
mod masked;
mod node;
mod queue_info;
mod record;
mod run;
mod scope;
pub mod speech;
mod survey;
#[cfg(test)]
mod tests;
mod text;
mod voicemail;
mod words;

pub use api::{Context, Effect, Env, ExpressionError, Fact, Note, NoteKind, Of, QueueFigures, Reason, Say};
pub use expression::{Compiler, Expression, ExpressionFlaw, FUNCTIONS, Names};
pub use flow::{DEPTH_MAX, Flow};
pub use graph::{Edge, Flaw, Shape, check};
pub use http::{Body, Http, Piece};
pub use masked::{Check, Masked};
pub use node::{
    Branch, Call, Callback, Collect, Enqueue, Exits, HangUp, HoursNode, Lookup, Menu, Node, Play, Retry, Set, SetValue,
    Transfer, Voicemail,
};
pub use queue_info::{QueueFigure, QueueInfo};
pub use record::Record;
pub use run::Run;
pub use scope::{CALLER_FIELDS, CUSTOMER_FIELDS, QUEUE_FIELDS, ROOTS, TIME_FIELDS, Value};
pub use survey::Survey;
pub use text::{Template, Text, Words};
