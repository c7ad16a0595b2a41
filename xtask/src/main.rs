//! Project tasks: `cargo xtask tidy` checks the rules of the house, `cargo xtask generate` writes the generated
//! files, `cargo xtask prompts` renders the prompts from their texts.

#![allow(clippy::print_stdout, reason = "a command-line tool talks to its user")]

mod generate;
mod prompts;
mod tidy;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    if let Err(why) = std::env::set_current_dir(root) {
        eprintln!("{root}: {why}");
        return ExitCode::FAILURE;
    }
    let result = match args.first().map(String::as_str) {
        Some("tidy") => tidy::run(),
        Some("generate") => generate::run(),
        Some("prompts") => prompts::run(&args[1..]),
        _ => Err("usage: cargo xtask tidy | generate | prompts".to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
