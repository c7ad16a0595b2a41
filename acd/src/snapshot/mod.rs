//! The engine's whole state as bytes, and back: what a second node, or the same after a restart, goes on from.
//!
//! Written is what inputs made of the engine: setup, agents, contacts, offers, counters, the generator. The index
//! (classes, idle agents, timers) follows from it and is made anew. The layout is a mark, a version, the records, and a
//! checksum of all before it; numbers are written in groups of seven bits, the lowest first (LEB128).

mod bytes;
mod records;
mod state;

#[cfg(test)]
pub(crate) use bytes::reseal;
pub(crate) use bytes::{Reader, Stored, Writer};

use crate::engine::Engine;

/// The first bytes of every snapshot.
const MARK: [u8; 4] = *b"ACDs";

/// The version that is written, and the only one that is read.
const VERSION: u16 = 2;

/// Why bytes are no snapshot of an engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// They do not begin as a snapshot does.
    #[error("this is no snapshot of an ACD engine")]
    NotASnapshot,
    /// Written by another version of the engine.
    #[error("the snapshot has version {0}; this engine reads version 2")]
    OtherVersion(u16),
    /// They end too early, go on too long, or were changed.
    #[error("the snapshot is damaged")]
    Damaged,
}

impl Engine {
    /// Everything that the engine knows, as bytes. The same state gives the same bytes.
    #[must_use]
    pub fn snapshot(&self) -> Vec<u8> {
        let mut out = Writer::default();
        MARK.iter().for_each(|byte| out.byte(*byte));
        VERSION.write(&mut out);
        self.write_state(&mut out);
        out.sealed()
    }

    /// The engine whose snapshot this is. With the inputs that came after it, it makes the same effects.
    ///
    /// # Errors
    /// Says why the bytes are no snapshot of this version of the engine.
    pub fn restore(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let body = bytes.strip_prefix(&MARK).ok_or(SnapshotError::NotASnapshot)?;
        let mut from = Reader::new(body);
        let version = u16::read(&mut from)?;
        if version != VERSION {
            return Err(SnapshotError::OtherVersion(version));
        }
        Reader::check_seal(bytes)?;
        from.unseal()?;
        let engine = Self::read_state(&mut from)?;
        from.end()?;
        Ok(engine)
    }
}
