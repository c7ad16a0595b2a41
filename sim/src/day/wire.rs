//! The SIP messages of a day: what callers, agents' phones and numbers outside send.

use crate::plan;
use core::net::SocketAddr;

/// Where callers are; agents' phones and the numbers outside are beside it.
pub(super) const CALLERS: &str = "127.0.0.2:5060";
pub(super) const AGENTS: &str = "127.0.0.3:5060";
const OUTSIDE: &str = "127.0.0.4:5060";
pub(super) const SDP: &str =
    "v=0\r\no=a 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
/// The first caller's number without its last digits.
const NUMBERS: u64 = 49_300_000_000;

/// The caller with this number.
pub(super) fn caller_of(number: &str) -> Option<usize> {
    let number = number.trim_start_matches('+').parse::<u64>().ok()?;
    usize::try_from(number.checked_sub(NUMBERS)?).ok()
}

pub(super) fn call_id(caller: usize, again: bool) -> String {
    format!("call-{caller}-{}", u8::from(again))
}

pub(super) fn from(caller: usize, call_id: &str) -> String {
    format!("From: <sip:+{}@{CALLERS}>;tag={call_id}", NUMBERS + caller as u64)
}

/// # Panics
/// If the text is no address: all of ours are constants.
pub(super) fn address(text: &str) -> SocketAddr {
    text.parse().expect("a constant address")
}

/// The header line that begins so; empty if there is none.
pub(super) fn line<'a>(message: &'a str, start: &str) -> &'a str {
    message.lines().find(|line| line.starts_with(start)).unwrap_or_default()
}

pub(super) fn invite(caller: usize, call_id: &str) -> String {
    let (us, from) = (plan::BOARD, from(caller, call_id));
    let number = NUMBERS + caller as u64;
    format!(
        "INVITE sip:8000@{us} SIP/2.0\r\nVia: SIP/2.0/UDP {CALLERS};branch=z9hG4bK-{call_id}\r\nMax-Forwards: 70\r\n\
         {from}\r\nTo: <sip:8000@{us}>\r\nCall-ID: {call_id}\r\nCSeq: 1 INVITE\r\nContact: <sip:+{number}@{CALLERS}>\r\n\
         Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}",
        SDP.len()
    )
}

pub(super) fn in_dialog(method: &str, number: u32, call_id: &str, from: &str, to: &str) -> String {
    let us = plan::BOARD;
    format!(
        "{method} sip:8000@{us} SIP/2.0\r\nVia: SIP/2.0/UDP {CALLERS};branch=z9hG4bK-{method}-{call_id}\r\n\
         Max-Forwards: 70\r\n{from}\r\n{to}\r\nCall-ID: {call_id}\r\nCSeq: {number} {method}\r\nContent-Length: 0\r\n\r\n"
    )
}

/// An answer to a request of the switchboard.
pub(super) fn reply(request: &str, status: &str, body: &str) -> String {
    let to = line(request, "To:");
    let tag = if to.contains(";tag=") { "" } else { ";tag=there" };
    let kind = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
    format!(
        "SIP/2.0 {status}\r\n{}\r\n{}\r\n{to}{tag}\r\n{}\r\n{}\r\nContact: <sip:there@{OUTSIDE}>\r\n{kind}\
         Content-Length: {}\r\n\r\n{body}",
        line(request, "Via:"),
        line(request, "From:"),
        line(request, "Call-ID:"),
        line(request, "CSeq:"),
        body.len()
    )
}
