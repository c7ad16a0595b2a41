//! Limits of the transports.

use std::time::Duration;

/// Limits of the transports. The size of a message is limited by [`sip::message::MESSAGE_BYTES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// TCP, TLS and WebSocket connections in all.
    pub connections_max: usize,
    /// TCP, TLS and WebSocket connections from one address.
    pub connections_per_address_max: usize,
    /// A TCP or TLS connection that brings nothing for so long is closed.
    pub idle: Duration,
    /// A TLS handshake may take so long.
    pub handshake: Duration,
    /// An accepted connection must bring its first message within this time.
    pub first_message: Duration,
    /// A message that has begun on a stream must be complete within this time.
    pub message: Duration,
    /// Opening a connection, or a single write, may take so long.
    pub write: Duration,
    /// How often a WebSocket is pinged.
    pub ping: Duration,
    /// A WebSocket that brings nothing, not even a pong, for so long is closed.
    pub pong: Duration,
    /// A TCP or TLS connection of somebody who has neither registered nor called by it, and is no trunk, is closed when it
    /// brings nothing for so long.
    pub stranger_idle: Duration,
    /// Messages waiting to be written to one connection; one more closes it.
    pub queue_messages_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            connections_per_address_max: 1_000,
            idle: Duration::from_secs(900),
            handshake: Duration::from_secs(5),
            first_message: Duration::from_secs(5),
            message: Duration::from_secs(32),
            write: Duration::from_secs(10),
            ping: Duration::from_secs(20),
            pong: Duration::from_secs(30),
            stranger_idle: Duration::from_secs(120),
            queue_messages_max: 256,
        }
    }
}
