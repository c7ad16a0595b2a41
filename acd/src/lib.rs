//! Skills-based routing: agents, queues, matching, offers, wrap-up, counters.
//!
//! It never reads a clock, draws a random number, rings a phone or knows what a call is: it is told facts with
//! their time and answers with effects. The same inputs give the same decisions.
//!
//! Invariants, which hold whenever a call returns:
//! - no slot of an agent is held twice, and no contact is lost, doubled or ended twice;
//! - no ready eligible agent faces a waiting contact that this agent could take;
//! - at equal score the oldest contact goes first;
//! - `offered = answered + abandoned + flowed out + waiting` for each queue.
//!
//! ```
//! use acd::{Engine, api::{Command, Effect, Setup}};
//! use domain::{AgentState, Instant};
//!
//! let agents = vec![acd::api::AgentSetup {
//!     id: "li.wei".parse().unwrap(),
//!     name: "Li Wei".into(),
//!     skills: vec![],
//!     queues: vec![],
//!     capacity: vec![],
//! }];
//! let mut engine = Engine::new(Setup { agents, ..Setup::default() }, 1);
//! let mut effects = Vec::new();
//! let (agent, login) = ("li.wei".parse().unwrap(), "login".parse().unwrap());
//! engine.command(Instant::ZERO, Command::SignIn(agent, login), &mut effects).unwrap();
//! engine.command(Instant::ZERO, Command::Ready(agent), &mut effects).unwrap();
//! assert_eq!(engine.agent_state(agent), Some(AgentState::Ready));
//! assert!(matches!(effects.last(), Some(Effect::AgentState { state: AgentState::Ready, .. })));
//! ```

mod agent;
pub mod api;
pub mod callback;
mod capacity;
mod choice;
mod class;
mod clock;
mod contact;
mod draw;
mod due;
mod engine;
mod enter;
mod explain;
pub mod forecast;
mod hash;
mod heap;
mod line;
mod matching;
mod offer;
mod place;
mod presence;
mod queue;
mod ranks;
mod reconfigure;
mod refresh;
mod roster;
mod setup;
mod snapshot;
mod view;
mod why;
mod wrap_up;

pub use engine::Engine;
pub use snapshot::SnapshotError;

#[cfg(test)]
mod tests;
