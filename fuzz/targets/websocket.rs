//! A SIP message in a WebSocket frame (RFC 7118).
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::message::{Message, parse_frame, validate};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Message::Request(request)) = parse_frame(bytes) {
        let _ = validate(&request);
    }
});
