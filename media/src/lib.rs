//! Media without I/O: SDP, RTP streams, codecs, DTMF, tones, bridging and mixing.
//!
//! It never opens a socket, reads a clock or draws a random number: time, SSRCs and ports are arguments.

pub mod api;
