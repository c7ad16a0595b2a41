//! The Switchroom daemon: command line, boot, control loop, demo, shutdown.
//!
//! It knows every part and decides nothing: decisions are the switchboard's.

pub mod boot;
pub mod cli;
mod clock;
mod commands;
mod control;
pub mod demo;
mod flow;
mod metrics;
mod mirror;
pub mod phone;
pub mod ports;
mod tls;
mod token;

/// Every code with which a command of the program can fail, with one line on what it means.
pub const PROBLEMS: [&[(&str, &str)]; 2] = [boot::CODES, commands::Failure::CODES];
