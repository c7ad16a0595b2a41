//! Writing of session descriptions.

use super::parse::Description;
use super::{EVENT_PAYLOAD_TYPE, Local, Negotiated, PTIME_MS, WIDE_EVENT_PAYLOAD_TYPE};
use crate::api::Direction;
use crate::codec::Codec;
use crate::sdes::{self, Offered};
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
    codecs: Vec<(u8, Codec)>,
    /// Payload types of telephone events, and their clocks.
    events: Vec<(u8, u32)>,
    noise: Option<u8>,
    crypto: Option<Offered>,
    direction: Direction,
    rtcp_mux: bool,
    rtcp_port: bool,
}

fn audio(text: &mut String, local: &Local, audio: &Audio<'_>) {
    let port = local.address.port();
    let _ = write!(text, "m=audio {port} {}", audio.protocol);
    let codecs = audio.codecs.iter().map(|(pt, _)| *pt);
    for pt in codecs.chain(audio.noise).chain(audio.events.iter().map(|(pt, _)| *pt)) {
        let _ = write!(text, " {pt}");
    }
    text.push_str("\r\n");
    for (pt, codec) in &audio.codecs {
        line!(text, "a=rtpmap:{pt} {}/{}", codec.name(), codec.rtpmap_rate());
        if *codec == Codec::Opus {
            line!(text, "a=fmtp:{pt} stereo=0;useinbandfec=1");
        }
    }
    if let Some(pt) = audio.noise {
        line!(text, "a=rtpmap:{pt} CN/8000");
    }
    for (pt, clock) in &audio.events {
        line!(text, "a=rtpmap:{pt} telephone-event/{clock}");
        line!(text, "a=fmtp:{pt} 0-15");
    }
    line!(text, "a=ptime:{PTIME_MS}");
    if let Some(offered) = &audio.crypto {
        line!(text, "a=crypto:{}", sdes::write(offered));
    }
    if audio.rtcp_port {
        line!(text, "a=rtcp:{}", port.saturating_add(1));
    }
    if audio.rtcp_mux {
        line!(text, "a=rtcp-mux");
    }
    line!(text, "a={}", audio.direction.attribute());
}

/// Telephone events for each clock that our codecs run by (RFC 4733 §2.2).
fn offered_events(local: &Local) -> Vec<(u8, u32)> {
    let known = [(EVENT_PAYLOAD_TYPE, 8_000), (WIDE_EVENT_PAYLOAD_TYPE, 48_000)];
    known.into_iter().filter(|(_, clock)| local.codecs.iter().any(|codec| codec.clock() == *clock)).collect()
}

/// Our offer.
pub(super) fn offer(local: &Local, crypto: Option<Offered>) -> String {
    let mut text = head(local);
    let section = Audio {
        protocol: if crypto.is_some() { "RTP/SAVP" } else { "RTP/AVP" },
        crypto,
        codecs: local.codecs.iter().map(|c| (c.payload_type(), *c)).collect(),
        events: offered_events(local),
        noise: None,
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
                codecs: vec![(agreed.payload_type, agreed.codec)],
                events: agreed.dtmf_pt.map(|pt| (pt, agreed.codec.clock())).into_iter().collect(),
                noise: agreed.noise_pt,
                crypto: agreed.keys.map(|keys| keys.ours),
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
