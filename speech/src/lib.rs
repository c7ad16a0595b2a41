//! Text to speech: a program such as espeak-ng is given texts and gives sound, which is kept for the next time.
//!
//! It decides nothing about calls. Whoever plays a text asks for it at the play's start and gets a [`Ticket`], which has the
//! sound as soon as it is there, and tells within the time-out that there will be none.
//!
//! Texts with values of variables in them may be about a caller: their sound stays in memory. All others are kept on disk
//! too, under names that tell nothing of them.

mod cache;
mod error;
mod program;
mod sound;
mod speaker;

pub use error::SpeechError;
pub use program::{Program, ProgramSettings, Synthesiser, default_voice};
pub use speaker::{Counts, Speaker, SpeakerSettings, Status, Ticket};
