//! Phones that behave as few do, written out message by message, with exact assertions on the wire.

use crate::support::desk::Desk;
use crate::support::{Bench, PATIENCE, Plan, report};
use domain::AgentState;
use serde_json::json;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;
use switchroom::phone::{Order, Report};
use tokio::net::UdpSocket;

/// A peer that says what the test writes.
struct Peer {
    socket: UdpSocket,
    server: SocketAddr,
}

/// A message that came: its first line and its fields.
struct Came {
    text: String,
}

impl Came {
    fn starts(&self, words: &str) -> bool {
        self.text.starts_with(words)
    }

    /// The value of a field.
    fn field(&self, name: &str) -> &str {
        let head = self.text.split("\r\n\r\n").next().unwrap_or_default();
        let value = head.lines().find_map(|line| {
            let (field, value) = line.split_once(':')?;
            field.trim().eq_ignore_ascii_case(name).then(|| value.trim())
        });
        value.unwrap_or_else(|| panic!("no {name} in {}", self.text))
    }

    /// The number in CSeq.
    fn number(&self) -> u32 {
        self.field("CSeq").split(' ').next().unwrap().parse().unwrap()
    }

    /// The URI of the Contact.
    fn contact(&self) -> &str {
        let value = self.field("Contact");
        value.split(['<', '>']).nth(1).unwrap_or(value)
    }
}

impl Peer {
    async fn bind() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        Self { socket, server: SocketAddr::from(([127, 0, 0, 1], 0)) }
    }

    fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    async fn say(&self, message: &str) {
        let message = message.replace('\n', "\r\n");
        self.socket.send_to(message.as_bytes(), self.server).await.unwrap();
    }

    /// The next message that fits. Others, such as repeated ones, are dropped, and so is the sound, which comes here too.
    async fn hear(&mut self, what: &str, fits: impl Fn(&Came) -> bool) -> Came {
        let search = async {
            let mut buffer = vec![0; 65_536];
            loop {
                let (length, from) = self.socket.recv_from(&mut buffer).await.unwrap();
                self.server = from;
                let came = Came { text: String::from_utf8_lossy(&buffer[..length]).into_owned() };
                if came.text.contains("SIP/2.0") && fits(&came) {
                    return came;
                }
            }
        };
        tokio::time::timeout(PATIENCE, search).await.unwrap_or_else(|_| panic!("{what} did not come"))
    }

    fn sdp(&self) -> String {
        let port = self.address().port();
        format!("v=0\no=- 1 1 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio {port} RTP/AVP 0\n")
    }

    /// Answers a request; `to_tag` is added to its To.
    async fn answer(&self, request: &Came, status: &str, to_tag: &str, with_sdp: bool) {
        let sdp = if with_sdp { self.sdp() } else { String::new() };
        let to = request.field("To");
        let to = if to.contains(";tag=") { to.to_owned() } else { format!("{to};tag={to_tag}") };
        let length = sdp.replace('\n', "\r\n").len();
        self.say(&format!(
            "SIP/2.0 {status}\nVia: {}\nFrom: {}\nTo: {to}\nCall-ID: {}\nCSeq: {}\nContact: <sip:{to_tag}@{}>\n\
             Content-Type: application/sdp\nContent-Length: {length}\n\n{sdp}",
            request.field("Via"),
            request.field("From"),
            request.field("Call-ID"),
            request.field("CSeq"),
            self.address(),
        ))
        .await;
    }

    /// A request within the dialog that an INVITE to us began, from the one with this tag.
    async fn request(&self, invite: &Came, method: &str, number: u32, tag: &str, sdp: &str) {
        let length = sdp.replace('\n', "\r\n").len();
        self.say(&format!(
            "{method} {} SIP/2.0\nVia: SIP/2.0/UDP {};branch=z9hG4bK-{tag}-{number}\nMax-Forwards: 70\nFrom: {};tag={tag}\n\
             To: {}\nCall-ID: {}\nCSeq: {number} {method}\nContact: <sip:{tag}@{}>\nContent-Type: application/sdp\n\
             Content-Length: {length}\n\n{sdp}",
            invite.contact(),
            self.address(),
            invite.field("To"),
            invite.field("From"),
            invite.field("Call-ID"),
            self.address(),
        ))
        .await;
    }
}

