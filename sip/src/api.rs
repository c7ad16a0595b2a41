//! The vocabulary of the SIP endpoint: what may be told to it, what it wants done.
//!
//! One INVITE dialog usage (RFC 3261 §12–14) is named by the [`LegId`] of the call leg that it signals.

mod invite;
mod setup;

pub use invite::{Diversion, IncomingInvite, OutgoingInvite, Peer, Replaced, Target, Verstat};
pub use setup::{Credentials, KeepAlive, Policy, Redirects, SessionInterval, Setup, Timers, Trunk, TrunkRegistration};

use crate::Message;
use crate::locate::{Answer, Question};
use crate::message::ParseError;
use core::net::{IpAddr, SocketAddr};
use domain::{Cause, LegId, TrunkId};

/// A transport protocol (RFC 3261 §18, RFC 7118).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Transport {
    /// UDP.
    Udp,
    /// TCP.
    Tcp,
    /// TLS over TCP.
    Tls,
    /// SIP over WebSocket.
    Ws,
    /// SIP over WebSocket over TLS.
    Wss,
}

impl Transport {
    /// True for WebSockets: browsers.
    #[must_use]
    pub const fn is_browser(self) -> bool {
        matches!(self, Self::Ws | Self::Wss)
    }

    /// True if nobody on the way can read it.
    #[must_use]
    pub const fn is_secure(self) -> bool {
        matches!(self, Self::Tls | Self::Wss)
    }

    /// The name in Via (RFC 3261 §20.42, RFC 7118 §5.1).
    #[must_use]
    pub const fn via(self) -> &'static str {
        match self {
            Self::Udp => "UDP",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Ws => "WS",
            Self::Wss => "WSS",
        }
    }
}

/// One accepted or opened TCP, TLS or WebSocket connection, numbered by the shell.
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
    /// The connection, for all but UDP.
    pub flow: Option<FlowId>,
}

/// Where a message goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Destination {
    /// A UDP datagram from our UDP socket.
    Udp(SocketAddr),
    /// A TCP connection to this address, opened if there is none.
    Tcp(SocketAddr),
    /// A TLS connection to this address, opened if we have opened none yet. The shell knows which name the peer's
    /// certificate must have.
    Tls(SocketAddr),
    /// An existing connection (TCP, TLS or WebSocket). Dropped if it is gone.
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
    /// The answer to an `Effect::Resolve`.
    Resolved(Answer),
    /// A deadline of [`crate::Endpoint::deadline`] has come.
    Tick,
}

