//! What an endpoint is built from.

use super::Destination;
use crate::locate::Host;
use core::net::SocketAddr;
use core::time::Duration;
use domain::TrunkId;

/// Values of the timers (RFC 3261 §17.1.1.1). Settable for tests only through the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timers {
    /// Round-trip estimate, 500 ms.
    pub t1: Duration,
    /// Longest interval of retransmission, 4 s.
    pub t2: Duration,
    /// Longest life of a message in the network, 5 s.
    pub t4: Duration,
}

impl Default for Timers {
    fn default() -> Self {
        Self { t1: Duration::from_millis(500), t2: Duration::from_secs(4), t4: Duration::from_secs(5) }
    }
}

/// A trunk as the endpoint needs it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    /// The id.
    pub id: TrunkId,
    /// Source networks from which its requests come: address and prefix length. None at all, with credentials and
    /// without `peer`: it calls from anywhere, and INVITEs of strangers are challenged instead of ignored.
    pub sources: Vec<(core::net::IpAddr, u8)>,
    /// Where calls to it are sent: `Destination::Udp`, `Tcp` or `Tls`; `None`: it only brings calls in.
    pub peer: Option<Destination>,
    /// The same by name, in the place of `peer`: looked up at the start and whenever the answer runs out (RFC 3263).
    pub host: Option<Host>,
    /// Digest credentials: it must know them when calling us from elsewhere, and we answer its challenges with them.
    pub credentials: Option<Credentials>,
    /// True if it belongs to our trust domain (RFC 3324): its P-Asserted-Identity and `verstat` are believed, and
    /// identities that a caller wants kept private are told to it.
    pub trusted: bool,
    /// Names of `X-` header fields of its INVITEs that are told in [`super::IncomingInvite::headers`].
    pub pass_headers: Vec<String>,
    /// We register with it, so that it sends calls here (RFC 3261 §10.2).
    pub registration: Option<TrunkRegistration>,
    /// A number that is dialled by one trunk of a group is dialled by another one when that one cannot: it answers 5xx or
    /// 408, says nothing for four seconds, or cannot be reached.
    pub group: Option<String>,
    /// The least is tried first.
    pub priority: u16,
    /// Among trunks of one priority: its share of the calls.
    pub weight: u16,
    /// So many calls at once, those that it brings among them; further numbers are not dialled by it.
    pub max_channels: Option<u32>,
}

impl Trunk {
    /// A trusted trunk of this name that neither brings calls nor takes any yet.
    #[must_use]
    pub const fn new(id: TrunkId) -> Self {
        Self {
            id,
            sources: Vec::new(),
            peer: None,
            host: None,
            credentials: None,
            trusted: true,
            pass_headers: Vec::new(),
            registration: None,
            group: None,
            priority: 0,
            weight: 1,
            max_channels: None,
        }
    }
}

/// How we register with a trunk. The REGISTER goes to [`Trunk::peer`] and answers challenges with
/// [`Trunk::credentials`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrunkRegistration {
    /// The address of record, such as `sip:4930123@carrier.example`.
    pub aor: String,
    /// Seconds for which we ask.
    pub expires_s: u32,
}

/// Session timers (RFC 4028).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionInterval {
    /// The session interval that we ask for, in seconds: 1 800. 0: we ask for none, and take what peers ask for.
    pub interval_s: u32,
    /// The least interval that we accept, in seconds: 90, which is the least that there is (§4).
    pub min_s: u32,
}

impl Default for SessionInterval {
    fn default() -> Self {
        Self { interval_s: 1_800, min_s: 90 }
    }
}

/// How many redirections (RFC 3261 §8.1.3.4) of one call are followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redirects {
    /// Of calls by a trunk: 0, because who redirects there spends our money.
    pub trunks: u8,
    /// Of calls to registered users and URIs: 3.
    pub phones: u8,
}

impl Default for Redirects {
    fn default() -> Self {
        Self { trunks: 0, phones: 3 }
    }
}

/// OPTIONS by which we learn whether a peer is there (RFC 3261 §11). Any answer says so, except 408, 430, 502, 503 and
/// 504. Nobody is asked by default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepAlive {
    /// How often each trunk with a peer is asked; `None`: never.
    pub trunks: Option<Duration>,
    /// How often each binding of a registered user is asked; `None`: never.
    pub phones: Option<Duration>,
    /// How long an answer may take: 4 s.
    pub patience: Duration,
    /// So many failures in a row and a trunk is down: 2. One suffices for a phone, and when nothing can be sent.
    pub failures: u8,
}

impl Default for KeepAlive {
    fn default() -> Self {
        Self { trunks: None, phones: None, patience: Duration::from_secs(4), failures: 2 }
    }
}

/// What an endpoint does where the RFCs leave it a choice.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Policy {
    /// Session timers.
    pub session: SessionInterval,
    /// Redirections.
    pub redirects: Redirects,
    /// Keep-alive.
    pub keep_alive: KeepAlive,
}

/// A user name with the hashes of `user:realm:password` (RFC 7616 §3.4.2), in lower-case hex.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user name.
    pub user: String,
    /// For answering challenges of other realms; empty where the secret is not kept.
    pub password: String,
    /// MD5.
    pub ha1_md5: String,
    /// SHA-256.
    pub ha1_sha256: String,
}

impl core::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Credentials({}, …)", self.user)
    }
}

/// What an endpoint is built from. A checked configuration makes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Address put in Contact and Via for UDP and TCP.
    pub advertised: SocketAddr,
    /// Address put in Contact and Via for TLS; `None`: we do not listen there, and peers reach us by the connections
    /// that we open.
    pub tls_advertised: Option<SocketAddr>,
    /// Domains served; requests for others get 404. Empty: any.
    pub domains: Vec<String>,
    /// The digest realm.
    pub realm: String,
    /// Offer MD5 beside SHA-256 (many phones know nothing else). SHA-256 always comes first.
    pub allow_md5: bool,
    /// Offer MD5 alone, for phones that give up at a challenge that they do not know (baresip 1.0, SIPp 3.6).
    pub md5_only: bool,
    /// Trunks.
    pub trunks: Vec<Trunk>,
    /// Users who may register.
    pub users: Vec<Credentials>,
    /// Timers.
    pub timers: Timers,
    /// Least and most seconds of a registration.
    pub expires_s: (u32, u32),
    /// Value of the Server and User-Agent header fields.
    pub agent_name: String,
    /// Session timers, redirections, keep-alive.
    pub policy: Policy,
}
