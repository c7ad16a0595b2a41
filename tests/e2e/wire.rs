//! Phones that behave as few do, written out message by message, with exact assertions on the wire.

use crate::support::{Bench, PATIENCE, Plan, report};
use std::net::SocketAddr;
use switchroom::phone::Report;
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

    /// The next message that fits. Others, such as repeated ones, are dropped.
    async fn hear(&mut self, what: &str, fits: impl Fn(&Came) -> bool) -> Came {
        let search = async {
            let mut buffer = vec![0; 65_536];
            loop {
                let (length, from) = self.socket.recv_from(&mut buffer).await.unwrap();
                self.server = from;
                let came = Came { text: String::from_utf8_lossy(&buffer[..length]).into_owned() };
                if fits(&came) {
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
