//! Packets on a media port: RTP, RTCP, and digits within RTP.
#![no_main]

use libfuzzer_sys::fuzz_target;
use media::rtp::{Packet, is_rtcp};

fuzz_target!(|bytes: &[u8]| {
    let _ = is_rtcp(bytes);
    let _ = media::rtcp::feedback(bytes, 7);
    if let Some(packet) = Packet::parse(bytes) {
        let written = packet.to_bytes();
        let again = Packet::parse(&written).expect("what we wrote is read");
        assert_eq!((again.payload_type, again.payload), (packet.payload_type, packet.payload));
    }
});
