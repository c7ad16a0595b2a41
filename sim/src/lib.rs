//! The whole switchboard in a small world of its own: a virtual clock that jumps from deadline to deadline, a network
//! that loses, repeats and reorders messages, callers, agents with phones and consoles, media workers and a store that
//! follow scripts. Everything follows from one seed, so that a failure is repeated by its number.
//!
//! [`World::run`] plays a world to its end and tells what was wrong in it.

pub mod day;
mod desk;
mod dice;
mod ledger;
pub mod oracle;
mod people;
mod plan;
mod plant;
mod trace;
mod watch;
mod world;

pub use world::{Outcome, World};
