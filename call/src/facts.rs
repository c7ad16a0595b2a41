//! What happens to one leg of a call.

use domain::{Cause, PlayId};

/// What happens to a leg's signalling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegFact {
    /// The party's phone rings.
    Ringing,
    /// The party answered our INVITE.
    Answered {
        /// Its answer.
        sdp: String,
    },
    /// The party acknowledged our answer.
    Acked {
        /// Its answer to our offer, if it had made none.
        sdp: Option<String>,
    },
    /// Our INVITE failed.
    Failed(Cause),
    /// The party left.
    Ended(Cause),
    /// The party offers a new session.
    Reinvited {
        /// Its offer.
        sdp: Option<String>,
    },
    /// The party answered our new offer.
    ReinviteAnswered {
        /// Its answer.
        sdp: String,
    },
    /// A digit by INFO.
    Digit(char),
}

/// What happens to a leg's media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaFact {
    /// The session is open: our answer or offer.
    Opened {
        /// Our SDP.
        sdp: String,
    },
    /// It could not be opened or changed.
    Refused,
    /// The party's answer is in force.
    RemoteSet,
    /// Our answer to the party's new offer.
    Reanswered {
        /// Our SDP.
        sdp: String,
        /// The party put us on hold.
        held: bool,
    },
    /// The offer asked for.
    Offer {
        /// Our SDP.
        sdp: String,
    },
    /// The party keyed a digit.
    Digit(char),
    /// A playing came to its end.
    PlayDone(PlayId),
    /// The party went silent for too long.
    Silent,
}

/// A closed recording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishedRecording {
    /// Path below the recordings directory.
    pub path: String,
    /// Length in milliseconds.
    pub duration_ms: u64,
    /// SHA-256 of the file, in hex.
    pub sha256: String,
    /// Milliseconds missing.
    pub gap_ms: u64,
    /// Milliseconds in which the customer could be heard.
    pub voiced_ms: u64,
}
