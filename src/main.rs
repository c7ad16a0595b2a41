//! Switchroom, a contact-centre engine.

use clap::Parser;
use std::process::ExitCode;

/// A message is many small strings. The system's allocator spends twice the time on them.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() -> ExitCode {
    switchroom::cli::run(switchroom::cli::Cli::parse())
}
