//! The API by its front door, with a scripted store and a scripted control loop at the other ends of its channels.

mod console;
mod contacts;
mod floor;
mod flows;
mod log;
mod problems;
mod prompts;
mod public;
mod rig;
mod roles;
mod serve;
mod sessions;
mod steer;
