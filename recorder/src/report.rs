//! What the recorder reports, and what can go wrong.

use domain::{ContactId, RecordingId};
use std::io;
use std::path::PathBuf;

/// A recording that is closed and stands on disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The recording.
    pub recording: RecordingId,
    /// Its contact.
    pub contact: ContactId,
    /// Path below the recordings directory, with `/` between folders.
    pub path: String,
    /// Length in milliseconds.
    pub duration_ms: u64,
    /// SHA-256 of the file, in lower-case hex.
    pub sha256: String,
    /// Milliseconds that never came and are silence in the file.
    pub gap_ms: u64,
    /// Milliseconds in which the customer's side was louder than −45 dB of full scale.
    pub voiced_ms: u64,
    /// Where it was paused, in order: silence by intent, and no gap.
    pub pauses: Vec<Pause>,
}

/// A stretch of a recording that is silent because it was paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Its beginning, in milliseconds from the recording's.
    pub start_ms: u64,
    /// Its length in milliseconds.
    pub length_ms: u64,
}

/// How a recording ended.
#[derive(Debug)]
pub enum Report {
    /// Well.
    Finished(Finished),
    /// Early, because of the disk. What was written before is kept as `<recording>.partial.wav` where the disk
    /// allows.
    Failed {
        /// The recording.
        recording: RecordingId,
        /// Why.
        why: RecorderError,
    },
}

/// A recording that a crash had left open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// The recording.
    pub recording: RecordingId,
    /// Path below the recordings directory, with `/` between folders.
    pub path: String,
    /// Length in milliseconds.
    pub duration_ms: u64,
    /// SHA-256 of the file, in lower-case hex.
    pub sha256: String,
}

/// Why recording is not possible, or not any more. All of these are ours: the disk or the machine.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The directory is missing and cannot be made, or nothing can be written there.
    #[error("the recordings directory {} cannot be written: {source}", path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file could not be read or written: disk full, disk gone.
    #[error("the recording {} cannot be written: {source}", path.display())]
    Disk {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk is nearly full: recordings leave the rest of it to the history of calls.
    #[error("the disk of {} is nearly full", path.display())]
    DiskFull {
        /// The directory of the recordings.
        path: PathBuf,
    },
    /// The file holds something else than a recording of ours.
    #[error("{} is not a recording", path.display())]
    NotARecording {
        /// The file.
        path: PathBuf,
    },
    /// A WAV file of this kind holds 37 hours, and not more.
    #[error("the recording is longer than its file can be")]
    TooLong,
    /// The system started no thread.
    #[error("the recorder's thread did not start: {0}")]
    Thread(io::Error),
}
