//! What no page would send, and what must be left when legs are gone.

use super::*;
use proptest::prelude::*;
use std::cell::RefCell;
use std::net::UdpSocket;

/// An offer as Chromium makes it.
const OFFER: &str = include_str!("tests/chromium_offer.sdp");

thread_local! {
    /// Making one takes longer than everything else here.
    static CERTIFICATE: Arc<SharedCertificate> = Arc::new(SharedCertificate::generate().unwrap());
}

fn port() -> BrowserPort {
    BrowserPort::bind("127.0.0.1:0".parse().unwrap(), CERTIFICATE.with(Arc::clone)).unwrap()
}

/// One change of a text.
#[derive(Clone, Debug)]
enum Change {
    Drop(usize),
    Double(usize),
    Swap(usize, usize),
    Byte(usize, u8),
    Cut(usize),
    Number(usize, u64),
    Word(usize, &'static str),
}

const WORDS: [&str; 12] =
    ["", " ", "-1", ":", "m=", "a=mid:", "a=inactive", "a=ice-lite", "a=setup:active", "\u{FFFD}", "0", "a=ssrc:1"];

fn change() -> impl Strategy<Value = Change> {
    let at = 0usize..4_096;
    prop_oneof![
        at.clone().prop_map(Change::Drop),
        at.clone().prop_map(Change::Double),
        (at.clone(), at.clone()).prop_map(|(a, b)| Change::Swap(a, b)),
        (at.clone(), any::<u8>()).prop_map(|(a, b)| Change::Byte(a, b)),
        at.clone().prop_map(Change::Cut),
        (at.clone(), any::<u64>()).prop_map(|(a, n)| Change::Number(a, n)),
        (at, 0..WORDS.len()).prop_map(|(a, w)| Change::Word(a, WORDS[w])),
    ]
}

fn apply(text: &str, change: &Change) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let count = lines.len().max(1);
    match *change {
        _ if lines.is_empty() => {}
        Change::Drop(at) => drop(lines.remove(at % count)),
        Change::Double(at) => lines.insert(at % count, lines[at % count].clone()),
        Change::Swap(a, b) => lines.swap(a % count, b % count),
        Change::Cut(at) => lines[at % count] = lines[at % count].chars().take(at % 17).collect(),
        Change::Byte(at, byte) => {
            let mut bytes = text.as_bytes().to_vec();
            let length = bytes.len();
            bytes[at % length] = byte;
            return String::from_utf8_lossy(&bytes).into_owned();
        }
        Change::Number(at, number) => {
            let line = &lines[at % count];
            let digits: Vec<usize> = line.match_indices(|c: char| c.is_ascii_digit()).map(|(i, _)| i).collect();
            if let Some(digit) = digits.get(at / count % digits.len().max(1)) {
                lines[at % count] = format!("{}{number}{}", &line[..*digit], &line[digit + 1..]);
            }
        }
        Change::Word(at, word) => {
            let line = lines[at % count].clone();
            let cut = line.char_indices().map(|(i, _)| i).nth(at / count).unwrap_or(line.len());
            lines[at % count] = format!("{}{word}{}", &line[..cut], &line[cut..]);
        }
    }
    lines.join("\r\n") + "\r\n"
}

