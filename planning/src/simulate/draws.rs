//! Random numbers, a stream for each purpose, and the arrivals made of them.

use super::centre::{Centre, Kind};
use super::scenario::Arrivals;
use rand_chacha::ChaCha8Rng;
use rand_core::{Rng as _, SeedableRng as _};

/// What a stream is for. Streams of the same purpose are the same in every scenario with the same seed.
#[derive(Clone, Copy, Debug)]
enum Purpose {
    Arrivals,
    Patience,
    Service,
    WrapUp,
    Callback,
    Offers,
    Voicemail,
}

/// A stream of numbers between 0 and 1: ChaCha with 8 rounds, whose streams of one seed never meet.
#[derive(Debug)]
pub(super) struct Stream(ChaCha8Rng);

impl Stream {
    fn new(seed: u64, replication: u32, kind: u16, purpose: Purpose) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(u64::from(replication) << 32 | u64::from(kind) << 8 | purpose as u64);
        Self(generator)
    }

    /// The next number, neither 0 nor 1.
    pub(super) fn uniform(&mut self) -> f64 {
        const STEP: f64 = 1.0 / (1_u64 << 53) as f64;
        ((self.0.next_u64() >> 11) as f64 + 0.5) * STEP
    }
}

/// The streams of one type, and where its arrivals are.
#[derive(Debug)]
pub(super) struct TypeDraws {
    arrivals: Stream,
    pub(super) patience: Stream,
    pub(super) service: Stream,
    pub(super) wrap_up: Stream,
    pub(super) callback: Stream,
    pub(super) voicemail: Stream,
    /// Microseconds of the latest arrival, with a fraction so that rounding does not add up.
    clock: f64,
    /// The part of the profile in force, or the next contact of the log.
    at: usize,
}

impl TypeDraws {
    /// When the next contact arrives, in microseconds, and its place in the log. `None`: none arrives any more.
    pub(super) fn next_arrival(&mut self, kind: &Kind) -> Option<u64> {
        match &kind.arrivals {
            Arrivals::Logged(log) => {
                let logged = log.get(self.at)?;
                self.at += 1;
                Some(logged.at_us)
            }
            Arrivals::Poisson(profile) => self.next_of(profile),
        }
    }

    /// The place in the log of the contact that arrived last.
    pub(super) fn logged(&self, kind: &Kind) -> Option<u32> {
        matches!(kind.arrivals, Arrivals::Logged(_)).then(|| (self.at - 1) as u32)
    }

    /// Goes on through the profile until the integral of the rate has grown by an exponential variate.
    fn next_of(&mut self, profile: &[(f64, f64)]) -> Option<u64> {
        let mut left = -libm::log(self.arrivals.uniform());
        loop {
            let (from_s, rate) = *profile.get(self.at)?;
            self.clock = self.clock.max(from_s * 1e6);
            let end = profile.get(self.at + 1).map_or(f64::INFINITY, |(next_s, _)| next_s * 1e6);
            let at = if rate > 0.0 { self.clock + left / rate * 1e6 } else { f64::INFINITY };
            if at < end {
                self.clock = at;
                return Some(at as u64);
            }
            if rate > 0.0 {
                left -= (end - self.clock) / 1e6 * rate;
            }
            self.clock = end;
            self.at += 1;
        }
    }
}

/// Every stream of a replication.
#[derive(Debug)]
pub(super) struct Draws {
    pub(super) types: Vec<TypeDraws>,
    /// How offers end, in the order in which they are made.
    pub(super) offers: Stream,
}

impl Draws {
    pub(super) fn new(centre: &Centre, replication: u32) -> Self {
        let seed = centre.scenario().run.seed;
        let of = |kind: u16| {
            let stream = |purpose| Stream::new(seed, replication, kind, purpose);
            TypeDraws {
                arrivals: stream(Purpose::Arrivals),
                patience: stream(Purpose::Patience),
                service: stream(Purpose::Service),
                wrap_up: stream(Purpose::WrapUp),
                callback: stream(Purpose::Callback),
                voicemail: stream(Purpose::Voicemail),
                clock: 0.0,
                at: 0,
            }
        };
        let types = (0..centre.kinds.len() as u16).map(of).collect();
        Self { types, offers: Stream::new(seed, replication, u16::MAX, Purpose::Offers) }
    }
}
