//! What a message costs: one INVITE with a session description, parsed and validated.
//!
//! Prints a line `name value unit`. Run with `cargo bench --profile release -p sip`.
#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

use sip::Message;
use sip::message::{parse_datagram, validate};
use std::hint::black_box;
use std::time::Instant;

const ROUNDS: u32 = 200_000;

const INVITE: &str = "INVITE sip:8000@192.0.2.20:5060;transport=udp SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-524287-1---8f2c0d3a77b1e0c1;rport\r\n\
    Via: SIP/2.0/UDP 198.51.100.4:5060;branch=z9hG4bK4b43c2ff8.1;received=198.51.100.4\r\n\
    Max-Forwards: 69\r\n\
    Record-Route: <sip:192.0.2.10;lr>\r\n\
    From: \"Marta Keller\" <sip:+493023125042@carrier.example>;tag=as6f4a3c21\r\n\
    To: <sip:8000@192.0.2.20>\r\n\
    Contact: <sip:+493023125042@198.51.100.4:5060>\r\n\
    Call-ID: 5b1e2f3a4c6d7e8f90a1b2c3d4e5f607@198.51.100.4\r\n\
    CSeq: 102 INVITE\r\n\
    User-Agent: Carrier Edge 4.2\r\n\
    P-Asserted-Identity: \"Marta Keller\" <sip:+493023125042@carrier.example>\r\n\
    Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, UPDATE, INFO\r\n\
    Supported: timer, replaces\r\n\
    Session-Expires: 1800;refresher=uac\r\n\
    Content-Type: application/sdp\r\n\
    Content-Length: 229\r\n\
    \r\n\
    v=0\r\n\
    o=- 1746000000 1746000000 IN IP4 198.51.100.4\r\n\
    s=call\r\n\
    c=IN IP4 198.51.100.4\r\n\
    t=0 0\r\n\
    m=audio 14512 RTP/AVP 8 0 101\r\n\
    a=rtpmap:8 PCMA/8000\r\n\
    a=rtpmap:0 PCMU/8000\r\n\
    a=rtpmap:101 telephone-event/8000\r\n\
    a=fmtp:101 0-16\r\n\
    a=ptime:20\r\n";

fn read(bytes: &[u8]) -> bool {
    matches!(parse_datagram(bytes), Ok(Message::Request(request)) if validate(&request).is_ok())
}

fn main() {
    assert!(read(INVITE.as_bytes()), "the message of this bench is not valid");
    let begun = Instant::now();
    for _ in 0..ROUNDS {
        assert!(read(black_box(INVITE.as_bytes())));
    }
    println!("sip_parse_us {:.3} us", begun.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS));
}
