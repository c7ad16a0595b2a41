//! Wide-band codecs, transcoding, digits in the audio, and IPv6.

use crate::bench::{A, B, Bench, CONTACT, collect, tone};
use crate::ear::Heard;
use crate::phone::Phone;
use domain::RecordingId;
use media::api::{Command, Event, LegKind, MediaError};
use media::codec::Codec;
use media::noise::Description;
use media::rtp::{Packet, Stamp, is_rtcp};
use media::sdes::{self, MasterKey, Offered};
use media::tone::{Sine, strongest_tone};
use media_io::Settings;
use rtc::srtp::context::Context;
use rtc::srtp::protection_profile::ProtectionProfile;
use std::net::{Ipv6Addr, UdpSocket};

fn bench() -> Bench {
    Bench::with(Settings { codecs: vec![Codec::Opus, Codec::G722, Codec::Pcmu, Codec::Pcma], ..Settings::default() })
}

#[test]
fn every_pair_of_codecs_hears_each_other_and_is_recorded() {
    for (one, other) in [
        (Codec::Opus, Codec::Pcmu),
        (Codec::G722, Codec::Pcma),
        (Codec::Opus, Codec::G722),
        (Codec::Opus, Codec::Opus),
        (Codec::G722, Codec::G722),
    ] {
        let bench = bench();
        let (a, b) = (Phone::new(one, 101, 440), Phone::new(other, 96, 620));
        bench.connect(A, &a);
        bench.connect(B, &b);
        bench.send(Command::Bridge { a: A, b: B });
        a.wait_tone(Some(620));
        b.wait_tone(Some(440));
        let types = |phone: &Phone, codec: Codec| phone.heard(|h| h.audio_types.iter().eq(&[codec.payload_type()]));
        assert!(types(&a, one) && types(&b, other), "{one:?} {other:?}");
        assert!(a.heard(Heard::is_one_stream) && b.heard(Heard::is_one_stream), "{one:?} {other:?}");
        assert_eq!(bench.workers.figures().relayed > 0, one == other, "relayed only where nothing is to be transcoded");
        let recording = RecordingId::new(3);
        bench.send(Command::StartRecording { recording, contact: CONTACT, customer: A, agent: Some(B), silence: None });
        let (customer, agent) = collect(&bench, recording, 8_000);
        assert_eq!((tone(&customer), tone(&agent)), (Some(440), Some(620)), "{one:?} {other:?}");
    }
}

#[test]
fn a_second_leg_is_offered_first_what_the_first_one_speaks() {
    let bench = bench();
    let a = Phone::new(Codec::Pcma, 101, 440);
    bench.connect(A, &a);
    let offer = bench.open(B, LegKind::Plain, None);
    assert!(offer.contains(" RTP/AVP 8 111 9 0 101 110\r\n"), "{offer}");
    bench.send(Command::Close { leg: B });
    let many = a.sdp("sendrecv").replace("RTP/AVP 8 101", "RTP/AVP 0 9 8 101");
    let answer = bench.open(domain::LegId::new(9), LegKind::Plain, Some(many));
    assert!(answer.contains(" RTP/AVP 8 101\r\n"), "{answer}");
}

#[test]
fn digits_are_keyed_through_a_transcoded_call() {
    let bench = bench();
    let (a, b) = (Phone::new(Codec::Opus, 110, 440), Phone::new(Codec::Pcmu, 96, 620));
    bench.connect(A, &a);
    bench.connect(B, &b);
    bench.send(Command::Bridge { a: A, b: B });
    b.wait_tone(Some(440));
    a.key("5#");
    b.wait("hears 5#", |heard| heard.digits == "5#");
    b.key("7");
    a.wait("hears 7", |heard| heard.digits == "7");
    for (leg, digit) in [(A, '5'), (A, '#'), (B, '7')] {
        bench.expect_event(&Event::Digit { leg, digit });
    }
}

fn keyed(rows: f64, columns: f64, n: usize) -> Vec<u8> {
    let sine = |hz: f64, at: usize| 5_000.0 * (core::f64::consts::TAU * hz * at as f64 / 8_000.0).sin();
    let samples: Vec<i16> = (n * 160..n * 160 + 160).map(|at| (sine(rows, at) + sine(columns, at)) as i16).collect();
    let mut payload = vec![0; 160];
    Codec::Pcmu.encode(&samples, &mut payload);
    payload
}

