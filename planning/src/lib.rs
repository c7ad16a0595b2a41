//! What a planner asks: formulas for staffing, recorded decisions replayed, and a contact centre simulated on the real
//! routing engine in virtual time.
//!
//! It is pure: no clock, no files, no randomness but from seeds. The command line reads and prints.

pub mod erlang;
mod error;
pub mod predict;
pub mod route;
pub mod simulate;

pub use error::Error;
