//! The rules of routing, as sentences.

mod agents;
mod floor;
mod offers;
mod order;
