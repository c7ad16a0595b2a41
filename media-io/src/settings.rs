//! What the daemon tells the workers, and the figures they keep.

use domain::{ContactId, Language, Spoken};
use media::codec::Codec;
use media::playout::{Awaited, Speech};
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// An RTCP packet that was received or is sent, in the clear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rtcp {
    /// The contact.
    pub contact: ContactId,
    /// True: we send it.
    pub outgoing: bool,
    /// Our address.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
    /// The compound packet.
    pub packet: Vec<u8>,
}

/// Who wants to see RTCP. It is called on the workers' threads and must not wait.
#[derive(Clone)]
pub struct RtcpTap(Arc<dyn Fn(Rtcp) + Send + Sync>);

impl RtcpTap {
    /// Whoever is told by this.
    pub fn new(tell: impl Fn(Rtcp) + Send + Sync + 'static) -> Self {
        Self(Arc::new(tell))
    }

    pub(crate) fn tell(&self, contact: ContactId, outgoing: bool, ends: (SocketAddr, SocketAddr), packet: &[u8]) {
        let (local, remote) = ends;
        (self.0)(Rtcp { contact, outgoing, local, remote, packet: packet.to_vec() });
    }
}

impl fmt::Debug for RtcpTap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RtcpTap")
    }
}

/// How a text is asked for: answers at once with sound that is, or will be, there.
type Ask = dyn Fn(&Spoken, Language) -> Arc<dyn Speech> + Send + Sync;

/// Who speaks texts. It is called on the workers' threads and must not wait.
#[derive(Clone)]
pub struct Voice {
    ask: Arc<Ask>,
    patience: Duration,
}

impl Voice {
    /// Whoever is asked by this. A text that is not there after `patience` is given up.
    pub fn new(ask: impl Fn(&Spoken, Language) -> Arc<dyn Speech> + Send + Sync + 'static, patience: Duration) -> Self {
        Self { ask: Arc::new(ask), patience }
    }

    pub(crate) fn ask(&self, spoken: &Spoken, language: Language) -> Awaited {
        let patience = self.patience.as_millis() * u128::from(media::RATE) / 1_000;
        Awaited { speech: (self.ask)(spoken, language), patience: usize::try_from(patience).unwrap_or(usize::MAX) }
    }
}

impl fmt::Debug for Voice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Voice")
    }
}

/// Settings of the media workers.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address that plain RTP is bound to and that SDP names.
    pub address: IpAddr,
    /// First and last UDP port for plain RTP: even ports carry RTP, the odd ones after them RTCP. `(0, 0)`: any.
    pub ports: (u16, u16),
    /// Where browsers reach us. Each worker has one UDP port for all its browser legs: this one and those
    /// after it; with port 0, any free ones ([`Workers::browser_addresses`](crate::Workers::browser_addresses)).
    pub browser_address: SocketAddr,
    /// How many worker threads; at least one is started.
    pub workers: usize,
    /// After how long without a packet a leg is reported as silent, and another address may take its place.
    pub silence_after: Duration,
    /// Codecs for plain RTP, best first: the order of our offers.
    pub codecs: Vec<Codec>,
    /// How long a port rests after its call, so that late packets of the old call do not reach a new one.
    pub port_rest: Duration,
    /// The language of prompts that are missing in the one asked for.
    pub default_language: Language,
    /// Who wants to see the RTCP of plain legs.
    pub rtcp_tap: Option<RtcpTap>,
    /// Who speaks texts; `None`: nobody, and they are left out.
    pub voice: Option<Voice>,
}

impl Default for Settings {
    fn default() -> Self {
        let localhost = IpAddr::V4(Ipv4Addr::LOCALHOST);
        Self {
            address: localhost,
            ports: (0, 0),
            browser_address: SocketAddr::new(localhost, 0),
            workers: 1,
            silence_after: Duration::from_secs(30),
            codecs: vec![Codec::Pcmu, Codec::Pcma],
            port_rest: Duration::from_secs(30),
            default_language: Language::EN,
            rtcp_tap: None,
            voice: None,
        }
    }
}

/// Counted by all workers since their start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// RTP packets taken from peers.
    pub received: u64,
    /// RTP packets passed on from one leg to another.
    pub relayed: u64,
    /// Datagrams that were not a peer's RTP: wrong source, wrong payload type, no RTP.
    pub ignored: u64,
    /// Blocks of recordings lost because the recorder was too slow: gaps.
    pub recorder_gaps: u64,
}

/// The figures as the workers share them; each adds what it counted once per tick.
#[derive(Debug, Default)]
pub(crate) struct SharedFigures {
    received: AtomicU64,
    relayed: AtomicU64,
    ignored: AtomicU64,
    recorder_gaps: AtomicU64,
}

impl SharedFigures {
    /// Add a worker's counts and set them to zero.
    pub(crate) fn add(&self, counts: &mut Figures) {
        self.received.fetch_add(counts.received, Ordering::Relaxed);
        self.relayed.fetch_add(counts.relayed, Ordering::Relaxed);
        self.ignored.fetch_add(counts.ignored, Ordering::Relaxed);
        self.recorder_gaps.fetch_add(counts.recorder_gaps, Ordering::Relaxed);
        *counts = Figures::default();
    }

    pub(crate) fn read(&self) -> Figures {
        Figures {
            received: self.received.load(Ordering::Relaxed),
            relayed: self.relayed.load(Ordering::Relaxed),
            ignored: self.ignored.load(Ordering::Relaxed),
            recorder_gaps: self.recorder_gaps.load(Ordering::Relaxed),
        }
    }
}
