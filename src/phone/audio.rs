//! A phone's mouth and ear: RTP from one socket, 20 ms a packet.

use media::dtmf::{Sender, Step};
use media::g711::Codec;
use media::rtp::{Packet, Stamp};
use media::tone::{Sine, strongest_tone, tones};
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;

/// Samples in a packet: 20 ms at 8 kHz.
const FRAME: usize = 160;
/// Samples remembered: five seconds.
const MEMORY: usize = 5 * 8_000;

/// One packet, as it was heard.
#[derive(Clone, Debug)]
pub struct Heard {
    /// When it came.
    pub at: Instant,
    /// Its RTP timestamp: 8,000 in a second, of the sender's own clock.
    pub timestamp: u32,
    /// What it said.
    pub samples: Vec<i16>,
}

#[derive(Default)]
struct Memory {
    samples: VecDeque<i16>,
    packets: VecDeque<Heard>,
    last: Option<Instant>,
    longest_gap: Duration,
}

/// What was heard lately.
#[derive(Clone, Default)]
pub struct Ear(Arc<Mutex<Memory>>);

impl Ear {
    fn heard(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was heard.
    pub fn clear(&self) {
        *self.heard() = Memory::default();
    }

    /// The longest time between two packets since the ear was cleared.
    #[must_use]
    pub fn longest_gap(&self) -> Duration {
        self.heard().longest_gap
    }

    /// How many samples (8 kHz) were heard since the ear was cleared, at most five seconds of them.
    #[must_use]
    pub fn samples(&self) -> usize {
        self.heard().samples.len()
    }

    /// The strongest of these tones in the last second heard.
    #[must_use]
    pub fn tone(&self, candidates: &[u32]) -> Option<u32> {
        strongest_tone(&self.last_second(), 8_000, candidates)
    }

    /// Which of these tones sounded together in the last second heard, in the order of the candidates.
    #[must_use]
    pub fn tones(&self, candidates: &[u32]) -> Vec<u32> {
        tones(&self.last_second(), 8_000, candidates)
    }

    fn last_second(&self) -> Vec<i16> {
        self.heard().samples.iter().rev().take(8_000).rev().copied().collect()
    }

    /// The packets heard since the ear was cleared, at most five seconds of them, in the order in which they came.
    #[must_use]
    pub fn packets(&self) -> Vec<Heard> {
        self.heard().packets.iter().cloned().collect()
    }

    fn hear(&self, timestamp: u32, samples: &[i16]) {
        let (mut heard, now) = (self.heard(), Instant::now());
        heard.packets.push_back(Heard { at: now, timestamp, samples: samples.to_vec() });
        let surplus = heard.packets.len().saturating_sub(MEMORY / FRAME);
        heard.packets.drain(..surplus);
        let gap = heard.last.replace(now).map_or(Duration::ZERO, |last| now.duration_since(last));
        heard.longest_gap = heard.longest_gap.max(gap);
        heard.samples.extend(samples);
        let surplus = heard.samples.len().saturating_sub(MEMORY);
        heard.samples.drain(..surplus);
    }
}

/// One media session.
pub(super) struct Audio {
    pub socket: UdpSocket,
    pub remote: Option<SocketAddr>,
    pub codec: Codec,
    pub dtmf_pt: u8,
    sine: Option<Sine>,
    digits: Sender,
    event_at: u32,
    stamp: Stamp,
    ear: Ear,
}

impl Audio {
    pub async fn bind(ip: std::net::IpAddr, ear: Ear) -> std::io::Result<Self> {
        let socket = UdpSocket::bind((ip, 0)).await?;
        let seed = socket.local_addr()?.port();
        let stamp = Stamp { ssrc: u32::from(seed) << 8, sequence: seed, timestamp: u32::from(seed), marker: true };
        Ok(Self {
            socket,
            remote: None,
            codec: Codec::Pcmu,
            dtmf_pt: 101,
            sine: None,
            digits: Sender::default(),
            event_at: 0,
            stamp,
            ear,
        })
    }

    pub fn tone(&mut self, hz: u32) {
        self.sine = (hz > 0).then(|| Sine::new(hz, 8_000));
    }

    pub fn key(&mut self, digits: &str) {
        self.digits.push(digits);
    }

    /// Sends the next 20 ms.
    pub fn speak(&mut self) {
        let Some(remote) = self.remote else { return };
        let mut bytes = [0u8; FRAME];
        let packet = match self.digits.step() {
            Step::Idle => {
                let mut samples = [0i16; FRAME];
                if let Some(sine) = &mut self.sine {
                    sine.fill(&mut samples);
                }
                self.codec.encode(&samples, &mut bytes);
                Some(Packet { payload_type: self.codec.payload_type(), stamp: self.stamp, payload: &bytes }.to_bytes())
            }
            Step::Rest => None,
            Step::Event { first, payload } => {
                if first {
                    self.event_at = self.stamp.timestamp;
                }
                let stamp = Stamp { timestamp: self.event_at, marker: first, ..self.stamp };
                Some(Packet { payload_type: self.dtmf_pt, stamp, payload: &payload.to_bytes() }.to_bytes())
            }
        };
        self.stamp.timestamp = self.stamp.timestamp.wrapping_add(FRAME as u32);
        if let Some(packet) = packet {
            self.stamp.sequence = self.stamp.sequence.wrapping_add(1);
            self.stamp.marker = false;
            // UDP promises nothing; a lost packet is heard as one.
            let _ = self.socket.try_send_to(&packet, remote);
        }
    }

    pub fn on_packet(&mut self, bytes: &[u8]) {
        let Some(packet) = Packet::parse(bytes) else { return };
        let Some(codec) = Codec::from_payload_type(packet.payload_type) else { return };
        let mut samples = [0i16; 480];
        let count = codec.decode(packet.payload, &mut samples);
        self.ear.hear(packet.stamp.timestamp, &samples[..count]);
    }
}
