//! A telephone: a UDP socket that says a tone and remembers what it hears. Packets that come are read by the
//! `rtp` and `rtcp` crates, so that our own reading does not vouch for our own writing.

use media::dtmf::{Receiver, Sender, Step};
use media::g711::Codec;
use media::rtp::{Packet, Stamp, is_rtcp};
use media::tone::{Sine, strongest_tone};
use media::{FRAME, RATE};
use std::collections::BTreeSet;
use std::net::{SocketAddr, UdpSocket};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use webrtc_util::marshal::Unmarshal;

/// How long anything may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// All tones of these tests.
pub const TONES: [u32; 5] = [350, 440, 620, 850, 1_150];

/// Stretch of the latest audio that is judged: 400 ms.
const STRETCH: usize = 3_200;

#[derive(Default)]
pub struct Heard {
    pub samples: Vec<i16>,
    pub digits: String,
    pub event_types: BTreeSet<u8>,
    pub audio_types: BTreeSet<u8>,
    pub sources: BTreeSet<u32>,
    pub sequences: Vec<u16>,
    pub reports: usize,
}

impl Heard {
    /// The tone of the last 400 ms.
    pub fn tone(&self) -> Option<u32> {
        let start = self.samples.len().checked_sub(STRETCH)?;
        strongest_tone(&self.samples[start..], RATE, &TONES)
    }
}

struct Shared {
    socket: UdpSocket,
    codec: Codec,
    event_type: u8,
    tone: u32,
    ssrc: u32,
    heard: Mutex<Heard>,
    changed: Condvar,
    remote: Mutex<Option<SocketAddr>>,
    digits: Mutex<Sender>,
    is_quiet: AtomicBool,
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
            ssrc: 1_000 + tone,
            heard: Mutex::default(),
            changed: Condvar::new(),
            remote: Mutex::new(None),
            digits: Mutex::default(),
            is_quiet: AtomicBool::new(false),
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
        format!(
            "v=0\r\no=phone 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP {pt} {events}\r\na=rtpmap:{pt} {name}/8000\r\n\
             a=rtpmap:{events} telephone-event/8000\r\na=rtcp-mux\r\na={direction}\r\n"
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

    pub fn key(&self, digits: &str) {
        self.shared.digits.lock().unwrap().push(digits);
    }

    /// Wait until what was heard is as told.
    pub fn wait(&self, what: &str, holds: impl Fn(&Heard) -> bool) {
        let end = Instant::now() + PATIENCE;
        let mut heard = self.shared.heard.lock().unwrap();
        while !holds(&heard) {
            let left = end.checked_duration_since(Instant::now()).unwrap_or_else(|| panic!("never: {what}"));
            heard = self.shared.changed.wait_timeout(heard, left).unwrap().0;
        }
    }

    pub fn wait_tone(&self, tone: Option<u32>) {
        self.wait(&format!("hears {tone:?}"), |heard| heard.samples.len() >= STRETCH && heard.tone() == tone);
    }

    /// Look at what was heard so far.
    pub fn heard<T>(&self, look: impl Fn(&Heard) -> T) -> T {
        look(&self.shared.heard.lock().unwrap())
    }

    /// Forget what was heard.
    pub fn forget(&self) {
        *self.shared.heard.lock().unwrap() = Heard::default();
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
        let mut receiver = Receiver::default();
        while !self.is_over.load(Ordering::Relaxed) {
            let Ok((length, _)) = self.socket.recv_from(&mut buffer) else { continue };
            let mut heard = self.heard.lock().unwrap();
            let mut bytes = &buffer[..length];
            if is_rtcp(bytes) {
                let packets = rtcp::packet::unmarshal(&mut bytes).unwrap();
                heard.reports += usize::from(packets[0].as_any().is::<rtcp::sender_report::SenderReport>());
            } else {
                let packet = rtp::packet::Packet::unmarshal(&mut bytes).unwrap();
                self.hear(&mut heard, &mut receiver, &packet);
            }
            self.changed.notify_all();
        }
    }

    fn hear(&self, heard: &mut Heard, receiver: &mut Receiver, packet: &rtp::packet::Packet) {
        heard.sources.insert(packet.header.ssrc);
        heard.sequences.push(packet.header.sequence_number);
        if packet.header.payload_type == self.event_type {
            heard.event_types.insert(packet.header.payload_type);
            heard.digits.extend(receiver.on_packet(packet.header.timestamp, &packet.payload));
            return;
        }
        heard.audio_types.insert(packet.header.payload_type);
        let mut samples = vec![0; packet.payload.len()];
        self.codec.decode(&packet.payload, &mut samples);
        heard.samples.extend(samples);
    }

    fn talk(&self) {
        let mut sine = Sine::new(self.tone, RATE);
        let (mut sequence, mut timestamp, mut event_start) = (self.tone as u16, self.tone, 0);
        let mut due = Instant::now();
        while !self.is_over.load(Ordering::Relaxed) {
            due += Duration::from_millis(20);
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            timestamp = timestamp.wrapping_add(FRAME as u32);
            let (mut samples, mut audio) = ([0; FRAME], [0; FRAME]);
            sine.fill(&mut samples);
            self.codec.encode(&samples, &mut audio);
            let Some(remote) = *self.remote.lock().unwrap() else { continue };
            if self.is_quiet.load(Ordering::Relaxed) {
                continue;
            }
            let mut send = |payload_type, timestamp, marker, payload: &[u8]| {
                sequence = sequence.wrapping_add(1);
                let stamp = Stamp { ssrc: self.ssrc, sequence, timestamp, marker };
                let _ = self.socket.send_to(&Packet { payload_type, stamp, payload }.to_bytes(), remote);
            };
            match self.digits.lock().unwrap().step() {
                Step::Idle => send(self.codec.payload_type(), timestamp, false, &audio),
                Step::Rest => {}
                Step::Event { first, payload } => {
                    event_start = if first { timestamp } else { event_start };
                    send(self.event_type, event_start, first, &payload.to_bytes());
                }
            }
        }
    }
}
