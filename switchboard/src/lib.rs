//! The switchboard: the one pure machine that makes all decisions, composed of the SIP endpoint, the calls, the runs
//! of flows and the ACD engine.
//!
//! It takes one closed [`Input`], returns [`Effect`]s, and never touches a socket, a clock, a lock or a random source:
//! time is an argument, randomness a seed. Same setup, same seed and same inputs give the same effects.
//! `route.rs` holds every translation between the composed machines; nothing else knows two of them.

pub mod api;
mod callbacks;
mod calls;
mod comments;
mod day;
mod desk_phone;
mod engine;
mod floor;
mod joint;
mod messages;
mod numbers;
mod quality;
mod recognition;
mod reconfigure;
mod refer;
mod route;
mod survey;
#[cfg(test)]
mod tests;
mod timetable;
mod why;
mod wishes;

pub use api::{Effect, Input, Setup};
pub use engine::Switchboard;
