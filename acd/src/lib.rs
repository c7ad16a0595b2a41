//! Skills-based routing: agents, queues, matching, offers, wrap-up, counters.
//!
//! It never reads a clock, draws a random number, rings a phone or knows what a call is.

pub mod api;
