//! Writing of session descriptions.

use super::parse::Description;
use super::{EVENT_PAYLOAD_TYPE, Local, Negotiated, PTIME_MS};
use crate::api::Direction;
use core::fmt::Write;
use core::net::IpAddr;

/// Writing to a `String` cannot fail.
macro_rules! line {
    ($text:expr, $($part:tt)*) => {{
        let _ = write!($text, $($part)*);
        $text.push_str("\r\n");
    }};
}

fn family(address: IpAddr) -> &'static str {
    if address.is_ipv4() { "IP4" } else { "IP6" }
}

fn head(local: &Local) -> String {
    let ip = local.address.ip();
    let mut text = String::with_capacity(400);
    line!(text, "v=0");
    line!(text, "o=- {} {} IN {} {ip}", local.session, local.version, family(ip));
    line!(text, "s=-");
    line!(text, "c=IN {} {ip}", family(ip));
    line!(text, "t=0 0");
    text
}

/// What an audio section says.
struct Audio<'a> {
    protocol: &'a str,
    codecs: Vec<(u8, &'a str)>,
    events: Option<u8>,
    direction: Direction,
    rtcp_mux: bool,
    rtcp_port: bool,
}

fn audio(text: &mut String, local: &Local, audio: &Audio<'_>) {
    let port = local.address.port();
    let _ = write!(text, "m=audio {port} {}", audio.protocol);
    for pt in audio.codecs.iter().map(|(pt, _)| *pt).chain(audio.events) {
        let _ = write!(text, " {pt}");
    }
    text.push_str("\r\n");
    for (pt, name) in &audio.codecs {
        line!(text, "a=rtpmap:{pt} {name}/8000");
    }
    if let Some(pt) = audio.events {
        line!(text, "a=rtpmap:{pt} telephone-event/8000");
        line!(text, "a=fmtp:{pt} 0-15");
    }
    line!(text, "a=ptime:{PTIME_MS}");
    if audio.rtcp_port {
        line!(text, "a=rtcp:{}", port.saturating_add(1));
    }
    if audio.rtcp_mux {
        line!(text, "a=rtcp-mux");
    }
    line!(text, "a={}", audio.direction.attribute());
}

/// Our offer.
pub(super) fn offer(local: &Local) -> String {
    let mut text = head(local);
    let section = Audio {
        protocol: "RTP/AVP",
        codecs: local.codecs.iter().map(|c| (c.payload_type(), c.name())).collect(),
        events: Some(EVENT_PAYLOAD_TYPE),
        direction: local.direction,
        rtcp_mux: true,
        rtcp_port: true,
    };
    audio(&mut text, local, &section);
    text
}

/// Our answer: one section for each of the offer's, all but the chosen one refused (RFC 3264 §6).
pub(super) fn answer(local: &Local, offer: &Description<'_>, chosen: usize, agreed: &Negotiated) -> String {
    let mut text = head(local);
    for (index, section) in offer.sections.iter().enumerate() {
        if index == chosen {
            let section = Audio {
                protocol: section.protocol,
                codecs: vec![(agreed.payload_type, agreed.codec.name())],
                events: agreed.dtmf_pt,
                direction: agreed.direction,
                rtcp_mux: agreed.rtcp_mux,
                rtcp_port: !agreed.rtcp_mux,
            };
            audio(&mut text, local, &section);
        } else {
            line!(text, "m={} 0 {} {}", section.kind, section.protocol, section.formats.join(" "));
        }
    }
    text
}
