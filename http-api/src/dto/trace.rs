//! The SIP messages of a contact.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The SIP messages of a contact, as far as they are kept.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct SipTrace {
    /// The contact.
    pub contact: String,
    /// The messages of all its legs in order of time.
    pub messages: Vec<SipMessage>,
    /// Later messages that were not kept: there were too many.
    pub left_out: u64,
}

/// A SIP message.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct SipMessage {
    /// When.
    pub at: i64,
    /// True: Switchroom sent it.
    pub outgoing: bool,
    /// `UDP`, `TCP`, `TLS`, `WS`, `WSS`.
    pub transport: String,
    /// Switchroom's address and port.
    pub local: String,
    /// The peer's address and port.
    pub remote: String,
    /// Its Call-ID.
    pub call_id: String,
    /// The message. Credentials, keys and digits are masked.
    pub text: String,
}
