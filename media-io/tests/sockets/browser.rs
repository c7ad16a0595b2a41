//! Browser legs: pages made of the `webrtc` crate, telephones, and each other.

use crate::bench::{A, B, Bench, CONTACT, collect, prompt, tone};
use crate::ear::Heard;
use crate::page::Page;
use crate::phone::Phone;
use domain::{ContactId, Language, LegId, PlayId, RecordingId};
use media::api::{Command, Direction, Event, LegKind, MediaError, PlayItem};
use media::g711::Codec;
use media_io::Settings;
use rtc::rtp_transceiver::RTCRtpTransceiverDirection as Wish;
use std::time::Duration;

/// What Chromium calls telephone events at 8 kHz, and what Firefox calls them.
const EVENTS: u8 = 126;
const OTHER_EVENTS: u8 = 101;

fn customer(bench: &Bench) -> Phone {
    let phone = Phone::new(Codec::Pcmu, 96, 620);
    bench.connect(B, &phone);
    phone
}

fn reanswered(bench: &Bench) -> (String, Direction) {
    bench.expect("answer", |event| match event {
        Event::Reanswered { leg: A, sdp, direction } => Some((sdp.clone(), *direction)),
        _ => None,
    })
}

/// The page offers this; answers what we agree to.
fn reoffer(bench: &Bench, page: &Page, wish: Wish) -> Direction {
    bench.send(Command::Reoffer { leg: A, sdp: Some(page.reoffer(wish)) });
    let (answer, direction) = reanswered(bench);
    assert!(answer.contains(&format!("a={}\r\n", direction.attribute())), "{answer}");
    page.accept(&answer);
    direction
}

/// We offer this; answers our description.
fn make_offer(bench: &Bench, direction: Direction) -> String {
    bench.send(Command::MakeOffer { leg: A, direction });
    let offer = bench.expect("offer", |event| match event {
        Event::Offer { leg: A, sdp } => Some(sdp.clone()),
        _ => None,
    });
    assert!(offer.contains(&format!("a={}\r\n", direction.attribute())), "{offer}");
    offer
}

fn offer_and_answer(bench: &Bench, page: &Page, direction: Direction) {
    let sdp = page.answer(&make_offer(bench, direction));
    bench.send(Command::SetAnswer { leg: A, sdp });
    bench.expect_event(&Event::RemoteSet { leg: A });
}

#[test]
fn a_page_that_calls_hears_a_play_from_its_first_frame_and_then_the_phone() {
    let bench = Bench::new();
    let phone = customer(&bench);
    let page = Page::new(EVENTS, 440);
    let answer = bench.open(A, LegKind::Browser, Some(page.offer()));
    for line in ["a=setup:passive", "a=ice-lite", "a=rtcp-mux", "a=sendrecv", "a=end-of-candidates"] {
        assert!(answer.lines().any(|l| l == line), "{line}: {answer}");
    }
    assert!(answer.lines().any(|l| l.starts_with("m=audio ") && l.ends_with(" UDP/TLS/RTP/SAVPF 0 8 126")), "{answer}");
    // Long before the keys are agreed.
    bench.play(A, 1, vec![PlayItem::Tone { hz: 1_150, ms: 1_000 }], false);
    page.accept(&answer);
    bench.expect_event(&Event::Flowing { leg: A });
    bench.expect_event(&Event::PlayDone { leg: A, play: PlayId::new(1) });
    page.wait("hears something after the play", |heard| heard.samples.len() > 9_600);
    let voiced = page.heard(|heard| heard.samples.iter().take(8_000).filter(|s| s.unsigned_abs() > 500).count());
    assert!(voiced > 6_000, "the whole tone is heard, from the first packet on: {voiced}");
    bench.send(Command::Bridge { a: A, b: B });
    page.wait_tone(Some(620));
    phone.wait_tone(Some(440));
    bench.play(A, 2, vec![PlayItem::Prompt(prompt(), Language::EN)], true);
    page.wait_tone(Some(1_150));
    bench.send(Command::StopPlay { leg: A });
    page.wait_tone(Some(620));
    assert!(page.heard(Heard::is_one_stream), "play, noise and relay are one stream");
    assert!(page.heard(|heard| heard.audio_types.iter().eq(&[0])));
}

