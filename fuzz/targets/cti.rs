//! What a console sends on the CTI WebSocket.
#![no_main]

use cti_bridge::schema::ClientMessage;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = serde_json::from_str::<ClientMessage>(text);
});