async fn bench_with_peer() -> (Bench, Peer) {
    let peer = Peer::bind().await;
    let plan = Plan { wrap_up_s: 0, ..Plan::default() };
    let seats = [("anna".to_owned(), format!("sip:anna@{}", peer.address()))];
    (Bench::start(&plan, &seats).await, peer)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_answers_of_a_fork_both_are_acknowledged_and_the_second_is_ended() {
    let (bench, mut peer) = bench_with_peer().await;
    let mut caller = bench.call_answered("8001").await;
    let invite = peer.hear("the INVITE", |came| came.starts("INVITE ")).await;
    peer.answer(&invite, "200 OK", "first", true).await;
    let ack = peer.hear("the first ACK", |came| came.starts("ACK ")).await;
    assert!(ack.field("To").ends_with(";tag=first"), "{}", ack.text);
    peer.answer(&invite, "200 OK", "second", true).await;
    let ack = peer.hear("the second ACK", |came| came.starts("ACK ") && came.field("To").contains("second")).await;
    assert!(ack.text.starts_with(&format!("ACK sip:second@{} ", peer.address())), "{}", ack.text);
    assert_eq!(ack.field("CSeq").split(' ').next(), invite.field("CSeq").split(' ').next());
    let bye = peer.hear("the BYE", |came| came.starts("BYE ")).await;
    assert!(bye.field("To").ends_with(";tag=second"), "the loser is ended: {}", bye.text);
    peer.answer(&bye, "200 OK", "second", false).await;

    peer.request(&invite, "BYE", 1, "first", "").await;
    peer.hear("the answer to our BYE", |came| came.starts("SIP/2.0 200 ") && came.field("CSeq") == "1 BYE").await;
    report(&mut caller, |report| matches!(report, Report::Over(_))).await;
    bench.quiet().await;
    bench.stop().await;
}

/// How often the race is run, and how far the two may be apart.
const ROUNDS: u64 = 1_000;
const APART: Duration = Duration::from_millis(20);
/// The offsets from −20 ms to +20 ms that are run through in turn.
const STEPS: u64 = 81;

/// How a race went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Went {
    /// The answer was there before the caller left.
    AnswerFirst,
    /// CANCEL and the answer crossed.
    Crossed,
    /// The phone had its CANCEL before it would have answered, and refused.
    CancelFirst,
}

impl Peer {
    /// Says 200, and then waits for the end of the dialog: its ACK, and a BYE. A CANCEL may have been on the way.
    async fn answer_too_late(&mut self, invite: &Came, tag: &str) -> Went {
        let call = invite.field("Call-ID").to_owned();
        let of_call = |came: &Came| came.field("Call-ID") == call && !came.starts("INVITE ");
        let mut seen = Vec::new();
        loop {
            let came = self.hear("the ACK and the BYE", of_call).await;
            let kind = came.text.split(' ').next().unwrap().to_owned();
            assert_eq!(came.field("CSeq").split(' ').nth(1), Some(kind.as_str()), "{}", came.text);
            match kind.as_str() {
                "CANCEL" => {
                    assert_eq!(came.field("Via"), invite.field("Via"), "the INVITE's transaction");
                    self.answer(&came, "200 OK", tag, false).await;
                }
                "ACK" => {
                    assert_eq!(came.field("CSeq").split(' ').next(), invite.field("CSeq").split(' ').next());
                    assert!(came.field("To").ends_with(&format!(";tag={tag}")), "{}", came.text);
                }
                "BYE" => {
                    assert!(came.field("To").ends_with(&format!(";tag={tag}")), "{}", came.text);
                    self.answer(&came, "200 OK", tag, false).await;
                    seen.push(kind);
                    break;
                }
                _ => panic!("{}", came.text),
            }
            seen.push(kind);
        }
        assert!(seen.contains(&"ACK".to_owned()), "{seen:?}");
        if seen.contains(&"CANCEL".to_owned()) { Went::Crossed } else { Went::AnswerFirst }
    }

