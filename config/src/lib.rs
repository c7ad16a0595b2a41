//! From configuration text to a checked [`Config`], or to every [`Problem`] with its place.
//!
//! If a [`Config`] exists, it is right: its fields are private and only the check makes it. The check never stops at
//! the first problem, and never touches the world by itself: files, environment variables and prompts are asked of
//! an [`Outside`]. The only code that reads files is [`load`].
//!
//! ```
//! let config = config::examples::demo(&|_| Some("a secret".to_owned()), "/srv/data".as_ref(), None).unwrap();
//! assert_eq!(config.acd().queues.len(), 2);
//! assert_eq!(config.entry_for("8000").unwrap().flow.as_str(), "demo");
//! ```

mod business;
mod callback;
mod changes;
mod check;
mod config;
pub mod examples;
mod flow;
mod flow_set;
mod http_step;
pub mod load;
mod model;
mod network;
mod node;
mod outside;
mod people;
mod problem;
mod reader;
mod recognition;
mod report;
mod routing;
mod say;
mod schedule;
mod secure;
mod server;
mod sip_setup;
mod subflow;
#[cfg(test)]
mod tests;
mod tls;
mod treatment;
mod tree;
mod url;
mod voice;

pub use changes::Changes;
pub use config::{Config, Overrides};
pub use flow_set::{FlowFile, FlowSet};
pub use load::{Drafts, Origin, load, load_flows};
pub use model::{
    Agent, AgentPhone, AudioCodec, CallbackMode, CallbackSettings, Connections, Database, Entry, HepSettings,
    HttpStepSettings, MediaSettings, MirrorSettings, Queue, Reason, RecognitionSettings, Routing, ServerSettings,
    SipSettings, Skill, SoftPhone, SrtpOffers, Trunk, TrunkRank, User,
};
pub use outside::{Outside, PromptSet};
pub use problem::{CODES, Level, Problem, RULES, Rule};
pub use report::Source;
pub use tls::{Identity, TrunkTls};
pub use treatment::{Message, Treatment};
pub use voice::{FlowWords, SpeechSettings};