/// What the call wants of the endpoint. Unknown or ended legs are ignored (facts and wishes cross).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// 180 Ringing, or 183 with early media, on an incoming INVITE. It is sent reliably if the caller knows how
    /// (RFC 3262); without a PRACK in 64·T1 the call is refused with 504. Early media is then *the* answer. To a
    /// caller who offered nothing, it is our offer, whose answer `EarlyAnswered` tells; where that cannot be sent
    /// reliably, it is left out.
    Ring {
        /// The leg.
        leg: LegId,
        /// Early media.
        sdp: Option<String>,
    },
    /// 200 OK to an incoming INVITE; repeated until ACK (64·T1, then BYE and `Ended`). It waits for the PRACK of a
    /// description that was sent before it (RFC 3262 §3).
    Answer {
        /// The leg.
        leg: LegId,
        /// Our answer, or our offer if the INVITE had none. A description that differs from the one which early
        /// media has settled is offered by re-INVITE after the ACK.
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
    /// retried as RFC 3261 §14.1 says. Before the answer it is sent by UPDATE if the peer allows that and early media
    /// is settled reliably (RFC 3311 §5.1), and kept until then or until the answer.
    Reinvite {
        /// The leg.
        leg: LegId,
        /// Our offer.
        sdp: String,
    },
    /// Answer the peer's re-INVITE, UPDATE or PRACK.
    AnswerReinvite {
        /// The leg.
        leg: LegId,
        /// Our answer (or offer, if the peer sent none).
        sdp: String,
    },
    /// Refuse the peer's re-INVITE, UPDATE or PRACK with 488; the session goes on as it was.
    RefuseReinvite {
        /// The leg.
        leg: LegId,
    },
    /// Ask the peer of an answered leg to call somebody (RFC 3515). What comes of it is told by `ReferStatus`.
    Refer {
        /// The leg.
        leg: LegId,
        /// The URI that the peer is to call.
        to: String,
        /// Attended transfer: an answered leg of ours whose place the new call is to take (RFC 3891).
        replaces: Option<LegId>,
    },
    /// Do what the peer's REFER asks for: 202, and it is notified of `100 Trying` (RFC 3515 §2.4.4).
    AcceptRefer {
        /// The leg.
        leg: LegId,
    },
    /// Refuse the peer's REFER with the status of this cause; the session goes on.
    RefuseRefer {
        /// The leg.
        leg: LegId,
        /// Why.
        cause: Cause,
    },
    /// How far the call that a REFER has caused is: the peer is notified of 180, 200, or the status that refused it.
    /// A final status ends the subscription; so does its age of 3 minutes. It outlives the leg: the peer may hang up
    /// first. Ignored where the peer wants no notifications (RFC 4488).
    ReferProgress {
        /// The leg that brought the REFER.
        leg: LegId,
        /// 100 to 699.
        status: u16,
    },
    /// Stop taking new calls (503 with Retry-After) while those in progress go on. Registrations with carriers are
    /// taken back.
    Drain,
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
    /// Ask the domain name system. Answered by `Fact::Resolved`, also where there is no answer to be had.
    Resolve(Question),
    /// A host is nowhere: for the log.
    Unlocated {
        /// Its name.
        host: String,
    },
    /// Close a connection: its framing is lost or it broke the rules.
    Close(FlowId),
    /// A new call comes in.
    Incoming(Box<IncomingInvite>),
    /// A provisional answer to our INVITE: 180 or 183 (100 is not told). A reliable one is acknowledged by PRACK, and
    /// told once and in order (RFC 3262 §4).
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
        /// The peer's answer; what early media settled reliably, if it did, whatever the 200 says.
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
    /// The peer's PRACK brought the answer to the offer of our early media (RFC 3262 §5).
    EarlyAnswered {
        /// The leg.
        leg: LegId,
        /// The answer.
        sdp: String,
    },
    /// The peer offers a new session (re-INVITE, UPDATE or PRACK), perhaps before the call is answered. Answer with `AnswerReinvite` or `RefuseReinvite`.
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
    /// The peer asks for a transfer (RFC 3515): call this target. Answer with `AcceptRefer` or `RefuseRefer`.
    Referred {
        /// The leg.
        leg: LegId,
        /// The URI to be called, without header fields.
        to: String,
        /// Attended transfer: the dialog with the target that the new call takes the place of. If it is a leg of
        /// ours, what that leg is connected to is to be connected with what this leg is connected to.
        replaces: Option<Replaced>,
        /// Who says that he asks for it (RFC 3892), a URI.
        referred_by: Option<String>,
    },
    /// What came of our REFER: the status that refused it, or how far the peer says that its call is.
    ReferStatus {
        /// The leg.
        leg: LegId,
        /// 100 to 699. From 200 on nothing more is told.
        status: u16,
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
        /// How the newest binding came.
        transport: Transport,
    },
    /// The user's last binding is gone or expired.
    Unregistered {
        /// The user.
        user: String,
    },
    /// None of the user's bindings answers any more ([`KeepAlive::phones`]). They stay registered, but are not called.
    Unreachable {
        /// The user.
        user: String,
    },
    /// One of the user's bindings answers again.
    Reachable {
        /// The user.
        user: String,
        /// How it came.
        transport: Transport,
    },
    /// A trunk answers OPTIONS ([`KeepAlive::trunks`]), for the first time or again.
    TrunkUp {
        /// The trunk.
        trunk: TrunkId,
    },
    /// A trunk does not answer OPTIONS, or nothing can be sent to it.
    TrunkDown {
        /// The trunk.
        trunk: TrunkId,
    },
    /// We are registered with a trunk ([`Trunk::registration`]), for the first time or again.
    TrunkRegistered {
        /// The trunk.
        trunk: TrunkId,
    },
    /// A registration with a trunk failed and will be tried again, or was taken back by [`Command::Drain`].
    TrunkUnregistered {
        /// The trunk.
        trunk: TrunkId,
        /// The status that refused it, if the trunk gave one.
        status: Option<u16>,
    },
    /// Something that the door must know (see [`crate::door`]).
    Door(DoorNote),
    /// Something to be counted.
    Count(Counter),
}

/// What the endpoint learns of sources and ways.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DoorNote {
    /// A message of this address had a wrong password, or one that was used before.
    Failure(IpAddr),
    /// Somebody is known there from now on, or nobody any more: a phone has registered by this way, or a call came by
    /// this connection.
    Home {
        /// The way.
        at: Destination,
        /// True: from now on.
        known: bool,
    },
}

/// Why [`crate::Endpoint::deadline`] asks to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// A retransmission or time-out of a transaction (RFC 3261 §17).
    Transaction,
    /// A 2xx that waits for its ACK (§13.3.1.4).
    Ack,
    /// A reliable provisional response that waits for its PRACK (RFC 3262 §3).
    Prack,
    /// A session timer (RFC 4028).
    SessionTimer,
    /// The subscription of a REFER ends (RFC 3515).
    Subscription,
    /// A binding expires.
    Binding,
    /// We register with a carrier.
    Registration,
    /// OPTIONS to a trunk or a phone.
    KeepAlive,
    /// A re-INVITE is to be tried again after 491.
    Glare,
}
