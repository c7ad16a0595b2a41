//! Recordings: stereo WAV files, 16 bits at 8 kHz, the customer on the left and the agent on the right.
//!
//! One thread writes whatever the media workers hand over. While a recording runs its file is named
//! `<dir>/YYYY/MM/DD/<recording>.part.wav` (the day in UTC) and its header is brought up to date every 500 ms, so
//! that a crash costs at most the last second; [`recover`] finishes such files at the next start. A closed recording
//! is synced, named `<recording>.wav` and reported with its SHA-256.
//!
//! When the disk is nearly full, running recordings are closed as far as they are and none begins, so that there is room
//! for the history of calls.
//!
//! It never decides what is recorded, never delays audio, and never deletes a recording.

mod file;
mod recover;
mod report;
mod space;
mod track;
mod writer;

pub use recover::recover;
pub use report::{Finished, Pause, RecorderError, Recovered, Report};
pub use writer::Recorder;

#[cfg(test)]
mod tests;
