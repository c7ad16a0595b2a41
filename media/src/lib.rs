//! Media as plain values: session descriptions, RTP streams, G.711, keyed digits, tones, prompts being
//! played, latching of the remote address, and the timeline of a recording.
//!
//! It never opens a socket, reads a clock, draws a random number or knows about threads: packets, time
//! ([`domain::Instant`]) and random starting values are arguments. `media-io` moves the packets.
//!
//! ```
//! use media::tone::{Sine, strongest_tone};
//! let mut samples = [0; 1600];
//! Sine::new(440, 8_000).fill(&mut samples);
//! assert_eq!(strongest_tone(&samples, 8_000, &[350, 440, 620]), Some(440));
//! ```

pub mod api;
pub mod codec;
pub mod conceal;
pub mod dtmf;
pub mod g711;
pub mod jitter;
pub mod keypad;
pub mod latch;
pub mod level;
pub mod mixer;
pub mod noise;
pub mod playout;
pub mod quality;
pub mod resample;
pub mod rtcp;
pub mod rtp;
pub mod sdes;
pub mod sdp;
pub mod sequence;
pub mod silence;
pub mod stream;
pub mod tape;
pub mod tone;

/// Samples per second of everything inside.
pub const RATE: u32 = 8_000;

/// Samples of one frame of 20 ms.
pub const FRAME: usize = 160;
