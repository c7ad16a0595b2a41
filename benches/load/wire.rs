//! As much of SIP as a phone needs that only ever talks to one well-behaved peer.

use std::fmt::Write as _;
use std::net::SocketAddr;

/// The fields of a message that matter here.
#[derive(Default)]
pub struct Seen<'a> {
    pub start: &'a str,
    pub vias: Vec<&'a str>,
    pub from: &'a str,
    pub to: &'a str,
    pub call_id: &'a str,
    pub cseq: &'a str,
    pub contact: &'a str,
    pub body: &'a str,
}

impl<'a> Seen<'a> {
    /// Reads a message; `None`: it is none of ours.
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let mut seen = Self { start: lines.next()?, body, ..Self::default() };
        for line in lines {
            let Some((name, value)) = line.split_once(": ") else { continue };
            match name {
                "Via" => seen.vias.push(value),
                "From" => seen.from = value,
                "To" => seen.to = value,
                "Call-ID" => seen.call_id = value,
                "CSeq" => seen.cseq = value,
                "Contact" => seen.contact = value,
                _ => {}
            }
        }
        Some(seen)
    }

    /// The status, if it is a response.
    pub fn status(&self) -> Option<u16> {
        self.start.strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
    }

    /// The method of the request or of what is responded to.
    pub fn method(&self) -> &'a str {
        self.cseq.rsplit(' ').next().unwrap_or_default()
    }

    /// The URI of Contact.
    pub fn target(&self) -> &'a str {
        let uri = self.contact.split_once('<').map_or(self.contact, |(_, rest)| rest);
        uri.split('>').next().unwrap_or_default()
    }

    /// The port of the audio.
    pub fn audio_port(&self) -> Option<u16> {
        let (_, rest) = self.body.split_once("m=audio ")?;
        rest.split(' ').next()?.parse().ok()
    }

    /// The user of the Request-URI.
    pub fn user(&self) -> &'a str {
        let uri = self.start.split(' ').nth(1).unwrap_or_default();
        uri.strip_prefix("sip:").and_then(|rest| rest.split('@').next()).unwrap_or_default()
    }

    /// A response to this request.
    pub fn response(&self, status: &str, to_tag: &str, rest: &str) -> String {
        let mut text = format!("SIP/2.0 {status}\r\n");
        for via in &self.vias {
            // Writing to a string cannot fail.
            let _ = write!(text, "Via: {via}\r\n");
        }
        let tag = if self.to.contains(";tag=") || to_tag.is_empty() { "" } else { ";tag=" };
        let to_tag = if tag.is_empty() { "" } else { to_tag };
        let _ = write!(
            text,
            "From: {}\r\nTo: {}{tag}{to_tag}\r\nCall-ID: {}\r\nCSeq: {}\r\n{rest}",
            self.from, self.to, self.call_id, self.cseq
        );
        if !rest.contains("Content-Length") {
            text.push_str("Content-Length: 0\r\n\r\n");
        }
        text
    }
}

/// One side of a dialog, as far as requests of ours need it.
#[derive(Default)]
pub struct Dialog {
    pub target: String,
    /// Our From.
    pub local: String,
    /// Our To.
    pub remote: String,
    pub call_id: String,
    pub cseq: u32,
}

impl Dialog {
    /// A request of this dialog.
    pub fn request(&self, method: &str, me: SocketAddr, branch: &str, rest: &str) -> String {
        let Self { target, local, remote, call_id, cseq } = self;
        let mut text = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {me};branch=z9hG4bK{branch};rport\r\nMax-Forwards: 70\r\n\
             From: {local}\r\nTo: {remote}\r\nCall-ID: {call_id}\r\nCSeq: {cseq} {method}\r\n{rest}"
        );
        if !rest.contains("Content-Length") {
            text.push_str("Content-Length: 0\r\n\r\n");
        }
        text
    }
}

/// Contact and a session description for PCMU on this port.
pub fn described(me: SocketAddr, audio: u16) -> String {
    let body = format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {audio} RTP/AVP 0 101\r\n\
         a=rtpmap:0 PCMU/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n"
    );
    format!("Contact: <sip:load@{me}>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}
