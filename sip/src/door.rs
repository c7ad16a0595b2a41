//! Who may come in, decided by addresses alone, before a message is parsed: a token bucket for each source, and bans of
//! sources that sent wrong passwords, which spare the phones that are registered behind the same address.
//!
//! It is as pure as the endpoint: the shell tells it the time and asks it, and its memory is bounded whatever comes.

use crate::api::Destination;
use crate::auth::contains;
use core::net::{IpAddr, Ipv6Addr};
use core::time::Duration;
use std::collections::{HashMap, HashSet, VecDeque};

/// Sources remembered at once, twice: a generation that is full takes the place of the one before it. A source that is
/// forgotten begins with a full bucket and without failures.
const SOURCES_MAX: usize = 16_384;

/// Bans at once. The oldest gives way.
const BANS_MAX: usize = 16_384;

/// What a door goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Messages of one source per second; 0: no limit.
    pub rate_per_s: u32,
    /// Messages of one source at once, after it was silent.
    pub burst: u32,
    /// So many wrong passwords of one source within [`Self::window`], and it is not heard for [`Self::ban`]; 0: never.
    pub failures: u32,
    /// How long a wrong password counts.
    pub window: Duration,
    /// How long a ban lasts.
    pub ban: Duration,
    /// Networks without limits and bans: those of trunks.
    pub exempt: Vec<(IpAddr, u8)>,
}

impl Default for Rules {
    /// Five hundred messages a second: a site with a few thousand phones behind one address. Twenty wrong passwords in
    /// a minute, and five minutes of silence.
    fn default() -> Self {
        Self {
            rate_per_s: 500,
            burst: 2_000,
            failures: 20,
            window: Duration::from_secs(60),
            ban: Duration::from_secs(300),
            exempt: Vec::new(),
        }
    }
}

/// What becomes of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is heard.
    Heard,
    /// Its source has sent too many: datagrams are dropped; a stream is read on after this time.
    TooMany(Duration),
    /// Its source is banned: datagrams are dropped, connections closed.
    Banned,
}

/// What is remembered of a source.
#[derive(Clone, Copy)]
struct Source {
    /// Messages that it may send at once, in thousandths.
    tokens: u64,
    refilled: Duration,
    failures: u32,
    /// When the first of the failures came.
    since: Duration,
}

/// A door. Times are measured from any one moment.
pub struct Door {
    rules: Rules,
    young: HashMap<IpAddr, Source>,
    old: HashMap<IpAddr, Source>,
    /// Until when each is banned.
    bans: HashMap<IpAddr, Duration>,
    /// The same in the order in which they began.
    queue: VecDeque<IpAddr>,
    homes: HashSet<Destination>,
}

impl core::fmt::Debug for Door {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Door({} bans, {} homes)", self.bans.len(), self.homes.len())
    }
}

/// What counts as one source: an IPv4 address, or the 64 bits of an IPv6 network, all of whose addresses belong to one
/// customer.
fn prefix(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) if !address.is_loopback() => {
            Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into()
        }
        address => address,
    }
}