#[test]
fn digits_in_the_audio_count_for_a_peer_without_events_and_only_from_its_own_address() {
    let bench = Bench::new();
    let (socket, stranger) = (UdpSocket::bind("127.0.0.1:0").unwrap(), UdpSocket::bind("127.0.0.1:0").unwrap());
    let port = socket.local_addr().unwrap().port();
    let offer = format!("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio {port} RTP/AVP 0\r\n");
    let to = crate::phone::audio_address(&bench.open(A, LegKind::Plain, Some(offer)));
    let say = |socket: &UdpSocket, ssrc: u32, n: u16, payload: &[u8]| {
        let stamp = Stamp { ssrc, sequence: n, timestamp: u32::from(n) * 160, marker: false };
        socket.send_to(&Packet { payload_type: 0, stamp, payload }.to_bytes(), to).unwrap();
    };
    for n in 0..10 {
        say(&socket, 1, n, &[0xFF; 160]);
    }
    bench.expect_event(&Event::Flowing { leg: A });
    for n in 10..20 {
        say(&stranger, 2, n, &keyed(697.0, 1_209.0, n.into()));
        say(&socket, 1, n, &keyed(852.0, 1_477.0, n.into()));
    }
    bench.expect_event(&Event::Digit { leg: A, digit: '9' });
    let rest = bench.expect_after_close(A);
    assert!(
        !rest.iter().any(|event| matches!(event, Event::Digit { .. })),
        "once, and nothing of the stranger: {rest:?}"
    );
}

