//! Media workers: threads that own the RTP sockets, the 20 ms clock, prompts being played and browser legs.
//! Commands go in and events come out by bounded queues; audio between two legs never leaves its worker.
//!
//! It decides nothing about calls: whom to join, what to play and when to hang up is the switchboard's.
//!
//! ```no_run
//! use media_io::{Prompts, Settings, Workers};
//! use std::sync::Arc;
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let prompts = Arc::new(Prompts::load("prompts".as_ref()).map_err(|problems| problems[0].to_string())?);
//! let (recorder, _blocks) = std::sync::mpsc::sync_channel(64);
//! let workers = Workers::start(Settings::default(), prompts, |event| eprintln!("{event:?}"), recorder)?;
//! workers.stop();
//! # Ok(())
//! # }
//! ```

mod browser;
mod clock;
mod leg;
mod plain;
mod ports;
mod prompts;
mod rtcp_report;
mod settings;
mod slow;
mod srtp;
mod tapes;
mod worker;
mod workers;

pub use ports::PortFigures;
pub use prompts::wav::{self, WavFlaw};
pub use prompts::{FileFacts, Library, PromptError, Prompts};
pub use settings::{Figures, Rtcp, RtcpTap, Settings, Voice};
pub use workers::{PortCount, PromptSwitch, Workers};
