//! SIP without I/O: wire lexer and writer, messages, validation, transactions, dialogs, registrar, digest.
//!
//! It never opens a socket, reads a clock, draws a random number of its own or blocks. Time is an argument, ids,
//! tags, branches and nonces come from one seeded generator given at construction: same seed and same inputs give
//! the same bytes.

pub mod api;
pub mod digest;
pub mod message;

pub use message::Message;
