//! Plain legs: telephones on the loopback say and hear numbered tones.

use crate::bench::{A, B, Bench, CONTACT, collect, prompt, tone};
use crate::ear::{Heard, PATIENCE};
use crate::phone::{Phone, audio_address};
use domain::{Language, LegId, PlayId, RecordingId};
use media::api::{Command, Direction, Event, LegKind, MediaError, PlayItem, RecorderMessage};
use media::g711::Codec;
use media::rtp::{Packet, Stamp};
use media::tone::Sine;
use media_io::Settings;
use std::net::UdpSocket;
use std::time::Duration;

fn pair(codec_b: Codec) -> (Phone, Phone) {
    (Phone::new(Codec::Pcmu, 101, 440), Phone::new(codec_b, 96, 620))
}

fn is_one_stream(phone: &Phone) -> bool {
    phone.heard(Heard::is_one_stream)
}

#[test]
fn two_joined_phones_hear_each_other_in_one_stream_each() {
    let bench = Bench::new();
    let (a, b) = pair(Codec::Pcmu);
    bench.connect(A, &a);
    bench.connect(B, &b);
    bench.expect_event(&Event::Flowing { leg: A });
    bench.expect_event(&Event::Flowing { leg: B });
    bench.send(Command::Bridge { a: A, b: B });
    a.wait_tone(Some(620));
    b.wait_tone(Some(440));
    bench.send(Command::Unbridge { leg: B });
    a.wait_tone(None);
    b.wait_tone(None);
    assert!(is_one_stream(&a) && is_one_stream(&b), "noise, relay and noise again are one stream");
    bench.send(Command::Close { leg: A });
    let stats = bench.expect("figures", |event| match event {
        Event::Stats { leg: A, stats } => Some(*stats),
        _ => None,
    });
    assert!(stats.received > 20 && stats.sent > 20, "{stats:?}");
    assert!(bench.workers.figures().relayed > 20);
}

#[test]
fn a_phone_joined_to_one_that_has_not_said_anything_is_sent_a_packet_now_and_then_and_hears_its_first_word() {
    let bench = Bench::new();
    let (a, b) = pair(Codec::Pcmu);
    a.set_quiet(true);
    bench.connect(A, &a);
    bench.connect(B, &b);
    bench.send(Command::Bridge { a: A, b: B });
    a.wait_tone(Some(620));
    b.forget();
    a.forget();
    a.wait("hears the other side all the time", |heard| heard.samples.len() >= 100 * 160);
    let kept_open = b.heard(|heard| heard.samples.len()) / 160;
    assert!(
        kept_open <= 20,
        "{kept_open} packets to a phone whose way is only to be kept open, while 100 went the other way"
    );
    b.wait("is not forgotten", |heard| !heard.samples.is_empty());
    a.set_quiet(false);
    b.wait_tone(Some(440));
    assert!(is_one_stream(&a) && is_one_stream(&b), "packets that keep the way open belong to the one stream");
}

#[test]
fn codecs_are_transcoded_and_the_tone_stays() {
    let bench = Bench::new();
    let (a, b) = pair(Codec::Pcma);
    bench.connect(A, &a);
    bench.connect(B, &b);
    bench.send(Command::Bridge { a: A, b: B });
    a.wait_tone(Some(620));
    b.wait_tone(Some(440));
    assert!(a.heard(|h| h.audio_types.iter().eq(&[0])) && b.heard(|h| h.audio_types.iter().eq(&[8])));
}

#[test]
fn prompts_are_heard_to_their_end_and_music_until_it_is_stopped() {
    let bench = Bench::new();
    let (a, b) = pair(Codec::Pcma);
    bench.connect(A, &a);
    bench.connect(B, &b);
    bench.send(Command::Bridge { a: A, b: B });
    a.wait_tone(Some(620));
    bench.play(A, 7, vec![PlayItem::Prompt(prompt(), "fr".parse().unwrap())], false);
    a.wait_tone(Some(1_150));
    bench.expect_event(&Event::PlayDone { leg: A, play: PlayId::new(7) });
    a.wait_tone(Some(620));
    bench.play(A, 8, vec![PlayItem::Tone { hz: 350, ms: 90 }], true);
    a.wait_tone(Some(350));
    b.wait_tone(Some(440));
    bench.play(A, 9, vec![PlayItem::Prompt(prompt(), Language::EN)], true);
    a.wait_tone(Some(1_150));
    bench.send(Command::StopPlay { leg: A });
    a.wait_tone(Some(620));
    let end = bench.expect_after_close(A);
    assert!(!end.iter().any(|e| matches!(e, Event::PlayDone { play, .. } if *play != PlayId::new(7))), "{end:?}");
}

