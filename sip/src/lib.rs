//! SIP without I/O: wire lexer and writer, messages, validation, transactions, dialogs, registrar, digest.
//!
//! It never opens a socket, reads a clock, draws a random number of its own or blocks. Time is an argument, ids,
//! tags, branches and nonces come from one seeded generator given at construction: same seed and same inputs give
//! the same bytes.

pub mod admission;
pub mod api;
mod auth;
mod caller;
mod carrier;
pub mod cause;
mod dialog;
mod dice;
pub mod digest;
pub mod door;
mod endpoint;
mod keep_alive;
mod leg;
pub mod locate;
pub mod message;
mod offer;
mod refer;
mod register;
mod registrar;
mod reliable;
mod request;
mod session;
mod session_timer;
mod shared;
mod slim;
mod timers;
pub mod trace;
mod transaction;
mod transfer;
mod uac;
mod uas;

#[cfg(test)]
mod tests;

pub use endpoint::Endpoint;

pub use message::Message;
