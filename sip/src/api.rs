//! The vocabulary of the SIP endpoint: what may be told to it, what it wants done.
//!
//! One INVITE dialog usage (RFC 3261 §12–14) is named by the [`LegId`] of the call leg that it signals.

use crate::Message;
use crate::message::ParseError;
use core::net::SocketAddr;
use core::time::Duration;
use domain::{Cause, LegId, TrunkId};

/// A transport protocol (RFC 3261 §18, RFC 7118).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// SIP over WebSocket.
    Ws,
}

/// One accepted or opened TCP or WebSocket connection, numbered by the shell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FlowId(pub u64);

/// Where a message came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Source {
    /// By which transport.
    pub transport: Transport,
    /// Our address that received it.
    pub local: SocketAddr,
    /// The peer's address.
    pub remote: SocketAddr,
    /// The connection, for TCP and WebSocket.
    pub flow: Option<FlowId>,
}

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Destination {
    /// A UDP datagram from our UDP socket.
    Udp(SocketAddr),
    /// A TCP connection to this address, opened if there is none.
    Tcp(SocketAddr),
    /// An existing connection (TCP or WebSocket). Dropped if it is gone.
    Flow(FlowId),
}

/// A fact from outside. Facts cannot be refused.
#[allow(clippy::large_enum_variant, reason = "nearly all facts are messages; a box would be one allocation for each")]
#[derive(Debug)]
pub enum Fact {
    /// A message was framed on a transport. An `Err` still carries what is needed to answer 400 where that is
    /// possible.
    Received {
        /// Where from.
        source: Source,
        /// The message, or why it is none.
        message: Result<Message, ParseError>,
    },
    /// A connection is gone.
    FlowClosed(FlowId),
    /// Nothing could be sent to this destination (refused, unreachable): its client transactions fail at once.
    SendFailed(Destination),
    /// A deadline of [`crate::Endpoint::deadline`] has come.
    Tick,
}

/// Whom to call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// The bindings of this registered user (the user part of the address of record).
    Registered(String),
    /// A fixed SIP URI, such as `sip:a0001@127.0.0.1:6000`.
    Uri(String),
    /// A number by a trunk.
    Trunk(TrunkId, String),
}

/// A new outgoing INVITE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutgoingInvite {
    /// The leg, minted by the caller of the endpoint.
    pub leg: LegId,
    /// Whom to call.
    pub to: Target,
    /// User part of From and P-Asserted-Identity: the caller's number; empty = anonymous.
    pub from_user: String,
    /// Display name of From and P-Asserted-Identity.
    pub from_name: String,
    /// Our SDP offer.
    pub sdp: String,
    /// Extra header fields, such as `X-Switchroom-Contact`.
    pub headers: Vec<(String, String)>,
}

/// What the call wants of the endpoint. Unknown or ended legs are ignored (facts and wishes cross).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// 180 Ringing, or 183 with early media, on an incoming INVITE.
    Ring {
        /// The leg.
        leg: LegId,
        /// Early media.
        sdp: Option<String>,
    },
    /// 200 OK to an incoming INVITE; repeated until ACK (64·T1, then BYE and `Ended`).
    Answer {
        /// The leg.
        leg: LegId,
        /// Our answer, or our offer if the INVITE had none.
        sdp: String,
    },
    /// A final refusal of an incoming INVITE; the status comes from the cause table. Answered by `Ended`, as every
    /// end of an incoming leg.
    Reject {
        /// The leg.
        leg: LegId,
        /// Why.
        cause: Cause,
        /// Value of Retry-After in seconds.
        retry_after_s: Option<u32>,
    },
    /// Call somebody.
    Invite(Box<OutgoingInvite>),
    /// Leave the call, whatever state it is in: CANCEL before the answer, BYE after it, a refusal when it
    /// is still ringing here. A 200 that crosses the CANCEL is acknowledged and ended by BYE. Answered at once by
    /// `Failed` with `Cause::Cancelled` if the leg was not answered, else by `Ended` with this cause.
    HangUp {
        /// The leg.
        leg: LegId,
        /// Why; becomes a Reason header field (RFC 3326).
        cause: Cause,
    },
    /// Send a re-INVITE with this offer. While another one is under way it is kept and sent afterwards; 491 is
    /// retried as RFC 3261 §14.1 says.
    Reinvite {
        /// The leg.
        leg: LegId,
        /// Our offer.
        sdp: String,
    },
    /// Answer the peer's re-INVITE or UPDATE.
    AnswerReinvite {
        /// The leg.
        leg: LegId,
        /// Our answer (or offer, if the peer sent none).
        sdp: String,
    },
    /// Refuse the peer's re-INVITE or UPDATE with 488; the session goes on as it was.
    RefuseReinvite {
        /// The leg.
        leg: LegId,
    },
    /// Stop taking new calls (503 with Retry-After) while those in progress go on.
    Drain,
}