#[test]
fn our_offer_is_one_that_browsers_take_and_audio_passes_both_ways() {
    let bench = Bench::new();
    let phone = customer(&bench);
    let page = Page::new(EVENTS, 440);
    let offer = bench.open(A, LegKind::Browser, None);
    assert_eq!(offer.matches("m=").count(), 1, "{offer}");
    for line in ["a=setup:actpass", "a=ice-lite", "a=rtcp-mux", "a=sendrecv", "a=group:BUNDLE 0", "a=mid:0"] {
        assert!(offer.lines().any(|l| l == line), "{line}: {offer}");
    }
    assert!(offer.lines().any(|l| l.starts_with("m=audio ") && l.ends_with(" UDP/TLS/RTP/SAVPF 0 8 126")), "{offer}");
    let address = bench.workers.browser_addresses()[(CONTACT.number() % 2) as usize];
    let candidate = format!(" {} {} typ host", address.ip(), address.port());
    for part in [&candidate, "a=fingerprint:sha-256 ", "a=ice-ufrag:", "a=ice-pwd:", "a=ssrc:"] {
        assert!(offer.contains(part), "{part}: {offer}");
    }
    for line in ["a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000", "a=rtpmap:126 telephone-event/8000"] {
        assert!(offer.contains(line), "{line}: {offer}");
    }
    bench.send(Command::Bridge { a: A, b: B });
    let sdp = page.answer(&offer);
    bench.send(Command::SetAnswer { leg: A, sdp: "rubbish".into() });
    bench.expect_event(&Event::RemoteRefused { leg: A, why: MediaError::BadSdp });
    // First in a 183, then in the 200.
    for _ in 0..2 {
        bench.send(Command::SetAnswer { leg: A, sdp: sdp.clone() });
        bench.expect_event(&Event::RemoteSet { leg: A });
    }
    bench.expect_event(&Event::Flowing { leg: A });
    page.wait_tone(Some(620));
    phone.wait_tone(Some(440));
}

#[test]
fn digits_of_a_page_are_told_once_and_passed_on_and_ours_reach_it() {
    let bench = Bench::new();
    let phone = customer(&bench);
    let page = Page::new(OTHER_EVENTS, 440);
    bench.call_from(A, &page);
    bench.send(Command::Bridge { a: A, b: B });
    phone.wait_tone(Some(440));
    page.wait_tone(Some(620));
    page.key("5#");
    for digit in ['5', '#'] {
        bench.expect_event(&Event::Digit { leg: A, digit });
    }
    phone.wait("hears 5#", |heard| heard.digits == "5#");
    phone.key("7");
    bench.expect_event(&Event::Digit { leg: B, digit: '7' });
    page.wait("hears 7", |heard| heard.digits == "7");
    bench.send(Command::SendDigits { leg: A, digits: "12D".into() });
    page.wait("hears 712D", |heard| heard.digits == "712D");
    assert!(page.heard(|heard| heard.event_types.iter().eq(&[OTHER_EVENTS])));
    page.wait_tone(Some(620));
    let rest = bench.expect_after_close(A);
    assert!(!rest.iter().any(|event| matches!(event, Event::Digit { .. })), "each digit once: {rest:?}");
}

#[test]
fn a_recording_carries_both_sides_of_a_call_with_a_page() {
    let bench = Bench::new();
    let phone = customer(&bench);
    let page = Page::new(EVENTS, 440);
    bench.call_to(A, &page);
    bench.send(Command::Bridge { a: A, b: B });
    phone.wait_tone(Some(440));
    page.wait_tone(Some(620));
    let recording = RecordingId::new(1);
    bench.send(Command::StartRecording { recording, contact: CONTACT, customer: B, agent: Some(A), silence: None });
    let (customer, agent) = collect(&bench, recording, 16_000);
    assert_eq!((tone(&customer[4_000..]), tone(&agent[4_000..])), (Some(620), Some(440)));
}

#[test]
fn a_page_holds_and_resumes() {
    let bench = Bench::new();
    let phone = customer(&bench);
    let page = Page::new(EVENTS, 440);
    bench.call_from(A, &page);
    bench.send(Command::Bridge { a: A, b: B });
    page.wait_tone(Some(620));
    assert_eq!(reoffer(&bench, &page, Wish::Sendonly), Direction::RecvOnly);
    page.forget();
    phone.forget();
    phone.wait_tone(Some(440));
    assert_eq!(page.heard(|heard| heard.samples.len()), 0, "a page that holds is told nothing");
    assert_eq!(reoffer(&bench, &page, Wish::Sendrecv), Direction::SendRecv);
    page.wait_tone(Some(620));
    assert_eq!(reoffer(&bench, &page, Wish::Inactive), Direction::Inactive);
    phone.wait_tone(None);
    assert_eq!(reoffer(&bench, &page, Wish::Sendrecv), Direction::SendRecv);
    page.forget();
    page.wait_tone(Some(620));
    phone.wait_tone(Some(440));
    assert_eq!(page.heard(|heard| heard.sources.len()), 1, "the same stream as before");
}