#[test]
fn keyed_digits_are_told_once_and_passed_on_under_the_peers_payload_type() {
    let bench = Bench::new();
    let (a, b) = pair(Codec::Pcmu);
    bench.connect(A, &a);
    bench.connect(B, &b);
    bench.send(Command::Bridge { a: A, b: B });
    b.wait_tone(Some(440));
    a.key("5#");
    for digit in ['5', '#'] {
        bench.expect_event(&Event::Digit { leg: A, digit });
    }
    b.wait("hears 5#", |heard| heard.digits == "5#");
    assert!(b.heard(|heard| heard.event_types.iter().eq(&[96])));
    bench.send(Command::SendDigits { leg: A, digits: "12D".into() });
    a.wait("hears 12D", |heard| heard.digits == "12D");
    a.wait_tone(Some(620));
    let rest = bench.expect_after_close(A);
    assert!(!rest.iter().any(|event| matches!(event, Event::Digit { .. })), "each digit once: {rest:?}");
    assert!(is_one_stream(&a) && is_one_stream(&b));
}

#[test]
fn a_muted_leg_is_neither_heard_nor_recorded() {
    let bench = Bench::new();
    let (a, b) = pair(Codec::Pcmu);
    bench.connect(A, &a);
    bench.connect(B, &b);
    bench.send(Command::Bridge { a: A, b: B });
    b.wait_tone(Some(440));
    bench.send(Command::Mute { leg: A, muted: true });
    let recording = RecordingId::new(9);
    bench.send(Command::StartRecording { recording, contact: CONTACT, customer: A, agent: Some(B), silence: None });
    b.wait_tone(None);
    a.wait_tone(Some(620));
    let (customer, agent) = collect(&bench, recording, 8_000);
    assert_eq!((tone(&customer), tone(&agent)), (None, Some(620)));
    // The second is told when the first is up: that one was keyed from its beginning to its end.
    a.key("56");
    for digit in ['5', '6'] {
        bench.expect_event(&Event::Digit { leg: A, digit });
    }
    bench.send(Command::Mute { leg: A, muted: false });
    b.wait_tone(Some(440));
    assert!(b.heard(|heard| !heard.digits.contains('5')), "what is keyed is told, and passed on to nobody");
}

#[test]
fn a_recording_of_the_customer_alone_borrows_the_leg_from_the_one_of_the_talk() {
    let bench = Bench::new();
    let a = Phone::new(Codec::Pcmu, 101, 440);
    bench.connect(A, &a);
    let (talk, comment) = (RecordingId::new(1), RecordingId::new(2));
    let start = |recording| {
        bench.send(Command::StartRecording { recording, contact: CONTACT, customer: A, agent: None, silence: None })
    };
    let mut left: [Vec<i16>; 2] = [Vec::new(), Vec::new()];
    let mut until = |wanted: RecordingId, length: usize| {
        while left[usize::from(wanted == comment)].len() < length {
            if let RecorderMessage::Block { recording, customer, .. } = bench.blocks.recv_timeout(PATIENCE).unwrap() {
                left[usize::from(recording == comment)].extend(customer);
            }
        }
        left.each_ref().map(Vec::len)
    };
    start(talk);
    until(talk, 8_000);
    start(comment);
    let [begun, _] = until(comment, 12_000);
    bench.send(Command::StopRecording { recording: comment });
    until(talk, begun + 16_000);
    let [talk, comment] = left;
    assert_eq!(tone(&comment[1_600..]), Some(440));
    assert_eq!((tone(&talk[..8_000]), tone(&talk[begun + 8_000..])), (Some(440), Some(440)), "it goes on afterwards");
}