    /// Refuses as one who was cancelled, and waits for the ACK.
    async fn refuse_cancelled(&mut self, invite: &Came, cancel: &Came, tag: &str) {
        self.answer(cancel, "200 OK", tag, false).await;
        self.answer(invite, "487 Request Terminated", tag, false).await;
        let call = invite.field("Call-ID").to_owned();
        let ack = self.hear("the ACK", |came| came.starts("ACK ") && came.field("Call-ID") == call).await;
        assert_eq!(ack.field("Via"), invite.field("Via"), "the INVITE's transaction");
    }
}

/// One race: the caller leaves up to 20 ms after the phone answers, or up to 20 ms before.
async fn race(bench: &Bench, peer: &mut Peer, round: u64, last: &mut String) -> Went {
    let tag = format!("r{round}");
    let mut caller = bench.call("8001").await;
    // The INVITE of the round before may come again on a slow machine.
    let is_new = |came: &Came| came.starts("INVITE ") && came.field("Call-ID") != last;
    let invite = peer.hear("the INVITE", is_new).await;
    invite.field("Call-ID").clone_into(last);
    peer.answer(&invite, "180 Ringing", &tag, false).await;
    report(&mut caller, |report| *report == Report::Talking).await;
    let step = APART * 2 / u32::try_from(STEPS - 1).unwrap();
    let at = step * u32::try_from(round % STEPS).unwrap();
    if at < APART {
        peer.answer(&invite, "200 OK", &tag, true).await;
        tokio::time::sleep(APART - at).await;
        caller.order(Order::HangUp).await;
        return peer.answer_too_late(&invite, &tag).await;
    }
    caller.order(Order::HangUp).await;
    let call = invite.field("Call-ID").to_owned();
    let is_cancel = |came: &Came| came.starts("CANCEL ") && came.field("Call-ID") == call;
    if round.is_multiple_of(2) {
        // Deaf until it has answered, as if the CANCEL were on its way for so long.
        tokio::time::sleep(at - APART).await;
        peer.answer(&invite, "200 OK", &tag, true).await;
        return peer.answer_too_late(&invite, &tag).await;
    }
    let cancel = peer.hear("the CANCEL", is_cancel).await;
    assert_eq!(cancel.field("Via"), invite.field("Via"), "the INVITE's transaction");
    tokio::time::sleep(at - APART).await;
    peer.refuse_cancelled(&invite, &cancel, &tag).await;
    Went::CancelFirst
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_within_20_ms_of_the_answer_ends_the_dialog_either_way_a_thousand_times() {
    let (bench, mut peer) = bench_with_peer().await;
    let (mut went, mut last) = (BTreeMap::<Went, u64>::new(), String::new());
    for round in 0..ROUNDS {
        *went.entry(race(&bench, &mut peer, round, &mut last).await).or_default() += 1;
        bench.agent("anna", |state| state == AgentState::Ready).await;
    }
    println!("{ROUNDS} rounds, the caller leaves from 20 ms before to 20 ms after the phone answers: {went:?}");
    assert_eq!(went.len(), 3, "each way is gone");
    bench.quiet().await;
    assert_eq!(bench.all_closed().await.len() as u64, ROUNDS, "one contact for each call");
    bench.nothing_left().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_offer_that_crosses_another_one_of_the_same_peer_gets_491_or_500() {
    let (bench, mut peer) = bench_with_peer().await;
    let mut caller = bench.call_answered("8001").await;
    let invite = peer.hear("the INVITE", |came| came.starts("INVITE ")).await;
    peer.answer(&invite, "200 OK", "anna", true).await;
    peer.hear("the ACK", |came| came.starts("ACK ")).await;
    // RFC 3261 14.2: a second INVITE before the final answer to the first gets 500 with Retry-After.
    let sdp = peer.sdp();
    peer.request(&invite, "INVITE", 1, "anna", &sdp).await;
    peer.request(&invite, "INVITE", 2, "anna", &sdp).await;
    let (mut taken, mut refused) = (0, 0);
    while taken + refused < 2 {
        let came = peer
            .hear("both answers", |came| {
                came.starts("SIP/2.0 ") && !came.starts("SIP/2.0 1") && came.field("CSeq").ends_with(" INVITE")
            })
            .await;
        let number: u32 = came.field("CSeq").split(' ').next().unwrap().parse().unwrap();
        if came.starts("SIP/2.0 200 ") {
            peer.request(&invite, "ACK", number, "anna", "").await;
            taken += 1;
        } else {
            assert!(came.starts("SIP/2.0 491 ") || came.starts("SIP/2.0 500 "), "{}", came.text);
            refused += 1;
        }
    }
    assert!(taken >= 1, "the first offer is taken");
    peer.request(&invite, "BYE", 3, "anna", "").await;
    report(&mut caller, |report| matches!(report, Report::Over(_))).await;
    bench.quiet().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_of_both_sides_that_cross_are_each_refused_by_491_and_ours_is_made_again() {
    let (bench, mut peer) = bench_with_peer().await;
    let mut desk = Desk::sign_in(bench.daemon.http, "anna", "secret-anna").await;
    let mut caller = bench.call_answered("8001").await;
    let invite = peer.hear("the INVITE", |came| came.starts("INVITE ")).await;
    peer.answer(&invite, "200 OK", "anna", true).await;
    peer.hear("the ACK", |came| came.starts("ACK ")).await;
    let talks = desk.phase("talking").await;
    desk.granted("hold", talks["event"]["contact"].as_str().unwrap(), json!({})).await;
    let is_newer = |than: &Came, came: &Came| came.starts("INVITE ") && came.number() > than.number();
    let offer = peer.hear("our offer", |came| is_newer(&invite, came)).await;
    assert!(offer.text.contains("a=sendonly"), "{}", offer.text);
    // RFC 3261 14.1, 14.2: the peer's own offer while ours waits for its answer.
    let sdp = peer.sdp();
    peer.request(&invite, "INVITE", 1, "anna", &sdp).await;
    peer.hear("the refusal", |came| came.starts("SIP/2.0 491 ") && came.field("CSeq") == "1 INVITE").await;
    peer.request(&invite, "ACK", 1, "anna", "").await;
    peer.answer(&offer, "491 Request Pending", "anna", false).await;
    let ack = peer.hear("its ACK", |came| came.starts("ACK ") && came.number() == offer.number()).await;
    assert_eq!(ack.field("Via"), offer.field("Via"), "the offer's transaction");
    let again = peer.hear("our offer again", |came| is_newer(&offer, came)).await;
    assert_eq!(again.number(), offer.number() + 1);
    assert!(again.text.contains("a=sendonly"), "{}", again.text);
    peer.answer(&again, "200 OK", "anna", true).await;
    peer.hear("the ACK", |came| came.starts("ACK ") && came.number() == again.number()).await;
    peer.request(&invite, "BYE", 2, "anna", "").await;
    report(&mut caller, |report| matches!(report, Report::Over(_))).await;
    bench.quiet().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_merged_invite_gets_482_and_one_contact() {
    let bench = Bench::start(&Plan::default(), &[]).await;
    let mut peer = Peer::bind().await;
    peer.server = bench.daemon.sip;
    let (sdp, address) = (peer.sdp(), peer.address());
    let length = sdp.replace('\n', "\r\n").len();
    let invite = |branch: &str| {
        format!(
            "INVITE sip:8001@{} SIP/2.0\nVia: SIP/2.0/UDP {address};branch=z9hG4bK-{branch}\nMax-Forwards: 70\n\
             From: <sip:+4930@127.0.0.1>;tag=one\nTo: <sip:8001@127.0.0.1>\nCall-ID: merged\nCSeq: 1 INVITE\n\
             Contact: <sip:me@{address}>\nContent-Type: application/sdp\nContent-Length: {length}\n\n{sdp}",
            bench.daemon.sip
        )
    };
    peer.say(&invite("a")).await;
    peer.say(&invite("b")).await;
    let refused = peer.hear("the refusal", |came| came.starts("SIP/2.0 482 ")).await;
    assert!(refused.field("Via").contains("z9hG4bK-b"), "{}", refused.text);
    let story = bench.story(|story| story.row.closed.is_none()).await;
    assert_eq!(story.row.dnis.to_string(), "8001");
    assert_eq!(bench.contacts().await.len(), 1);
    bench.stop().await;
}
