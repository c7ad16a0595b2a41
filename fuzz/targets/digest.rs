//! The values of WWW-Authenticate and Authorization (RFC 8760).
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::digest::{Authorization, Challenge};

fuzz_target!(|text: &str| {
    let _ = Challenge::parse(text);
    let _ = Authorization::parse(text);
});
