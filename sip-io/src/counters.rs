//! What the transports count. Read by metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// Totals since the start.
#[derive(Debug, Default)]
pub struct Counters {
    /// Messages (readable or not) put into the inbox.
    pub received: AtomicU64,
    /// Messages sent or queued for a connection.
    pub sent: AtomicU64,
    /// Datagrams dropped because the inbox was full.
    pub inbox_full: AtomicU64,
    /// Messages of sources that sent too many: datagrams dropped unread, streams read later.
    pub rate_limited: AtomicU64,
    /// Sources banned for wrong passwords.
    pub bans: AtomicU64,
    /// Messages and connections of banned sources, dropped.
    pub banned_dropped: AtomicU64,
    /// New calls refused because more came than can be served.
    pub refused: AtomicU64,
    /// Messages dropped because a send buffer or queue was full or their connection was gone.
    pub unsent: AtomicU64,
    /// Destinations that could not be reached.
    pub send_failed: AtomicU64,
    /// Connections accepted or opened.
    pub connections: AtomicU64,
    /// Connections refused by a limit.
    pub connections_refused: AtomicU64,
    /// TLS handshakes that failed, also those of connections that we opened.
    pub handshakes_failed: AtomicU64,
    /// Connections closed because their framing was lost.
    pub framing_lost: AtomicU64,
    /// Connections closed because nothing, or no whole message, came in time.
    pub timed_out: AtomicU64,
    /// Connections closed because their peer did not read.
    pub overflowed: AtomicU64,
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}

impl Counters {
    pub(crate) fn received(&self) {
        count(&self.received);
    }

    pub(crate) fn sent(&self) {
        count(&self.sent);
    }

    pub(crate) fn inbox_full(&self) {
        count(&self.inbox_full);
    }

    pub(crate) fn rate_limited(&self) {
        count(&self.rate_limited);
    }

    pub(crate) fn banned(&self) {
        count(&self.bans);
    }

    pub(crate) fn unheard(&self) {
        count(&self.banned_dropped);
    }

    pub(crate) fn refused_call(&self) {
        count(&self.refused);
    }

    pub(crate) fn dropped_unsent(&self) {
        count(&self.unsent);
    }

    pub(crate) fn send_failed(&self) {
        count(&self.send_failed);
    }

    pub(crate) fn connected(&self) {
        count(&self.connections);
    }

    pub(crate) fn refused(&self) {
        count(&self.connections_refused);
    }

    pub(crate) fn handshake_failed(&self) {
        count(&self.handshakes_failed);
    }

    pub(crate) fn framing_lost(&self) {
        count(&self.framing_lost);
    }

    pub(crate) fn timed_out(&self) {
        count(&self.timed_out);
    }

    pub(crate) fn overflowed(&self) {
        count(&self.overflowed);
    }
}
