//! The rules of routing, as sentences.

mod agents;
mod callback;
mod changes;
mod floor;
mod limits;
mod offers;
mod order;
mod rules;
mod snapshot;
mod waits;
mod why;
