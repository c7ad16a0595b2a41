//! Who may do what: sources of trunks, homes of registered users, digest.

use crate::api::{Credentials, Peer, Setup, Source, Trunk};
use crate::digest::{Algorithm, Authenticator, Verdict};
use crate::message::{HeaderName, Request};
use crate::request::Arrival;
use crate::shared::{Core, home_of};
use core::net::IpAddr;
use domain::{Instant, TrunkId};
use std::collections::BTreeMap;

/// What the credentials of a request prove.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Admission {
    /// This user.
    User(String),
    /// This trunk.
    Trunk(TrunkId),
    /// Nothing yet: challenge.
    Challenge {
        /// The proof was right, the nonce was not.
        stale: bool,
    },
    /// The proof is right, but nobody is known by that name any more.
    None,
}

/// Keeps the accounts and their nonces.
pub(crate) struct Guard {
    authenticator: Authenticator,
    users: BTreeMap<String, Credentials>,
    trunks: BTreeMap<String, (TrunkId, Credentials)>,
}

impl Guard {
    /// The guard of a setup; `key` seals nonces.
    pub(crate) fn new(setup: &Setup, key: [u8; 32]) -> Self {
        let users = setup.users.iter().map(|user| (user.user.clone(), user.clone())).collect();
        let trunks = setup.trunks.iter().filter_map(|trunk| {
            let credentials = trunk.credentials.clone()?;
            Some((credentials.user.clone(), (trunk.id, credentials)))
        });
        Self { authenticator: Authenticator::new(&setup.realm, offered(setup), key), users, trunks: trunks.collect() }
    }

    /// Adds or replaces a user.
    pub(crate) fn add_user(&mut self, credentials: Credentials) {
        self.users.insert(credentials.user.clone(), credentials);
    }

    /// Forgets a user.
    pub(crate) fn remove_user(&mut self, user: &str) {
        self.users.remove(user);
    }

    /// The values of WWW-Authenticate of one challenge.
    pub(crate) fn challenges(&self, now: Instant, salt: u64, stale: bool) -> Vec<String> {
        self.authenticator.challenges(now, salt, stale)
    }

    /// What the credentials of a request prove. Wrong and replayed proofs are counted, and the door is told.
    pub(crate) fn check(&mut self, arrival: &Arrival, core: &mut Core) -> Admission {
        let Arrival { request, source, .. } = arrival;
        let headers = &request.headers;
        let names = [HeaderName::Authorization, HeaderName::ProxyAuthorization];
        let values: Vec<&str> = names.iter().flat_map(|name| headers.all(name)).collect();
        let (users, trunks) = (&self.users, &self.trunks);
        let ha1_of = |name: &str, algorithm: Algorithm| {
            let known = users.get(name).or_else(|| trunks.get(name).map(|(_, credentials)| credentials))?;
            match algorithm {
                Algorithm::Md5 => Some(known.ha1_md5.clone()),
                Algorithm::Sha256 => Some(known.ha1_sha256.clone()),
                Algorithm::Sha512_256 => None,
            }
        };
        match self.authenticator.verify(&request.method, &values, ha1_of, core.now) {
            Verdict::Accepted { user } if self.users.contains_key(&user) => Admission::User(user),
            Verdict::Accepted { user } => {
                self.trunks.get(&user).map_or(Admission::None, |(trunk, _)| Admission::Trunk(*trunk))
            }
            Verdict::NoCredentials => Admission::Challenge { stale: false },
            Verdict::Stale => Admission::Challenge { stale: true },
            Verdict::Replayed => {
                core.on_wrong_password(*source);
                Admission::Challenge { stale: true }
            }
            Verdict::Wrong => {
                core.on_wrong_password(*source);
                Admission::Challenge { stale: false }
            }
        }
    }
}

/// The trunk whose networks hold this source. A WebSocket is never a trunk: browsers come from anywhere, also from
/// the machine of an SBC.
pub(crate) fn trunk_of(setup: &Setup, source: Source) -> Option<TrunkId> {
    if source.transport.is_browser() {
        return None;
    }
    let address = source.remote.ip().to_canonical();
    let holds = |(network, bits): &(IpAddr, u8)| contains(*network, *bits, address);
    setup.trunks.iter().find(|trunk| trunk.sources.iter().any(holds)).map(|trunk| trunk.id)
}

/// True if the network of so many bits holds the address.
pub(crate) fn contains(network: IpAddr, bits: u8, address: IpAddr) -> bool {
    match (network.to_canonical(), address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => {
            let shift = 32_u32.saturating_sub(u32::from(bits));
            let mask = u32::MAX.checked_shl(shift).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            let shift = 128_u32.saturating_sub(u32::from(bits));
            let mask = u128::MAX.checked_shl(shift).unwrap_or(0);
            network.to_bits() & mask == address.to_bits() & mask
        }
        _ => false,
    }
}

/// Who a source is without any proof: the user named in From if he has registered from there, else a trunk.
pub(crate) fn peer_of(core: &Core, request: &Request, source: Source) -> Option<Peer> {
    let user = request.headers.from().ok().map(|from| from.uri.user_unescaped());
    match user.filter(|user| core.registrar.is_home_of(user, home_of(source))) {
        Some(user) => Some(Peer::User(user)),
        None => trunk_of(&core.setup, source).map(Peer::Trunk),
    }
}

/// The algorithms that challenges offer, the strongest first.
fn offered(setup: &Setup) -> &'static [Algorithm] {
    match (setup.md5_only, setup.allow_md5) {
        (true, _) => &[Algorithm::Md5],
        (false, true) => &[Algorithm::Sha256, Algorithm::Md5],
        (false, false) => &[Algorithm::Sha256],
    }
}

/// True if requests from there are answered at all: trunks and homes of registered users.
pub(crate) fn is_known(core: &Core, source: Source) -> bool {
    core.registrar.is_home(home_of(source)) || trunk_of(&core.setup, source).is_some()
}

/// True if a trunk may call from anywhere: it has credentials and no networks. Only then are INVITEs of strangers
/// challenged; otherwise they get no sign that anybody is here.
pub(crate) fn has_roaming_trunk(setup: &Setup) -> bool {
    let roams = |trunk: &Trunk| trunk.sources.is_empty() && trunk.peer.is_none() && trunk.host.is_none();
    setup.trunks.iter().any(|trunk| roams(trunk) && trunk.credentials.is_some())
}

#[cfg(test)]
mod tests {
    use super::contains;

    #[test]
    fn networks_hold_their_addresses_and_no_others() {
        let holds =
            |network: &str, bits, address: &str| contains(network.parse().unwrap(), bits, address.parse().unwrap());
        assert!(holds("10.1.0.0", 16, "10.1.255.1"));
        assert!(!holds("10.1.0.0", 16, "10.2.0.1"));
        assert!(holds("192.0.2.7", 32, "192.0.2.7"));
        assert!(!holds("192.0.2.7", 32, "192.0.2.8"));
        assert!(holds("0.0.0.0", 0, "203.0.113.9"));
        assert!(holds("2001:db8::", 32, "2001:db8:1::9"));
        assert!(!holds("2001:db8::", 32, "2001:db9::9"));
        assert!(!holds("0.0.0.0", 0, "2001:db8::1"));
    }
}
