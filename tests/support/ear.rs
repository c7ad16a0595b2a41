//! The sound of a client that leaves it to us: a port that hears every sample as it comes, and says a tone to where the
//! sound comes from.

use super::words::Hears;
use media::g711::Codec;
use media::rtp::{Packet, Stamp};
use media::tone::Sine;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// What it says from the first packet on.
pub const HZ: u32 = 1_400;
/// Samples of 20 ms.
const FRAME: usize = 160;

#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<(Instant, i16)>>>);

impl Heard {
    fn samples(&self) -> MutexGuard<'_, Vec<(Instant, i16)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An ear and a mouth. They fall silent when dropped.
pub struct Ear {
    /// The port of its RTP.
    pub port: u16,
    heard: Heard,
    task: JoinHandle<()>,
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Hears for Ear {
    fn heard_from(&self, from: usize) -> Vec<(Instant, i16)> {
        self.heard.samples()[from..].to_vec()
    }
}

impl Ear {
    /// On any free port.
    pub async fn open() -> Self {
        let rtp = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (port, heard) = (rtp.local_addr().unwrap().port(), Heard::default());
        Self { port, heard: heard.clone(), task: tokio::spawn(hear_and_speak(rtp, heard)) }
    }
}

async fn hear_and_speak(rtp: UdpSocket, heard: Heard) {
    let mut clock = tokio::time::interval(Duration::from_millis(20));
    let (mut to, mut bytes) = (None::<SocketAddr>, [0; 2_048]);
    let mut sine = Sine::new(HZ, 8_000);
    let mut stamp = Stamp { ssrc: 7, sequence: 1, timestamp: 1, marker: true };
    loop {
        tokio::select! {
            packet = rtp.recv_from(&mut bytes) => {
                let Ok((length, from)) = packet else { continue };
                to = Some(from);
                hear(&bytes[..length], &heard);
            }
            _ = clock.tick() => {
                let Some(to) = to else { continue };
                let (mut samples, mut payload) = ([0; FRAME], [0; FRAME]);
                sine.fill(&mut samples);
                Codec::Pcmu.encode(&samples, &mut payload);
                // UDP promises nothing.
                let _ = rtp.try_send_to(&Packet { payload_type: 0, stamp, payload: &payload }.to_bytes(), to);
                let (sequence, timestamp) = (stamp.sequence.wrapping_add(1), stamp.timestamp.wrapping_add(FRAME as u32));
                stamp = Stamp { sequence, timestamp, marker: false, ..stamp };
            }
        }
    }
}

fn hear(packet: &[u8], heard: &Heard) {
    let Some(packet) = Packet::parse(packet).filter(|packet| packet.payload_type == 0) else { return };
    let mut samples = [0; 480];
    let count = Codec::Pcmu.decode(packet.payload, &mut samples);
    let now = Instant::now();
    heard.samples().extend(samples[..count].iter().map(|sample| (now, *sample)));
}