fn mutated(text: &str, changes: &[Change]) -> String {
    changes.iter().fold(text.to_owned(), |text, change| apply(&text, change))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_offer_brings_us_down(changes in proptest::collection::vec(change(), 1..6)) {
        thread_local! {
            static PORT: RefCell<BrowserPort> = RefCell::new(port());
        }
        PORT.with_borrow_mut(|port| {
            let leg = LegId::new(1);
            let opened = port.answer(Instant::now(), leg, &mutated(OFFER, &changes)).is_ok();
            prop_assert_eq!(port.len(), usize::from(opened));
            port.close(leg);
            prop_assert_eq!((port.len(), port.by_ufrag.len()), (0, 0));
            Ok(())
        })?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_later_offer_or_answer_ends_a_session(changes in proptest::collection::vec(change(), 1..6)) {
        let (mut port, now, leg) = (port(), Instant::now(), LegId::new(1));
        port.answer(now, leg, OFFER).unwrap();
        if port.reoffer(now, leg, &mutated(OFFER, &changes)).is_ok() {
            return Ok(());
        }
        prop_assert!(port.reoffer(now, leg, OFFER).is_ok(), "the session is as before");
        let offer = port.make_offer(now, leg, Direction::SendRecv).unwrap();
        let answer = offer.replace("a=setup:actpass", "a=setup:active");
        let _ = port.set_answer(now, leg, &mutated(&answer, &changes));
    }

    #[test]
    fn no_datagram_brings_us_down(
        datagrams in proptest::collection::vec((0usize..5, proptest::collection::vec(any::<u8>(), 0..200)), 1..20),
    ) {
        let (mut port, now, leg) = (port(), Instant::now(), LegId::new(1));
        port.answer(now, leg, OFFER).unwrap();
        let ufrag = port.by_ufrag.keys().next().unwrap().clone();
        let from = "127.0.0.1:9".parse().unwrap();
        for (kind, tail) in datagrams {
            let mut bytes = match kind {
                0 => stun::tests::request(&[(stun::USERNAME, format!("{ufrag}:x").as_bytes())]),
                1 => vec![22, 0xFE, 0xFD, 0, 0],
                2 => vec![0x80, 0],
                3 => vec![0x80, 200],
                _ => vec![],
            };
            bytes.extend(tail);
            let first = bytes.first().copied().unwrap_or_default();
            let peer = port.peers.get_mut(&leg).unwrap();
            peer.feed(now, from, &bytes, first >= 128);
            while peer.next_rtp().is_some() {}
            while peer.next_out().is_some() {}
        }
    }
}

#[test]
fn a_leg_leaves_no_name_and_no_address_behind() {
    let (mut port, now) = (port(), Instant::now());
    let mut page = UdpSocket::bind("127.0.0.1:0").unwrap();
    for round in 1..=40 {
        let leg = LegId::new(round);
        port.answer(now, leg, OFFER).unwrap();
        let offer = OFFER.replace("Ufr4g", "0ther").replace("thisIsAPasswordOfChromiu", "andThisIsAnotherPassword");
        port.reoffer(now, leg, &offer).unwrap();
        assert_eq!(port.by_ufrag.len(), 2, "the browser restarted ICE");
        let ufrags: Vec<String> = port.by_ufrag.keys().cloned().collect();
        for n in 0..40 {
            // A browser on the move, or a liar.
            page = UdpSocket::bind("127.0.0.1:0").unwrap();
            let name = format!("{}:Ufr4g", ufrags[n % 2]);
            let request = stun::tests::request(&[(stun::USERNAME, name.as_bytes())]);
            page.send_to(&request, port.local_addr()).unwrap();
            let from = page.local_addr().unwrap();
            while !port.by_address.contains_key(&from) {
                port.readable(now, &mut |_, _| panic!("no audio was sent"));
            }
        }
        assert!(port.by_address.len() <= 16, "{}", port.by_address.len());
        port.close(leg);
        assert_eq!((port.len(), port.by_ufrag.len(), port.by_address.len()), (0, 0, 0));
    }
    drop(page);
}

#[test]
fn a_browser_lives_as_long_as_anything_is_heard_of_it_from_whatever_address() {
    let (mut port, start, leg) = (port(), Instant::now(), LegId::new(1));
    port.answer(start, leg, OFFER).unwrap();
    port.tick(start);
    let after = |seconds: u64| start + std::time::Duration::from_secs(seconds);
    for n in 1..=4 {
        let from = format!("127.0.0.{n}:9").parse().unwrap();
        port.peers.get_mut(&leg).unwrap().feed(after(n * 10), from, &[0x80, 0], true);
        port.tick(after(n * 10 + 9));
        assert!(!port.has_failed(leg), "heard {n} times");
    }
    port.tick(after(56));
    assert!(port.has_failed(leg), "silent for longer than fifteen seconds");
}
