//! A telephone: a UDP socket that says a tone and remembers what it hears. Packets that come are read by the
//! `rtp` and `rtcp` crates, so that our own reading does not vouch for our own writing.

use crate::ear::{Ear, Mouth, Received};
use media::dtmf::Sender;
use media::g711::Codec;
use media::rtp::{Packet, is_rtcp};
use rtcp::receiver_report::ReceiverReport;
use rtcp::reception_report::ReceptionReport;
use rtcp::sender_report::SenderReport;
use std::net::{SocketAddr, UdpSocket};
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use webrtc_util::marshal::Unmarshal;

struct Shared {
    socket: UdpSocket,
    codec: Codec,
    event_type: u8,
    tone: u32,
    ear: Ear,
    remote: Mutex<Option<SocketAddr>>,
    digits: Mutex<Sender>,
    is_quiet: AtomicBool,
    /// Answer each sender report at once, and claim to have done so this much earlier.
    claim: Mutex<Option<Duration>>,
    is_over: AtomicBool,
}

pub struct Phone {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

impl Phone {
    /// A phone with this codec, payload type of events, and voice.
    pub fn new(codec: Codec, event_type: u8, tone: u32) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        let shared = Arc::new(Shared {
            socket,
            codec,
            event_type,
            tone,
            ear: Ear::new(codec, event_type),
            remote: Mutex::new(None),
            digits: Mutex::default(),
            is_quiet: AtomicBool::new(false),
            claim: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let (ear, mouth) = (Arc::clone(&shared), Arc::clone(&shared));
        let threads = vec![std::thread::spawn(move || ear.listen()), std::thread::spawn(move || mouth.talk())];
        Self { shared, threads }
    }

    /// The phone's session description, as offer or answer.
    pub fn sdp(&self, direction: &str) -> String {
        let port = self.shared.socket.local_addr().unwrap().port();
        let (pt, name, events) = (self.shared.codec.payload_type(), self.shared.codec.name(), self.shared.event_type);
        let (rate, clock) = (self.shared.codec.rtpmap_rate(), self.shared.codec.clock());
        format!(
            "v=0\r\no=phone 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP {pt} {events}\r\na=rtpmap:{pt} {name}/{rate}\r\n\
             a=rtpmap:{events} telephone-event/{clock}\r\na=rtcp-mux\r\na={direction}\r\n"
        )
    }

    /// Talk to the audio address of this description.
    pub fn dial(&self, sdp: &str) {
        *self.shared.remote.lock().unwrap() = Some(audio_address(sdp));
    }

    /// Say nothing, not even silence, or talk again.
    pub fn set_quiet(&self, quiet: bool) {
        self.shared.is_quiet.store(quiet, Ordering::Relaxed);
    }

    /// Answer sender reports: three packets lost, 1 ms of jitter, and the way takes this much longer than it does.
    pub fn reports_with_delay_of(&self, longer: Duration) {
        *self.shared.claim.lock().unwrap() = Some(longer);
    }

    pub fn key(&self, digits: &str) {
        self.shared.digits.lock().unwrap().push(digits);
    }
}

impl Deref for Phone {
    type Target = Ear;

    fn deref(&self) -> &Ear {
        &self.shared.ear
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Where a description wants audio.
pub fn audio_address(sdp: &str) -> SocketAddr {
    let word = |start: &str| sdp.lines().find_map(|l| l.strip_prefix(start)).unwrap().split(' ').next().unwrap();
    format!("{}:{}", word("c=IN IP4 "), word("m=audio ")).parse().unwrap()
}

impl Shared {
    fn listen(&self) {
        let mut buffer = [0; 2_048];
        while !self.is_over.load(Ordering::Relaxed) {
            let Ok((length, from)) = self.socket.recv_from(&mut buffer) else { continue };
            let mut bytes = &buffer[..length];
            if is_rtcp(bytes) {
                let packets = rtcp::packet::unmarshal(&mut bytes).unwrap();
                let report = packets[0].as_any().downcast_ref::<SenderReport>();
                self.ear.note(|heard| heard.reports += usize::from(report.is_some()));
                if let Some(report) = report {
                    self.answer(report, from);
                }
            } else {
                let packet = rtp::packet::Packet::unmarshal(&mut bytes).unwrap();
                self.ear.hear(&Received {
                    ssrc: packet.header.ssrc,
                    sequence: packet.header.sequence_number,
                    timestamp: packet.header.timestamp,
                    payload_type: packet.header.payload_type,
                    payload: &packet.payload,
                });
            }
        }
    }

    fn answer(&self, report: &SenderReport, to: SocketAddr) {
        let Some(longer) = *self.claim.lock().unwrap() else { return };
        let middle = (report.ntp_time >> 16) as u32;
        let block = ReceptionReport {
            ssrc: report.ssrc,
            total_lost: 3,
            jitter: 8,
            last_sender_report: middle.wrapping_sub((longer.as_millis() * 65_536 / 1_000) as u32),
            ..Default::default()
        };
        let packet = ReceiverReport { ssrc: 1, reports: vec![block], ..Default::default() };
        let bytes = rtcp::packet::marshal(&[Box::new(packet) as Box<dyn rtcp::packet::Packet + Send + Sync>]).unwrap();
        self.socket.send_to(&bytes, to).unwrap();
    }

    fn talk(&self) {
        let mut mouth = Mouth::new(self.codec, self.event_type, self.tone, 1_000 + self.tone);
        let mut due = Instant::now();
        while !self.is_over.load(Ordering::Relaxed) {
            due += Duration::from_millis(20);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let Some(remote) = *self.remote.lock().unwrap() else { continue };
            if self.is_quiet.load(Ordering::Relaxed) {
                mouth.pause();
                continue;
            }
            if let Some((payload_type, stamp, payload)) = mouth.say(&mut self.digits.lock().unwrap()) {
                let _ = self.socket.send_to(&Packet { payload_type, stamp, payload: &payload }.to_bytes(), remote);
            }
        }
    }
}
