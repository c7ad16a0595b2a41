//! A caller written out message by message, who keys digits in each way that there is, and whose keys always sound.

use super::PATIENCE;
use media::dtmf::{Sender, Step};
use media::g711::Codec;
use media::rtp::{Packet, Stamp};
use media::tone::Sine;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How the caller's telephone tells of a key. In each way it sounds too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By RFC 4733 events.
    Events,
    /// By INFO.
    Info,
    /// By its sound alone (ITU-T Q.23).
    Sound,
}

/// Samples of 20 ms.
const FRAME: usize = 160;
const EVENTS: u8 = 101;
/// Ticks of 20 ms for which a key is down.
const DOWN: u8 = 5;

enum Order {
    Tone(u32),
    Key(char),
}

/// A caller. The call ends with `hang_up`.
pub struct Caller {
    sip: UdpSocket,
    server: SocketAddr,
    way: Way,
    /// Contact of the other side, and the fields that name the dialog.
    target: String,
    dialog: String,
    cseq: u32,
    orders: mpsc::UnboundedSender<Order>,
    pressed: mpsc::UnboundedReceiver<()>,
    task: JoinHandle<()>,
}

fn field<'a>(message: &'a str, name: &str) -> &'a str {
    message.lines().find(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name} in\n{message}"))
}

impl Caller {
    /// Calls a number of the server and waits for the answer.
    pub async fn call(server: SocketAddr, number: &str, way: Way) -> Self {
        let (sip, rtp) = (UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap());
        let (own, port) = (sip.local_addr().unwrap(), rtp.local_addr().unwrap().port());
        let events = if way == Way::Sound { "" } else { "a=rtpmap:101 telephone-event/8000\r\n" };
        let payloads = if way == Way::Sound { "0" } else { "0 101" };
        let sdp = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP {payloads}\r\n\
             a=rtpmap:0 PCMU/8000\r\n{events}"
        );
        let dialog = format!("From: <sip:+4930231@{own}>;tag=keys\r\nCall-ID: keys-{}\r\n", own.port());
        let (orders, inbox) = mpsc::unbounded_channel();
        let (press, pressed) = mpsc::unbounded_channel();
        let target = format!("sip:{number}@{server}");
        let task = tokio::spawn(async {});
        let mut caller = Self { sip, server, way, target, dialog, cseq: 1, orders, pressed, task };
        let to = format!("To: <sip:{number}@{server}>\r\n");
        let body = ("application/sdp", sdp.as_str());
        caller.send("INVITE", &format!("{to}Contact: <sip:keys@{own}>\r\n"), body).await;
        let ok = caller.answered("INVITE").await;
        caller.dialog.push_str(&format!("{}\r\n", field(&ok, "To:")));
        caller.target = field(&ok, "Contact:").split(['<', '>']).nth(1).expect("a Contact").to_owned();
        caller.send("ACK", "", ("", "")).await;
        let media = field(&ok, "m=audio ").split_whitespace().nth(1).unwrap().parse().unwrap();
        let mouth = Mouth { rtp, to: SocketAddr::from(([127, 0, 0, 1], media)), way, inbox, press };
        caller.task = tokio::spawn(mouth.speak());
        caller
    }

    async fn send(&self, method: &str, more: &str, (kind, body): (&str, &str)) {
        let (own, cseq, target) = (self.sip.local_addr().unwrap(), self.cseq, &self.target);
        let kind = if kind.is_empty() { String::new() } else { format!("Content-Type: {kind}\r\n") };
        let text = format!(
            "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK-{method}-{cseq}\r\nMax-Forwards: 70\r\n{}\
             {more}CSeq: {cseq} {method}\r\n{kind}Content-Length: {}\r\n\r\n{body}",
            self.dialog,
            body.len()
        );
        self.sip.send_to(text.as_bytes(), self.server).await.unwrap();
    }

    /// The 200 of the newest request.
    async fn answered(&self, method: &str) -> String {
        let own = format!("{} {method}", self.cseq);
        let search = async {
            let mut buffer = vec![0; 65_536];
            loop {
                let (length, _) = self.sip.recv_from(&mut buffer).await.unwrap();
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                if text.starts_with("SIP/2.0 200") && field(&text, "CSeq:").ends_with(&own) {
                    return text;
                }
            }
        };
        tokio::time::timeout(PATIENCE, search).await.unwrap_or_else(|_| panic!("no answer to {method}"))
    }

    /// Says this tone from now on.
    pub fn tone(&self, hz: u32) {
        self.orders.send(Order::Tone(hz)).unwrap();
    }

    /// Keys digits one by one; the last one is down when this returns.
    pub async fn key(&mut self, digits: &str) {
        for digit in digits.chars() {
            self.orders.send(Order::Key(digit)).unwrap();
            let press = tokio::time::timeout(PATIENCE, self.pressed.recv());
            press.await.expect("the key goes down").expect("the caller speaks");
            if self.way == Way::Info {
                self.cseq += 1;
                let body = format!("Signal={digit}\r\nDuration=100\r\n");
                self.send("INFO", "", ("application/dtmf-relay", &body)).await;
                self.answered("INFO").await;
            }
        }
    }

    /// Ends the call.
    pub async fn hang_up(mut self) {
        self.cseq += 1;
        self.send("BYE", "", ("", "")).await;
        self.answered("BYE").await;
        self.task.abort();
    }
}

