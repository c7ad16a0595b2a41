//! Two endpoints and the network between them, with loss, duplicates and delays drawn from a seed.

use super::*;
use crate::dice::Dice;
use std::collections::BTreeMap;

/// What the network does to datagrams, in per cent, and how long they take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    pub(crate) loss: u64,
    pub(crate) copies: u64,
    pub(crate) delay_ms: (u64, u64),
}

impl Weather {
    pub(crate) const FINE: Self = Self { loss: 0, copies: 0, delay_ms: (10, 10) };
}

/// One endpoint of the pair.
pub(crate) struct Side {
    pub(crate) endpoint: Endpoint,
    pub(crate) told: Vec<Effect>,
    address: SocketAddr,
}

/// Two endpoints, each the other's trunk.
pub(crate) struct Pair {
    pub(crate) sides: [Side; 2],
    pub(crate) now: Instant,
    pub(crate) log: Vec<Vec<u8>>,
    weather: Weather,
    dice: Dice,
    air: BTreeMap<(Instant, u64), (usize, Vec<u8>)>,
    order: u64,
}

impl Pair {
    pub(crate) fn new(seed: u8, weather: Weather) -> Self {
        let side = |own: &str, other: &str, seed: u8| {
            let mut setup = setup(own);
            setup.trunks[0].peer = Some(Destination::Udp(address(other)));
            Side { endpoint: Endpoint::new(setup, [seed; 32]), told: Vec::new(), address: address(own) }
        };
        Self {
            sides: [side(US, GATEWAY, seed), side(GATEWAY, US, seed.wrapping_add(100))],
            now: Instant::ZERO,
            log: Vec::new(),
            weather,
            dice: Dice::new([seed; 32]),
            air: BTreeMap::new(),
            order: 0,
        }
    }

    pub(crate) fn command(&mut self, side: usize, command: Command) {
        let mut effects = Vec::new();
        self.sides[side].endpoint.command(self.now, command, &mut effects);
        self.take(side, effects);
    }

    fn fact(&mut self, side: usize, fact: Fact) {
        let mut effects = Vec::new();
        self.sides[side].endpoint.handle(self.now, fact, &mut effects);
        self.take(side, effects);
    }

    fn take(&mut self, side: usize, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Send { bytes, .. } => self.post(1 - side, bytes),
                other => self.sides[side].told.push(other),
            }
        }
    }

    fn post(&mut self, to: usize, bytes: Vec<u8>) {
        self.log.push(bytes.clone());
        let copies = if self.chance(self.weather.copies) { 2 } else { 1 };
        for _ in 0..copies {
            if self.chance(self.weather.loss) {
                continue;
            }
            let (least, most) = self.weather.delay_ms;
            let at = self.now + self.dice.between(least, most);
            self.order += 1;
            self.air.insert((at, self.order), (to, bytes.clone()));
        }
    }

    fn chance(&mut self, percent: u64) -> bool {
        percent > 0 && u64::from_le_bytes(self.dice.bytes()) % 100 < percent
    }

    /// Lets time pass; datagrams arrive and deadlines come in their order.
    pub(crate) fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let arrival = self.air.first_key_value().map(|((at, _), _)| *at);
            let ticks: Vec<Instant> =
                self.sides.iter().filter_map(|side| side.endpoint.deadline()).map(|(at, _)| at).collect();
            let Some(next) = ticks.iter().copied().chain(arrival).min().filter(|at| *at <= end) else { break };
            self.now = self.now.max(next);
            if arrival == Some(next) {
                let (_, (to, bytes)) = self.air.pop_first().unwrap();
                let source = Source {
                    transport: Transport::Udp,
                    local: self.sides[to].address,
                    remote: self.sides[1 - to].address,
                    flow: None,
                };
                self.fact(to, Fact::Received { source, message: parse_datagram(&bytes) });
            } else {
                self.fact(0, Fact::Tick);
                self.fact(1, Fact::Tick);
            }
        }
        self.now = end;
    }

    /// The callee's leg, if the INVITE has arrived.
    pub(crate) fn incoming(&self) -> Option<LegId> {
        self.sides[1]
            .told
            .iter()
            .find_map(|effect| if let Effect::Incoming(invite) = effect { Some(invite.leg) } else { None })
    }

    /// How often this leg has reported its end.
    pub(crate) fn ends(&self, side: usize, wanted: LegId) -> usize {
        let ended = |effect: &&Effect| match effect {
            Effect::Ended { leg, .. } | Effect::Failed { leg, .. } => *leg == wanted,
            _ => false,
        };
        self.sides[side].told.iter().filter(ended).count()
    }

    pub(crate) fn has(&self, side: usize, wanted: impl Fn(&Effect) -> bool) -> bool {
        self.sides[side].told.iter().any(wanted)
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.sides.iter().all(|side| side.endpoint.legs() == 0 && side.endpoint.transactions() == 0)
    }

    pub(crate) fn call(&mut self) {
        self.command(0, invite_to(Target::Trunk("pstn".parse().unwrap(), "4711".to_owned())));
    }
}