#[test]
fn a_recording_has_the_customer_left_and_the_agent_right_on_one_timeline() {
    let bench = Bench::new();
    let (a, b) = pair(Codec::Pcma);
    let c = Phone::new(Codec::Pcmu, 101, 850);
    let third = LegId::new(3);
    bench.connect(A, &a);
    bench.connect(B, &b);
    bench.connect(third, &c);
    bench.send(Command::Bridge { a: A, b: B });
    a.wait_tone(Some(620));
    let recording = RecordingId::new(1);
    bench.send(Command::StartRecording { recording, contact: CONTACT, customer: A, agent: Some(B), silence: None });
    let (customer, agent) = collect(&bench, recording, 8_000);
    assert_eq!((tone(&customer), tone(&agent)), (Some(440), Some(620)));
    // Hold: parted and with music, both are still recorded, the music is not.
    bench.send(Command::Unbridge { leg: A });
    bench.play(A, 1, vec![PlayItem::Prompt(prompt(), Language::EN)], true);
    a.wait_tone(Some(1_150));
    let (customer, agent) = collect(&bench, recording, 16_000);
    assert_eq!((tone(&customer[8_000..]), tone(&agent[8_000..])), (Some(440), Some(620)));
    bench.send(Command::RecordAgent { recording, agent: Some(third) });
    c.wait("hears something", |heard| !heard.samples.is_empty());
    let (_, agent) = collect(&bench, recording, 16_000);
    assert_eq!(tone(&agent[12_000..]), Some(850));
    bench.send(Command::StopRecording { recording });
    loop {
        match bench.blocks.recv_timeout(PATIENCE).unwrap() {
            RecorderMessage::Close { recording: closed, .. } => break assert_eq!(closed, recording),
            other => assert!(matches!(other, RecorderMessage::Block { .. })),
        }
    }
    assert_eq!(bench.workers.figures().recorder_gaps, 0);
}

#[test]
fn a_stranger_is_not_heard_while_the_peer_talks() {
    let bench = Bench::new();
    let (a, b) = pair(Codec::Pcmu);
    let sdp = bench.connect(A, &a);
    bench.connect(B, &b);
    bench.send(Command::Bridge { a: A, b: B });
    b.wait_tone(Some(440));
    let stranger = UdpSocket::bind("127.0.0.1:0").unwrap();
    let mut samples = [0; 160];
    let (mut sine, mut payload) = (Sine::new(350, 8_000), [0; 160]);
    for n in 0..100u16 {
        sine.fill(&mut samples);
        Codec::Pcmu.encode(&samples, &mut payload);
        let stamp = Stamp { ssrc: 66, sequence: n, timestamp: u32::from(n) * 160, marker: false };
        let packet = Packet { payload_type: 0, stamp, payload: &payload };
        stranger.send_to(&packet.to_bytes(), audio_address(&sdp)).unwrap();
        stranger.send_to(b"\x80\x00no rtp", audio_address(&sdp)).unwrap();
    }
    b.forget();
    b.wait("goes on", |heard| heard.samples.len() > 8_000);
    assert_eq!(b.heard(|heard| tone(&heard.samples)), Some(440));
}

#[test]
fn a_peer_that_has_moved_is_heard_from_its_new_address_after_a_silence() {
    let bench = Bench::with(Settings { silence_after: Duration::from_millis(400), ..Settings::default() });
    let (a, b) = pair(Codec::Pcmu);
    let sdp = bench.connect(A, &a);
    bench.connect(B, &b);
    bench.send(Command::Bridge { a: A, b: B });
    b.wait_tone(Some(440));
    let moved = Phone::new(Codec::Pcmu, 101, 850);
    moved.dial(&sdp);
    b.forget();
    b.wait("goes on", |heard| heard.samples.len() > 8_000);
    assert_eq!(b.heard(|heard| tone(&heard.samples)), Some(440), "the first still talks");
    a.set_quiet(true);
    b.wait_tone(Some(850));
    moved.wait_tone(Some(620));
}

#[test]
fn a_peer_that_falls_silent_is_told_and_a_held_one_is_spared() {
    let bench = Bench::with(Settings { silence_after: Duration::from_millis(400), ..Settings::default() });
    let (a, b) = pair(Codec::Pcmu);
    let offer = Some(b.sdp("inactive"));
    bench.send(Command::Open { leg: B, contact: CONTACT, kind: LegKind::Plain, offer });
    bench.connect(A, &a);
    bench.expect_event(&Event::Flowing { leg: A });
    a.set_quiet(true);
    bench.expect_event(&Event::Silent { leg: A });
    a.set_quiet(false);
    a.wait("still hears comfort noise", |heard| heard.samples.len() > 8_000);
    a.set_quiet(true);
    bench.expect_event(&Event::Silent { leg: A });
    let rest = bench.expect_after_close(A);
    assert!(!rest.iter().any(|event| matches!(event, Event::Silent { leg: B })), "{rest:?}");
}

