//! Switchroom, a contact-centre engine.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    switchroom::cli::run(switchroom::cli::Cli::parse())
}