#[test]
fn our_hold_outlives_the_offers_of_a_page() {
    let bench = Bench::new();
    let phone = customer(&bench);
    let page = Page::new(EVENTS, 440);
    bench.call_to(A, &page);
    bench.send(Command::Bridge { a: A, b: B });
    phone.wait_tone(Some(440));
    offer_and_answer(&bench, &page, Direction::SendOnly);
    bench.play(A, 1, vec![PlayItem::Prompt(prompt(), Language::EN)], true);
    page.wait_tone(Some(1_150));
    phone.wait_tone(None);
    assert_eq!(reoffer(&bench, &page, Wish::Sendrecv), Direction::SendOnly, "the page cannot take our hold back");
    assert_eq!(reoffer(&bench, &page, Wish::Sendonly), Direction::Inactive, "both hold");
    bench.send(Command::Reoffer { leg: A, sdp: None });
    let (ours, wish) = reanswered(&bench);
    assert_eq!(wish, Direction::SendOnly);
    bench.send(Command::SetAnswer { leg: A, sdp: page.answer(&ours) });
    bench.expect_event(&Event::RemoteSet { leg: A });
    bench.send(Command::StopPlay { leg: A });
    offer_and_answer(&bench, &page, Direction::SendRecv);
    assert_eq!(reoffer(&bench, &page, Wish::Sendrecv), Direction::SendRecv);
    phone.wait_tone(Some(440));
    page.wait_tone(Some(620));
}

#[test]
fn an_offer_of_ours_that_nobody_answered_is_void_when_the_page_offers() {
    let bench = Bench::new();
    let phone = customer(&bench);
    let page = Page::new(EVENTS, 440);
    bench.call_to(A, &page);
    bench.send(Command::Bridge { a: A, b: B });
    make_offer(&bench, Direction::SendOnly);
    make_offer(&bench, Direction::Inactive);
    assert_eq!(reoffer(&bench, &page, Wish::Sendrecv), Direction::SendRecv);
    bench.send(Command::Reoffer { leg: A, sdp: Some("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n".into()) });
    bench.expect_event(&Event::RemoteRefused { leg: A, why: MediaError::BadSdp });
    assert_eq!(reoffer(&bench, &page, Wish::Sendrecv), Direction::SendRecv, "the session is as before");
    page.wait_tone(Some(620));
    phone.wait_tone(Some(440));
}

#[test]
fn two_pages_hear_each_other() {
    let bench = Bench::new();
    let (one, other) = (Page::new(OTHER_EVENTS, 440), Page::new(EVENTS, 850));
    bench.call_from(A, &one);
    bench.call_to(B, &other);
    bench.send(Command::Bridge { a: A, b: B });
    one.wait_tone(Some(850));
    other.wait_tone(Some(440));
    one.key("9");
    other.wait("hears 9", |heard| heard.digits == "9");
    assert!(one.heard(Heard::is_one_stream) && other.heard(Heard::is_one_stream));
}

#[test]
fn ten_pages_share_a_port_and_each_hears_its_own_peer() {
    let bench = Bench::with(Settings::default());
    let tones = [350, 440, 620, 850, 1_150];
    let pages: Vec<Page> = (0..10).map(|n| Page::new(EVENTS, tones[n % 5])).collect();
    let leg = |n: usize| LegId::new(n as u64 + 1);
    for (n, page) in pages.iter().enumerate() {
        if n % 2 == 0 { bench.call_from(leg(n), page) } else { bench.call_to(leg(n), page) }
    }
    assert_eq!(bench.workers.browser_addresses().len(), 1);
    for n in 0..5 {
        bench.send(Command::Bridge { a: leg(n), b: leg(9 - n) });
    }
    for (n, page) in pages.iter().enumerate() {
        page.wait_tone(Some(tones[(9 - n) % 5]));
    }
    for n in 0..10 {
        bench.send(Command::Close { leg: leg(n) });
        let stats = bench.expect("figures", |event| match event {
            Event::Stats { leg: closed, stats } if *closed == leg(n) => Some(*stats),
            _ => None,
        });
        assert!(stats.received > 10 && stats.sent > 10, "{stats:?}");
    }
    // The same pages' addresses and the same legs can be used again.
    let next = Page::new(EVENTS, 440);
    bench.call_from(leg(0), &next);
    bench.expect_event(&Event::Flowing { leg: leg(0) });
    next.wait("hears comfort noise", |heard| heard.samples.len() > 1_600);
}

