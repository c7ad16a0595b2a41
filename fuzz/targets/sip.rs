//! SIP by datagram and by stream: what is taken can be written and read again, and says the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sip::message::{Framer, Message, parse_datagram, validate, validate_response};

fn judge(message: &Message) {
    match message {
        Message::Request(request) => drop(validate(request)),
        Message::Response(response) => drop(validate_response(response)),
    }
}

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = parse_datagram(bytes) {
        judge(&message);
        let written = message.to_bytes();
        let again = parse_datagram(&written).expect("what we wrote is read");
        assert_eq!(again.to_bytes(), written);
    }
    let mut framer = Framer::new();
    for piece in bytes.chunks(97) {
        framer.push(piece);
        while let Some(Ok(_)) = framer.next_frame() {}
    }
});
