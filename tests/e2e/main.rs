//! The daemon with real clients from outside: SIPp, baresip, Chromium, and the built program itself.

#[path = "../support/mod.rs"]
mod support;

mod authoring;
mod browser;
mod callbacks;
mod callers;
mod crash;
mod flow;
mod hours;
mod journey;
mod mutations;
mod program;
mod recognised;
mod replaces;
mod sipp;
mod softphone;
mod torture;
mod wire;