#[test]
fn a_page_that_falls_silent_or_vanishes_is_told_and_a_held_one_is_spared() {
    let bench = Bench::with(Settings { silence_after: Duration::from_millis(400), ..Settings::default() });
    let (quiet, gone, held) = (Page::new(EVENTS, 440), Page::new(EVENTS, 620), Page::new(EVENTS, 850));
    let third = LegId::new(3);
    for (leg, page) in [(third, &held), (A, &quiet), (B, &gone)] {
        bench.call_from(leg, page);
        bench.expect_event(&Event::Flowing { leg });
    }
    bench.send(Command::Reoffer { leg: third, sdp: Some(held.reoffer(Wish::Recvonly)) });
    let direction = bench.expect("answer", |event| match event {
        Event::Reanswered { direction, .. } => Some(*direction),
        _ => None,
    });
    assert_eq!(direction, Direction::SendOnly);
    held.set_quiet(true);
    bench.seen.borrow_mut().clear();
    quiet.set_quiet(true);
    gone.vanish();
    bench.expect_event(&Event::Silent { leg: A });
    bench.expect_event(&Event::Silent { leg: B });
    quiet.set_quiet(false);
    quiet.forget();
    quiet.wait("still hears comfort noise", |heard| heard.samples.len() > 8_000);
    quiet.set_quiet(true);
    bench.expect_event(&Event::Silent { leg: A });
    let rest = bench.expect_after_close(third);
    assert!(!rest.iter().any(|event| matches!(event, Event::Silent { leg } if *leg == third)), "{rest:?}");
}

#[test]
fn a_page_that_ends_its_session_is_told_at_once_even_when_it_is_held() {
    let bench = Bench::with(Settings { silence_after: Duration::from_secs(3_600), ..Settings::default() });
    let (page, held) = (Page::new(EVENTS, 440), Page::new(EVENTS, 620));
    for (leg, page) in [(B, &page), (A, &held)] {
        bench.call_from(leg, page);
        bench.expect_event(&Event::Flowing { leg });
    }
    offer_and_answer(&bench, &held, Direction::SendOnly);
    for (leg, page) in [(B, &page), (A, &held)] {
        page.close();
        bench.expect_event(&Event::Silent { leg });
    }
}

#[test]
fn a_page_with_another_certificate_than_it_promised_is_not_heard() {
    let bench = Bench::with(Settings { silence_after: Duration::from_secs(1), ..Settings::default() });
    let page = Page::new(EVENTS, 440);
    let offer = page.offer();
    let at = offer.find("a=fingerprint:sha-256 ").unwrap() + 22;
    let other = if &offer[at..at + 2] == "00" { "11" } else { "00" };
    let forged = format!("{}{other}{}", &offer[..at], &offer[at + 2..]);
    page.accept(&bench.open(A, LegKind::Browser, Some(forged)));
    bench.expect_event(&Event::Silent { leg: A });
    let rest = bench.expect_after_close(A);
    assert!(!rest.iter().any(|event| matches!(event, Event::Flowing { .. })), "{rest:?}");
}

#[test]
fn offers_without_audio_of_ours_are_refused_and_leave_nothing_behind() {
    let bench = Bench::new();
    let page = Page::new(EVENTS, 440);
    let offer = page.offer();
    let without_codec = offer.replace("SAVPF 111 0 8 126", "SAVPF 111");
    let without_keys = offer.lines().filter(|l| !l.starts_with("a=fingerprint")).collect::<Vec<_>>().join("\r\n");
    for (sdp, why) in [
        (without_codec, MediaError::NoCodec),
        (without_keys, MediaError::BadSdp),
        ("rubbish".to_owned(), MediaError::BadSdp),
    ] {
        let contact = ContactId::new(5);
        bench.send(Command::Open { leg: A, contact, kind: LegKind::Browser, offer: Some(sdp) });
        bench.expect_event(&Event::OpenFailed { leg: A, why });
    }
    page.accept(&bench.open(A, LegKind::Browser, Some(offer)));
    page.wait_connected();
    bench.expect_event(&Event::Flowing { leg: A });
}