impl Door {
    /// A door with these rules.
    #[must_use]
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            young: HashMap::new(),
            old: HashMap::new(),
            bans: HashMap::new(),
            queue: VecDeque::new(),
            homes: HashSet::new(),
        }
    }

    /// A message has come from `address`, by `way`: where its sender can be answered, his connection or his address and
    /// port.
    pub fn knock(&mut self, address: IpAddr, way: Destination, now: Duration) -> Verdict {
        if self.is_exempt(address) {
            return Verdict::Heard;
        }
        let key = prefix(address);
        if self.is_banned_now(key, now) && !self.homes.contains(&way) {
            return Verdict::Banned;
        }
        self.take(key, now)
    }

    /// True if new connections of this address are to be refused.
    pub fn is_banned(&mut self, address: IpAddr, now: Duration) -> bool {
        !self.is_exempt(address) && self.is_banned_now(prefix(address), now)
    }

    /// A message of this source had a wrong password. True if it is banned for that from now on.
    pub fn on_failure(&mut self, address: IpAddr, now: Duration) -> bool {
        if self.rules.failures == 0 || self.is_exempt(address) {
            return false;
        }
        let (key, window, most) = (prefix(address), self.rules.window, self.rules.failures);
        let source = self.source(key, now);
        if now.saturating_sub(source.since) > window {
            source.failures = 0;
        }
        if source.failures == 0 {
            source.since = now;
        }
        source.failures = source.failures.saturating_add(1);
        if source.failures < most {
            return false;
        }
        source.failures = 0;
        self.ban(key, now);
        true
    }

    /// A phone is registered there from now on, or none any more.
    pub fn on_home(&mut self, home: Destination, registered: bool) {
        if registered {
            self.homes.insert(home);
        } else {
            self.homes.remove(&home);
        }
    }

    /// True if a phone is registered there.
    #[must_use]
    pub fn is_home(&self, way: Destination) -> bool {
        self.homes.contains(&way)
    }

    /// True for addresses without limits.
    #[must_use]
    pub fn is_exempt(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.rules.exempt.iter().any(|(network, bits)| contains(*network, *bits, address))
    }

    /// How many sources are banned.
    #[must_use]
    pub fn bans(&self) -> usize {
        self.bans.len()
    }

    fn is_banned_now(&mut self, key: IpAddr, now: Duration) -> bool {
        match self.bans.get(&key) {
            Some(until) if *until > now => true,
            Some(_) => {
                self.lift(key);
                false
            }
            None => false,
        }
    }

    fn ban(&mut self, key: IpAddr, now: Duration) {
        self.lift(key);
        while let Some(first) = self.queue.front().copied()
            && (self.queue.len() >= BANS_MAX || self.bans.get(&first).is_none_or(|until| *until <= now))
        {
            self.lift(first);
        }
        self.bans.insert(key, now.saturating_add(self.rules.ban));
        self.queue.push_back(key);
    }

    fn lift(&mut self, key: IpAddr) {
        if self.bans.remove(&key).is_some()
            && let Some(at) = self.queue.iter().position(|banned| *banned == key)
        {
            self.queue.remove(at);
        }
    }

    fn take(&mut self, key: IpAddr, now: Duration) -> Verdict {
        let rate = u64::from(self.rules.rate_per_s);
        if rate == 0 {
            return Verdict::Heard;
        }
        let most = u64::from(self.rules.burst.max(1)).saturating_mul(1_000);
        let source = self.source(key, now);
        let passed_us = u64::try_from(now.saturating_sub(source.refilled).as_micros()).unwrap_or(u64::MAX);
        let refill = passed_us.saturating_mul(rate) / 1_000;
        if refill > 0 {
            source.tokens = source.tokens.saturating_add(refill).min(most);
            source.refilled = now;
        }
        match source.tokens.checked_sub(1_000) {
            Some(left) => {
                source.tokens = left;
                Verdict::Heard
            }
            None => {
                let missing = 1_000_u64.saturating_sub(source.tokens);
                Verdict::TooMany(Duration::from_micros(missing.saturating_mul(1_000) / rate + 1))
            }
        }
    }

    /// What is remembered of a source.
    fn source(&mut self, key: IpAddr, now: Duration) -> &mut Source {
        if !self.young.contains_key(&key) && self.young.len() >= SOURCES_MAX {
            self.old = core::mem::take(&mut self.young);
        }
        let burst = u64::from(self.rules.burst.max(1)).saturating_mul(1_000);
        let old = &mut self.old;
        let begin = || Source { tokens: burst, refilled: now, failures: 0, since: now };
        self.young.entry(key).or_insert_with(|| old.remove(&key).unwrap_or_else(begin))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::FlowId;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn way(text: &str) -> Destination {
        Destination::Udp(text.parse().unwrap())
    }

    fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    const MINUTE: Duration = Duration::from_secs(60);

    fn door() -> Door {
        Door::new(Rules {
            rate_per_s: 10,
            burst: 3,
            failures: 3,
            window: MINUTE,
            ban: MINUTE,
            exempt: vec![(address("10.0.0.0"), 8)],
        })
    }

    fn knock(door: &mut Door, from: &str, now: Duration) -> Verdict {
        let from: core::net::SocketAddr = from.parse().unwrap();
        door.knock(from.ip(), Destination::Udp(from), now)
    }

    #[test]
    fn a_source_that_sends_too_much_is_told_to_wait_and_others_are_heard() {
        let mut door = door();
        for _ in 0..3 {
            assert_eq!(knock(&mut door, "192.0.2.1:5060", s(1)), Verdict::Heard);
        }
        let Verdict::TooMany(wait) = knock(&mut door, "192.0.2.1:5061", s(1)) else { panic!("heard") };
        assert!(wait > Duration::from_millis(99) && wait <= Duration::from_millis(101), "{wait:?}");
        assert_eq!(knock(&mut door, "192.0.2.2:5060", s(1)), Verdict::Heard);
        assert_eq!(knock(&mut door, "192.0.2.1:5060", s(1) + wait), Verdict::Heard);
        assert!(matches!(knock(&mut door, "192.0.2.1:5060", s(1) + wait), Verdict::TooMany(_)));
    }

    #[test]
    fn trunks_have_neither_limits_nor_bans() {
        let mut door = door();
        for _ in 0..100 {
            assert_eq!(knock(&mut door, "10.9.9.9:5060", s(1)), Verdict::Heard);
            assert!(!door.on_failure(address("::ffff:10.9.9.9"), s(1)));
        }
    }

    #[test]
    fn wrong_passwords_within_the_window_ban_an_address_for_a_while() {
        let mut door = door();
        let bad = address("192.0.2.1");
        assert!(!door.on_failure(bad, s(0)) && !door.on_failure(bad, s(1)));
        assert!(!door.on_failure(bad, s(70)), "the first two are too old to count");
        assert!(!door.on_failure(bad, s(71)));
        assert!(door.on_failure(bad, s(72)));
        assert_eq!(knock(&mut door, "192.0.2.1:7777", s(73)), Verdict::Banned);
        assert!(door.is_banned(bad, s(131)) && !door.is_banned(address("192.0.2.2"), s(73)));
        assert_eq!(knock(&mut door, "192.0.2.1:7777", s(132)), Verdict::Heard);
        assert_eq!(door.bans(), 0);
    }

    #[test]
    fn a_ban_spares_phones_that_are_registered_behind_the_same_address_while_they_are() {
        let mut door = door();
        let shared = address("192.0.2.1");
        let (phone, connection) = (way("192.0.2.1:40000"), Destination::Flow(FlowId(7)));
        door.on_home(phone, true);
        door.on_home(connection, true);
        while !door.on_failure(shared, s(1)) {}
        assert_eq!(door.knock(shared, phone, s(2)), Verdict::Heard);
        assert_eq!(door.knock(shared, connection, s(2)), Verdict::Heard);
        assert_eq!(door.knock(shared, way("192.0.2.1:40001"), s(2)), Verdict::Banned);
        assert_eq!(door.knock(shared, Destination::Flow(FlowId(8)), s(2)), Verdict::Banned);
        door.on_home(phone, false);
        assert_eq!(door.knock(shared, phone, s(2)), Verdict::Banned);
    }

    #[test]
    fn all_addresses_of_an_ipv6_network_of_64_bits_are_one_source() {
        let mut door = door();
        while !door.on_failure(address("2001:db8:1:2::5"), s(1)) {}
        assert!(door.is_banned(address("2001:db8:1:2:ffff::9"), s(2)));
        assert!(!door.is_banned(address("2001:db8:1:3::5"), s(2)));
    }

    #[test]
    fn a_flood_of_sources_takes_no_more_memory_than_allowed_and_bans_outlast_it() {
        let mut door = door();
        while !door.on_failure(address("192.0.2.1"), s(1)) {}
        for n in 0..100_000_u32 {
            let from = IpAddr::from((0xC600_0000 + n).to_be_bytes());
            door.knock(from, Destination::Udp((from, 5060).into()), s(2));
        }
        assert!(door.young.len() <= SOURCES_MAX && door.old.len() <= SOURCES_MAX);
        assert!(door.is_banned(address("192.0.2.1"), s(3)));
        for n in 0..20_000_u32 {
            while !door.on_failure(IpAddr::from((0xC700_0000 + n).to_be_bytes()), s(4)) {}
        }
        assert!(door.bans() <= BANS_MAX && door.queue.len() == door.bans());
    }
}
