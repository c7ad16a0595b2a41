//! The flow language (a checked graph) and one caller's run through it.
//!
//! It never plays audio, reads a clock or asks a database: it says what it wants and is told what happened.

pub mod api;
