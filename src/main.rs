//! Switchroom, a contact-centre engine.

use clap::Parser;
use std::process::ExitCode;

/// A message is many small strings. The system's allocator spends twice the time on them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    switchroom::cli::run(switchroom::cli::Cli::parse())
}
