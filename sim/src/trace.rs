//! A fingerprint of everything that the switchboard wanted, in order.

use core::fmt::{self, Write};
use domain::Instant;
use switchboard::Effect;

/// FNV-1a, 64 bits: enough to tell two runs apart.
pub(crate) struct Trace(u64);

impl Trace {
    pub fn new() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    pub fn note(&mut self, now: Instant, effect: &Effect) {
        self.add(&now.as_micros().to_le_bytes());
        match effect {
            Effect::Send { bytes, .. } => self.add(bytes),
            // Writing into the fingerprint cannot fail.
            other => _ = write!(self, "{other:?}"),
        }
    }

    pub fn sum(&self) -> u64 {
        self.0
    }
}

impl Write for Trace {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text.as_bytes());
        Ok(())
    }
}
