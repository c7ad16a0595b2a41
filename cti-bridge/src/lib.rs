//! The CTI WebSocket at `/cti`: sign-in, agent state, offers with the screen pop, wishes and their replies, and for
//! supervisors the floor. One sequence of events; a client that comes back gets what it missed, or a snapshot.
//!
//! It decides nothing and stores nothing: wishes go to the control loop, questions to the store, both by channels that
//! the daemon made. It never carries SDP or audio, and never waits for a client: whoever does not read is cut.
//!
//! The messages are in [`schema`]; [`schema_json`] and [`asyncapi_json`] are generated from them.

mod bridge;
mod convert;
mod document;
mod fold;
mod hub;
mod origin;
mod reply;
pub mod schema;
mod socket;
mod why;
mod wish;

pub use bridge::{Ask, Bridge, Names, Presence, Settings, WishRequest};
pub use document::{PATH, SUBPROTOCOL, asyncapi_json, schema_json};
pub use reply::{ErrorCode, command_code, query_code};
