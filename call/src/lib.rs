//! One voice contact: its legs, phases, offers, hold, transfer, recording and wrap-up.
//!
//! A [`Call`] is a plain value. It never reads a clock, touches a socket or plays audio: it is told what happened,
//! and says what it wants done. It knows nothing of SIP messages, of RTP or of how agents are chosen.

pub mod api;
mod callback;
mod caller;
mod comment;
mod consult;
mod effects;
mod engine;
mod entry;
mod facts;
mod legs;
mod line;
mod mask;
mod message;
mod monitor;
mod opening;
mod part;
mod party;
mod reads;
mod rooms;
mod survey;
mod takeover;
mod talk;
mod tape;
#[cfg(test)]
mod tests;
mod treatment;
mod wrapup;

pub use api::{Effect, Fact, Phase, Wish};
pub use engine::Call;