/// What the caller says.
struct Mouth {
    rtp: UdpSocket,
    to: SocketAddr,
    way: Way,
    inbox: mpsc::UnboundedReceiver<Order>,
    press: mpsc::UnboundedSender<()>,
}

/// The two tones of a key (ITU-T Q.23).
fn tones(digit: char) -> [Sine; 2] {
    let place = "123A456B789C*0#D".find(digit).expect("a key");
    let (row, column) = ([697, 770, 852, 941][place / 4], [1_209, 1_336, 1_477, 1_633][place % 4]);
    [Sine::new(row, 8_000), Sine::new(column, 8_000)]
}

impl Mouth {
    async fn speak(mut self) {
        let mut clock = tokio::time::interval(Duration::from_millis(20));
        let (mut tone, mut keys, mut sound) = (None, Sender::default(), None);
        let mut stamp = Stamp { ssrc: 77, sequence: 1, timestamp: 1_000, marker: true };
        let (mut event_at, mut down) = (0, 0);
        loop {
            clock.tick().await;
            while let Ok(order) = self.inbox.try_recv() {
                match order {
                    Order::Tone(hz) => tone = Some(Sine::new(hz, 8_000)),
                    Order::Key(digit) => keys.push(digit.encode_utf8(&mut [0; 4])),
                }
            }
            let step = keys.step();
            let is_idle = matches!(step, Step::Idle);
            if let Step::Event { first, payload } = step {
                if first {
                    (event_at, down, sound) = (stamp.timestamp, DOWN, payload.digit().map(tones));
                    let _ = self.press.send(());
                }
                if self.way == Way::Events {
                    stamp.sequence = stamp.sequence.wrapping_add(1);
                    let of_event = Stamp { timestamp: event_at, marker: first, ..stamp };
                    self.send(EVENTS, of_event, &payload.to_bytes()).await;
                }
            }
            let mut samples = [0_i16; FRAME];
            if let (Some(both), 1..) = (&mut sound, down) {
                down -= 1;
                both.iter_mut().for_each(|sine| {
                    let mut part = [0; FRAME];
                    sine.fill(&mut part);
                    samples.iter_mut().zip(part).for_each(|(sample, part)| *sample += part);
                });
            } else if let (Some(sine), true) = (&mut tone, is_idle) {
                sine.fill(&mut samples);
            }
            let mut bytes = [0; FRAME];
            Codec::Pcmu.encode(&samples, &mut bytes);
            stamp.sequence = stamp.sequence.wrapping_add(1);
            self.send(0, stamp, &bytes).await;
            stamp.timestamp = stamp.timestamp.wrapping_add(FRAME as u32);
            stamp.marker = false;
        }
    }

    async fn send(&self, payload_type: u8, stamp: Stamp, payload: &[u8]) {
        let packet = Packet { payload_type, stamp, payload }.to_bytes();
        let _ = self.rtp.send_to(&packet, self.to).await;
    }
}
