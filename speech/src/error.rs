//! Why no speech was made.

use std::io;
use std::time::Duration;

/// Why no speech was made. It never holds the text.
#[derive(Debug, thiserror::Error)]
pub enum SpeechError {
    /// The configuration says so.
    #[error("text-to-speech is switched off ([speech] enabled = false)")]
    Off,
    /// There is nothing to say.
    #[error("there is nothing to say")]
    NoText,
    /// The program is not there.
    #[error(
        "the program `{0}` is not there; install it (Debian: apt-get install espeak-ng), or name another one under \
         `command` of [speech]"
    )]
    Missing(String),
    /// The program cannot be started.
    #[error("the program `{0}` cannot be started: {1}")]
    NotStarted(String, io::Error),
    /// The program ended with an error.
    #[error("the program `{program}` failed ({status}){}", if said.is_empty() { String::new() } else { format!(": {said}") })]
    Failed {
        /// Which.
        program: String,
        /// How it ended.
        status: String,
        /// The last line of what it said of it.
        said: String,
    },
    /// It took too long, waiting for a turn among others included.
    #[error("no speech within {} ms: the program is too slow, or too much is to be spoken at once", .0.as_millis())]
    TooLate(Duration),
    /// It gave more sound than a text can need.
    #[error("the program `{0}` gave more than {1} MB of sound")]
    TooMuch(String, usize),
    /// What it gave is no sound.
    #[error("the program `{0}` gave no sound: {1}")]
    NoSound(String, &'static str),
}
