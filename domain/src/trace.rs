//! The SIP messages of a contact.

use crate::{ContactId, WallTime};
use core::net::SocketAddr;

/// A SIP message that was sent or received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SipMessage {
    /// When.
    pub at: WallTime,
    /// True: we sent it.
    pub outgoing: bool,
    /// By which transport, in the word of its Via: `UDP`, `TCP`, `TLS`, `WS`, `WSS`.
    pub transport: &'static str,
    /// Our address.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
    /// Its Call-ID.
    pub call_id: String,
    /// The message. What is secret is masked.
    pub text: String,
}

/// The SIP messages of a contact, as far as they are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SipTrace {
    /// The contact.
    pub contact: ContactId,
    /// The messages of all its legs in order of time.
    pub messages: Vec<SipMessage>,
    /// Later messages that were not kept: there were too many.
    pub left_out: u64,
}