#[test]
fn we_offer_hold_and_resume_and_so_does_the_peer() {
    let bench = Bench::new();
    let a = Phone::new(Codec::Pcma, 101, 440);
    bench.send(Command::Open { leg: A, contact: CONTACT, kind: LegKind::Plain, offer: None });
    let offer = bench.expect("offer", |event| match event {
        Event::Opened { sdp, .. } => Some(sdp.clone()),
        _ => None,
    });
    assert!(offer.contains(" RTP/AVP 0 8 101\r\n") && offer.contains("a=sendrecv\r\n"));
    bench.send(Command::SetAnswer { leg: A, sdp: "rubbish".into() });
    bench.expect_event(&Event::RemoteRefused { leg: A, why: MediaError::BadSdp });
    bench.send(Command::SetAnswer { leg: A, sdp: a.sdp("sendrecv") });
    bench.expect_event(&Event::RemoteSet { leg: A });
    a.dial(&offer);
    bench.expect_event(&Event::Flowing { leg: A });

    bench.send(Command::MakeOffer { leg: A, direction: Direction::SendOnly });
    let hold = bench.expect("offer", |event| match event {
        Event::Offer { leg: A, sdp } => Some(sdp.clone()),
        _ => None,
    });
    assert!(hold.contains("a=sendonly\r\n") && hold.contains(" 2 IN IP4"), "{hold}");
    bench.send(Command::SetAnswer { leg: A, sdp: a.sdp("recvonly") });
    bench.expect_event(&Event::RemoteSet { leg: A });

    bench.send(Command::Reoffer { leg: A, sdp: Some(a.sdp("sendonly")) });
    let inactive = bench.expect("answer", |event| match event {
        Event::Reanswered { leg: A, sdp, direction } => Some((sdp.clone(), *direction)),
        _ => None,
    });
    assert_eq!(inactive.1, Direction::Inactive, "both hold");
    bench.send(Command::Reoffer { leg: A, sdp: None });
    bench.expect("our offer", |event| match event {
        Event::Reanswered { direction: Direction::SendOnly, sdp, .. } => sdp.contains("a=sendonly").then_some(()),
        _ => None,
    });
}

#[test]
fn what_cannot_be_opened_says_why_and_leaves_nothing_behind() {
    let bench = Bench::new();
    for (offer, why) in [
        ("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 4000 RTP/AVP 18\r\n", MediaError::NoCodec),
        ("v=0\r\nm=audio 4000 RTP/AVP 0\r\n", MediaError::BadSdp),
    ] {
        bench.send(Command::Open { leg: A, contact: CONTACT, kind: LegKind::Plain, offer: Some(offer.into()) });
        bench.expect_event(&Event::OpenFailed { leg: A, why });
    }
    let a = Phone::new(Codec::Pcmu, 101, 440);
    bench.connect(A, &a);
    bench.expect_event(&Event::Flowing { leg: A });
}

#[test]
fn figures_are_told_while_a_call_lasts_with_the_peers_reports_and_a_score() {
    let bench = Bench::new();
    let a = Phone::new(Codec::Pcmu, 101, 440);
    a.reports_with_delay_of(Duration::from_millis(100));
    bench.connect(A, &a);
    let stats = bench.expect("live figures with a round trip", |event| match event {
        Event::LiveStats(told) => {
            told.iter().find(|(leg, stats)| *leg == A && stats.round_trip_us > 0).map(|(_, s)| *s)
        }
        _ => None,
    });
    assert_eq!((stats.peer_lost, stats.peer_jitter_us), (3, 1_000));
    // The phone says that it answered 100 ms earlier than it did.
    assert!((100_000..5_000_000).contains(&stats.round_trip_us), "{stats:?}");
    assert_eq!(stats.codec, Some(Codec::Pcmu));
    assert!(stats.jitter_max_us >= stats.jitter_us, "{stats:?}");
    assert!(stats.received > 0 && (3_000..=4_500).contains(&stats.mos_permille), "{stats:?}");
}

#[test]
fn sender_reports_reach_the_peer_and_are_read_by_another_implementation() {
    let bench = Bench::new();
    let a = Phone::new(Codec::Pcmu, 101, 440);
    bench.connect(A, &a);
    a.wait("gets a sender report", |heard| heard.reports > 0);
}
