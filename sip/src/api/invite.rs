//! Calls that go out and come in: what an INVITE says.

use domain::{LegId, TrunkId};

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
    /// Extra header fields, such as `X-Switchroom-Contact`. `Max-Forwards` takes the place of our own 70; those that
    /// make the dialog are left out. With a `Privacy` that hides the caller, From is anonymous, and nothing that
    /// names him goes to peers that are not trusted (RFC 3323, RFC 3325).
    pub headers: Vec<(String, String)>,
}

/// Who sent an INVITE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Peer {
    /// A trunk, by source address or digest.
    Trunk(TrunkId),
    /// A registered or digest-authenticated user.
    User(String),
}

/// A dialog that another one is to take the place of (RFC 3891 §3), as the peer sees it. Its text is the value of the
/// Replaces header field with which somebody else is called who has the dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replaced {
    /// Our leg of this dialog; `None`: it is none of ours.
    pub leg: Option<LegId>,
    /// Its Call-ID.
    pub call_id: String,
    /// The tag of who is to get the INVITE.
    pub to_tag: String,
    /// The tag of who sent the REFER.
    pub from_tag: String,
    /// Only if it is not answered yet.
    pub early_only: bool,
}

/// A diversion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diversion {
    /// The number that was diverted.
    pub number: String,
    /// The name beside it.
    pub name: String,
    /// Why, in the words of RFC 5806 §3, such as `no-answer`; empty if nobody says.
    pub reason: String,
}

/// What the verification of the caller's number by STIR (RFC 8224) gave: `verstat` of 3GPP TS 24.229 §7.2A.20.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verstat {
    /// `TN-Validation-Passed`.
    Passed,
    /// `TN-Validation-Failed`.
    Failed,
    /// `No-TN-Validation`.
    NotVerified,
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
    /// The calling number: P-Asserted-Identity from a trusted trunk, else From; empty if anonymous.
    pub ani: String,
    /// The display name beside it.
    pub caller_name: String,
    /// The SDP offer; `None`: we make the offer in the 200.
    pub sdp: Option<String>,
    /// The leg that this call is to take the place of (RFC 3891): answer this one, hang up that one.
    pub replaces: Option<LegId>,
    /// Where the call was diverted first (RFC 5806, RFC 7044): what the caller had dialled.
    pub diversion: Option<Diversion>,
    /// The values of User-to-User (RFC 7433), as written.
    pub user_to_user: Vec<String>,
    /// The words of Privacy (RFC 3323) in lower case, such as `id`.
    pub privacy: Vec<String>,
    /// The values of Reason (RFC 3326), as written: why a call that was somewhere else comes here.
    pub reasons: Vec<String>,
    /// Whether the caller's number was verified. Told of trusted trunks only.
    pub verstat: Option<Verstat>,
    /// The `X-` header fields that the trunk lets pass.
    pub headers: Vec<(String, String)>,
    /// Max-Forwards less one: what a call that this one causes may have at most, so that a spiral ends (RFC 3261
    /// §16.3).
    pub max_forwards: u8,
}
