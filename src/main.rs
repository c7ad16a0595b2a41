//! Switchroom.
fn main() {}