/// Who sent an INVITE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A trunk, by source address or digest.
    Trunk(TrunkId),
    /// A registered or digest-authenticated user.
    User(String),
}

/// An accepted incoming INVITE (100 Trying is already sent).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingInvite {
    /// The leg, minted by the endpoint.
    pub leg: LegId,
    /// Who sent it.
    pub peer: Peer,
    /// True when it came over a WebSocket: a browser.
    pub browser: bool,
    /// User part of the Request-URI: the called number.
    pub dnis: String,
    /// The calling number: P-Asserted-Identity from a trunk, else From; empty if anonymous.
    pub ani: String,
    /// The display name beside it.
    pub caller_name: String,
    /// The SDP offer; `None`: we make the offer in the 200.
    pub sdp: Option<String>,
}

/// What the endpoint counts. Read by metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Counter {
    /// A message that is none, and could not be answered.
    Unparsable,
    /// A request from an unknown source, dropped in silence.
    UnknownSource,
    /// A request refused by validation.
    Invalid,
    /// A wrong password or a stale or replayed nonce.
    AuthFailed,
    /// A retransmission absorbed.
    Retransmission,
    /// A response that matches nothing.
    StrayResponse,
}

/// What the endpoint wants done or tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Send these bytes.
    Send {
        /// Where to.
        to: Destination,
        /// The message.
        bytes: Vec<u8>,
    },
    /// Close a connection: its framing is lost or it broke the rules.
    Close(FlowId),
    /// A new call comes in.
    Incoming(Box<IncomingInvite>),
    /// A provisional answer to our INVITE: 180 or 183 (100 is not told).
    Progress {
        /// The leg.
        leg: LegId,
        /// 180, 183 …
        status: u16,
        /// Early media.
        sdp: Option<String>,
    },
    /// Our INVITE was answered (the ACK is already sent).
    Answered {
        /// The leg.
        leg: LegId,
        /// The peer's answer.
        sdp: String,
        /// True when the phone that answered is connected by WebSocket: a browser.
        browser: bool,
    },
    /// Our INVITE failed: the leg is gone.
    Failed {
        /// The leg.
        leg: LegId,
        /// Why.
        cause: Cause,
        /// The status, if a peer gave one.
        status: Option<u16>,
    },
    /// The peer acknowledged the 200 that answered the call, or brought the answer to an offer of ours in a later
    /// 200. Other ACKs are not told.
    Acked {
        /// The leg.
        leg: LegId,
        /// The answer to our offer, if the INVITE had none.
        sdp: Option<String>,
    },
    /// The peer offers a new session (re-INVITE or UPDATE). Answer with `AnswerReinvite` or `RefuseReinvite`.
    /// Session refreshes without a change of SDP are answered by the endpoint and not told.
    Reinvited {
        /// The leg.
        leg: LegId,
        /// The offer; `None`: we make it.
        sdp: Option<String>,
    },
    /// The peer answered our re-INVITE, or changed its description when we refreshed the session.
    ReinviteAnswered {
        /// The leg.
        leg: LegId,
        /// The answer.
        sdp: String,
    },
    /// The peer refused our re-INVITE; the session goes on as it was.
    ReinviteRefused {
        /// The leg.
        leg: LegId,
    },
    /// The leg is gone after it was answered or while it was ringing here.
    Ended {
        /// The leg.
        leg: LegId,
        /// Why: from the peer's Reason header field, CANCEL, timers.
        cause: Cause,
    },
    /// DTMF by INFO (application/dtmf-relay or application/dtmf); other INFO is answered and not told.
    InfoDigit {
        /// The leg.
        leg: LegId,
        /// `0–9 * # A–D`.
        digit: char,
    },
    /// The user has at least one binding now.
    Registered {
        /// The user part of the address of record.
        user: String,
        /// True when the newest binding came over a WebSocket.
        browser: bool,
    },
    /// The user's last binding is gone or expired.
    Unregistered {
        /// The user.
        user: String,
    },
    /// Something to be counted.
    Count(Counter),
}

/// Why [`crate::Endpoint::deadline`] asks to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A retransmission or time-out of a transaction (RFC 3261 §17).
    Transaction,
    /// A 2xx that waits for its ACK (§13.3.1.4).
    Ack,
    /// A session timer (RFC 4028).
    SessionTimer,
    /// A binding expires.
    Binding,
    /// A re-INVITE is to be tried again after 491.
    Glare,
}

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
    /// Where calls to it are sent: `Destination::Udp` or `Tcp`; `None`: it only brings calls in.
    pub peer: Option<Destination>,
    /// Digest credentials: it must know them when calling us from elsewhere, and we answer its challenges with them.
    pub credentials: Option<Credentials>,
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
}