#[test]
fn media_flows_over_ipv6() {
    let bench = Bench::with(Settings { address: Ipv6Addr::LOCALHOST.into(), ..Settings::default() });
    let socket = UdpSocket::bind("[::1]:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let offer = format!("v=0\r\nc=IN IP6 ::1\r\nm=audio {port} RTP/AVP 0\r\n");
    let sdp = bench.open(A, LegKind::Plain, Some(offer));
    assert!(sdp.contains("c=IN IP6 ::1\r\n"), "{sdp}");
    let ours: u16 = sdp.split("m=audio ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let stamp = Stamp { ssrc: 1, sequence: 1, timestamp: 1, marker: false };
    socket.send_to(&Packet { payload_type: 0, stamp, payload: &[0xFF; 160] }.to_bytes(), ("::1", ours)).unwrap();
    bench.expect_event(&Event::Flowing { leg: A });
    let mut buffer = [0; 2_048];
    let (length, from) = socket.recv_from(&mut buffer).unwrap();
    assert_eq!((from.port(), Packet::parse(&buffer[..length]).unwrap().payload_type), (ours, 0));
}

/// What a secured phone says: a tone, sealed.
fn secured(context: &mut Context, n: u16, tone: &mut Sine) -> Vec<u8> {
    context.encrypt_rtp(&said(n, tone)).unwrap().to_vec()
}

fn said(n: u16, tone: &mut Sine) -> Vec<u8> {
    let (mut samples, mut payload) = ([0; 160], [0; 160]);
    tone.fill(&mut samples);
    Codec::Pcmu.encode(&samples, &mut payload);
    let stamp = Stamp { ssrc: 77, sequence: n, timestamp: u32::from(n) * 160, marker: false };
    Packet { payload_type: 0, stamp, payload: &payload }.to_bytes()
}

fn context(line: &str) -> Context {
    let key = sdes::parse(line).unwrap().key;
    let provider = rtc::crypto::default_provider().unwrap();
    let profile = ProtectionProfile::Aes128CmHmacSha1_80;
    Context::new(key.key(), key.salt(), profile, None, None, provider.crypto()).unwrap()
}

fn crypto_line(sdp: &str) -> &str {
    sdp.lines().find_map(|line| line.strip_prefix("a=crypto:")).unwrap()
}

#[test]
fn a_secured_leg_and_a_plain_one_hear_each_other_and_unsealed_packets_are_not_heard() {
    let bench = Bench::new();
    let b = Phone::new(Codec::Pcmu, 96, 620);
    bench.connect(B, &b);
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = socket.local_addr().unwrap().port();
    let line = sdes::write(&Offered { tag: 4, key: MasterKey::new([9; 30]) });
    let offer = format!(
        "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio {port} RTP/SAVP 0 101\r\na=crypto:{line}\r\n\
         a=rtpmap:101 telephone-event/8000\r\na=rtcp-mux\r\n"
    );
    let answer = bench.open(A, LegKind::Plain, Some(offer));
    assert!(answer.contains("RTP/SAVP 0 101\r\n") && answer.contains("a=crypto:4 "), "{answer}");
    let to = crate::phone::audio_address(&answer);
    let (mut ours, mut theirs) = (context(&line), context(crypto_line(&answer)));
    bench.send(Command::Bridge { a: A, b: B });
    let (mut tone, mut unsealed) = (Sine::new(440, 8_000), Sine::new(850, 8_000));
    let (mut heard, mut buffer) = (Vec::new(), [0; 2_048]);
    for n in 0..150 {
        // Our pace is that of the packets that come: one for one.
        let (length, _) = socket.recv_from(&mut buffer).unwrap();
        socket.send_to(&secured(&mut ours, n, &mut tone), to).unwrap();
        socket.send_to(&said(n + 1_000, &mut unsealed), to).unwrap();
        if !is_rtcp(&buffer[..length]) {
            let opened = theirs.decrypt_rtp(&buffer[..length]).unwrap();
            Codec::Pcmu.append(Packet::parse(&opened).unwrap().payload, &mut heard);
        }
    }
    assert_eq!(strongest_tone(&heard[heard.len() - 8_000..], 8_000, &[440, 620, 850]), Some(620));
    b.wait("heard the secured one", |heard| strongest_tone(&heard.samples, 8_000, &[440, 850]) == Some(440));
    assert!(bench.workers.figures().ignored >= 100, "those that were not sealed");
}

#[test]
fn a_leg_that_must_be_secured_offers_nothing_else_and_takes_nothing_else() {
    let bench = Bench::new();
    let offer = bench.open(A, LegKind::Secured, None);
    assert!(offer.contains("RTP/SAVP 0 8 101\r\n"), "{offer}");
    assert!(sdes::parse(crypto_line(&offer)).is_some_and(|offered| offered.tag == 1));
    let phone = Phone::new(Codec::Pcmu, 101, 440);
    bench.send(Command::SetAnswer { leg: A, sdp: phone.sdp("sendrecv") });
    bench.expect_event(&Event::RemoteRefused { leg: A, why: MediaError::NoCodec });
    let offer = Some(phone.sdp("sendrecv"));
    bench.send(Command::Open { leg: B, contact: CONTACT, kind: LegKind::Secured, offer });
    bench.expect_event(&Event::OpenFailed { leg: B, why: MediaError::NoCodec });
}

#[test]
fn a_peer_with_comfort_noise_of_its_own_gets_descriptions_and_its_own_are_heard_as_noise() {
    let bench = Bench::new();
    let (b, socket) = (Phone::new(Codec::Pcma, 96, 620), UdpSocket::bind("127.0.0.1:0").unwrap());
    bench.connect(B, &b);
    let port = socket.local_addr().unwrap().port();
    let offer = format!(
        "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio {port} RTP/AVP 0 13 101\r\na=rtpmap:101 telephone-event/8000\r\n\
         a=rtcp-mux\r\n"
    );
    let answer = bench.open(A, LegKind::Plain, Some(offer));
    assert!(answer.contains("RTP/AVP 0 13 101\r\n"), "{answer}");
    let mut buffer = [0; 2_048];
    let mut stamps = Vec::new();
    while stamps.len() < 3 {
        let (length, _) = socket.recv_from(&mut buffer).unwrap();
        let packet = Packet::parse(&buffer[..length]).unwrap();
        assert_eq!((packet.payload_type, packet.payload.len()), (13, 1), "nothing but descriptions");
        stamps.push(packet.stamp);
    }
    assert!(stamps.windows(2).all(|w| w[1].sequence == w[0].sequence + 1 && w[1].timestamp - w[0].timestamp >= 1_600));
    // A conference, in which noise is made of what the peer describes.
    bench.send(Command::Mix { legs: vec![A, B], gains: vec![(A, B, 999)] });
    let to = crate::phone::audio_address(&answer);
    let mut n = 0;
    let mut describe = || {
        let stamp = Stamp { ssrc: 3, sequence: n, timestamp: u32::from(n) * 160, marker: false };
        socket.send_to(&Packet { payload_type: 13, stamp, payload: &[30] }.to_bytes(), to).unwrap();
        n += 1;
    };
    for _ in 0..50 {
        // Our pace is that of the packets that come.
        socket.recv_from(&mut buffer).unwrap();
        describe();
    }
    b.wait("hears noise of -30 dBov", |heard| {
        let recent = &heard.samples[heard.samples.len().saturating_sub(1_600)..];
        heard.samples.len() > 1_600 && Description::of(recent).level().abs_diff(30) <= 2
    });
}
