//! The vocabulary between the switchboard and the media workers: commands down, events up.

use crate::codec::Codec;
use core::time::Duration;
use domain::{ContactId, InteractionId, Language, LegId, PlayId, PromptId, RecordingId, Spoken};

/// How the media of a leg is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LegKind {
    /// Plain RTP (trunks and desk phones). An offer of `RTP/SAVP` is answered as such.
    Plain,
    /// As `Plain`, but what we offer is SRTP alone (`RTP/SAVP`, RFC 4568), and an offer without it is refused.
    Secured,
    /// DTLS-SRTP with ICE (browsers).
    Browser,
}

/// Direction of a media session as seen from our side (RFC 4566 §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Both ways.
    SendRecv,
    /// We send only: the peer is on hold.
    SendOnly,
    /// We receive only: the peer has put us on hold and listens to nothing.
    RecvOnly,
    /// Neither.
    Inactive,
}

impl Direction {
    /// Whether we send.
    #[must_use]
    pub const fn sends(self) -> bool {
        matches!(self, Self::SendRecv | Self::SendOnly)
    }

    /// Whether we take what the peer sends.
    #[must_use]
    pub const fn receives(self) -> bool {
        matches!(self, Self::SendRecv | Self::RecvOnly)
    }

    /// The direction that sends and receives so.
    #[must_use]
    pub const fn new(sends: bool, receives: bool) -> Self {
        match (sends, receives) {
            (true, true) => Self::SendRecv,
            (true, false) => Self::SendOnly,
            (false, true) => Self::RecvOnly,
            (false, false) => Self::Inactive,
        }
    }

    /// The same session as the other side sees it.
    #[must_use]
    pub const fn reversed(self) -> Self {
        Self::new(self.receives(), self.sends())
    }

    /// What both allow.
    #[must_use]
    pub const fn intersect(self, other: Self) -> Self {
        Self::new(self.sends() && other.sends(), self.receives() && other.receives())
    }

    /// The attribute's name in SDP (RFC 4566 §6).
    #[must_use]
    pub const fn attribute(self) -> &'static str {
        match self {
            Self::SendRecv => "sendrecv",
            Self::SendOnly => "sendonly",
            Self::RecvOnly => "recvonly",
            Self::Inactive => "inactive",
        }
    }
}

/// One piece of audio to be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlayItem {
    /// A prompt in a language; falls back to the default language, then to silence of 200 ms with a warning.
    Prompt(PromptId, Language),
    /// The digits spoken one by one, from prompts `digit-0` … `digit-9`.
    Digits(String, Language),
    /// A text, by a voice: silence until its sound is there; where there will be none, the prompt in its place.
    Spoken(Spoken, Language),
    /// A sine tone.
    Tone {
        /// Frequency.
        hz: u16,
        /// Length.
        ms: u32,
    },
    /// Silence.
    Silence {
        /// Length.
        ms: u32,
    },
}

/// What the switchboard wants of the media workers. Commands for unknown legs are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Open a media session. All legs of one contact live on one worker.
    /// Answered by `Opened` or `OpenFailed`.
    Open {
        /// The leg.
        leg: LegId,
        /// Its contact: decides the worker.
        contact: ContactId,
        /// How.
        kind: LegKind,
        /// The peer's offer; `None`: we make the offer.
        offer: Option<String>,
    },
    /// The peer's answer to our offer. Answered by `RemoteSet` or `RemoteRefused`.
    SetAnswer {
        /// The leg.
        leg: LegId,
        /// The answer.
        sdp: String,
    },
    /// The peer offers anew (re-INVITE). Answered by `Reanswered` or `RemoteRefused`.
    Reoffer {
        /// The leg.
        leg: LegId,
        /// The offer; `None`: make ours (answered by `Reanswered` with our offer).
        sdp: Option<String>,
    },
    /// Make an offer of our own for an open session, with this direction. Answered by `Offer`.
    MakeOffer {
        /// The leg.
        leg: LegId,
        /// What we want to do.
        direction: Direction,
    },
    /// Play these items to the leg, over whatever it hears; a running play is replaced (and not told as done).
    Play {
        /// The leg.
        leg: LegId,
        /// Names this playing.
        play: PlayId,
        /// What, in order.
        items: Vec<PlayItem>,
        /// Start again at the end, for ever.
        repeat: bool,
    },
    /// Stop playing.
    StopPlay {
        /// The leg.
        leg: LegId,
    },
    /// Join two legs: each hears the other. A leg that is playing hears its play until it ends.
    Bridge {
        /// One.
        a: LegId,
        /// The other.
        b: LegId,
    },
    /// Part a leg from whatever it is joined to.
    Unbridge {
        /// The leg.
        leg: LegId,
    },
    /// Put these legs into one conference, in which each hears the others by a table of gains: unity where `gains` says
    /// nothing else. Legs leave whatever they were joined to. Two that hear each other at unity with equal codecs are
    /// relayed as by `Bridge`; a leg that is playing hears its play until it ends; `Unbridge` takes one out.
    Mix {
        /// The legs, all of one contact's worker; at most [`crate::mixer::LEGS_MAX`].
        legs: Vec<LegId>,
        /// Who hears whom how loud: from, to, thousandths (0: not at all, at most [`crate::mixer::GAIN_MAX`]).
        gains: Vec<(LegId, LegId, u16)>,
    },
    /// Change how loud one leg of a conference, or of a bridge, hears another.
    Gain {
        /// Who speaks.
        from: LegId,
        /// Who hears it.
        to: LegId,
        /// How loud, in thousandths (0: not at all, at most [`crate::mixer::GAIN_MAX`]).
        permille: u16,
    },
    /// Stop or restart passing on what this leg says.
    Mute {
        /// The leg.
        leg: LegId,
        /// True: not passed on, not recorded.
        muted: bool,
    },
    /// Start a recording: customer on the left, agent on the right, one timeline. In a conference the right channel also
    /// has whomever else the table lets the customer hear.
    StartRecording {
        /// The recording.
        recording: RecordingId,
        /// The contact.
        contact: ContactId,
        /// The left channel.
        customer: LegId,
        /// The right channel, if there is one yet.
        agent: Option<LegId>,
        /// After so much silence of a customer who has spoken `FellSilent` is told; `None`: never. What is silent at the
        /// end is then not kept.
        silence: Option<Duration>,
    },
    /// Change who is on the right channel.
    RecordAgent {
        /// The recording.
        recording: RecordingId,
        /// The right channel.
        agent: Option<LegId>,
    },
    /// Pause a recording, or go on with it: meanwhile both channels are silent, and the recorder is told.
    PauseRecording {
        /// The recording.
        recording: RecordingId,
        /// True: pause.
        paused: bool,
    },
    /// Close a recording.
    StopRecording {
        /// The recording.
        recording: RecordingId,
    },
    /// Send digits to the peer as RFC 4733 events, 100 ms each with 100 ms between.
    SendDigits {
        /// The leg.
        leg: LegId,
        /// `0–9 * # A–D`.
        digits: String,
    },
    /// Close the session. It reports nothing afterwards.
    Close {
        /// The leg.
        leg: LegId,
    },
}

/// Why a media session could not be opened or changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum MediaError {
    /// The SDP cannot be used.
    #[error("the session description cannot be used")]
    BadSdp,
    /// No codec in common.
    #[error("no codec in common")]
    NoCodec,
    /// No port or no memory for one more.
    #[error("no port is free for one more session")]
    NoPort,
}

/// Figures of a session, from RTP and RTCP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LegStats {
    /// Packets received.
    pub received: u64,
    /// Packets sent.
    pub sent: u64,
    /// Packets lost on the way to us (RFC 3550 §6.4.1, never below 0).
    pub lost: u64,
    /// Interarrival jitter in microseconds: the mean over the time reported.
    pub jitter_us: u32,
    /// The greatest interarrival jitter so far in microseconds.
    pub jitter_max_us: u32,
    /// Our packets that the peer says it misses (RTCP).
    pub peer_lost: u32,
    /// Interarrival jitter at the peer in microseconds (RTCP).
    pub peer_jitter_us: u32,
    /// Time to the peer and back in microseconds (RTCP); 0: not known.
    pub round_trip_us: u32,
    /// Mean opinion score of what we hear, in thousandths (4410 is 4.41; ITU-T G.107 Annex B); 0: nothing was heard.
    pub mos_permille: u16,
    /// The codec; `None`: nothing was agreed.
    pub codec: Option<Codec>,
}

/// What the media workers report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The session is open.
    Opened {
        /// The leg.
        leg: LegId,
        /// Our answer, or our offer.
        sdp: String,
    },
    /// The session could not be opened; there is none.
    OpenFailed {
        /// The leg.
        leg: LegId,
        /// Why.
        why: MediaError,
    },
    /// The peer's answer is in force.
    RemoteSet {
        /// The leg.
        leg: LegId,
    },
    /// The peer's SDP was refused; the session is as before.
    RemoteRefused {
        /// The leg.
        leg: LegId,
        /// Why.
        why: MediaError,
    },
    /// Our answer to the peer's new offer, which is in force.
    Reanswered {
        /// The leg.
        leg: LegId,
        /// Our SDP.
        sdp: String,
        /// What we do now: `RecvOnly` and `Inactive` mean that the peer put us on hold.
        direction: Direction,
    },
    /// The offer asked for by `MakeOffer`.
    Offer {
        /// The leg.
        leg: LegId,
        /// Our SDP.
        sdp: String,
    },
    /// The first packet of the peer came: media flows.
    Flowing {
        /// The leg.
        leg: LegId,
    },
    /// The peer keyed a digit (RFC 4733, reported once, at its start).
    Digit {
        /// The leg.
        leg: LegId,
        /// `0–9 * # A–D`.
        digit: char,
    },
    /// The items were played to the end.
    PlayDone {
        /// The leg.
        leg: LegId,
        /// The playing.
        play: PlayId,
    },
    /// Nothing came from the peer for the configured time, though it should have.
    Silent {
        /// The leg.
        leg: LegId,
    },
    /// The customer of a recording has spoken, and then been silent for as long as `StartRecording` said.
    FellSilent {
        /// The recording.
        recording: RecordingId,
    },
    /// How the last five seconds were, on every leg of one worker that hears its peer: one event for all of them, so that
    /// figures cost the reader next to nothing. Packets, loss, jitter and score are those of the five seconds, the greatest
    /// jitter and what the peer says those of the whole session.
    LiveStats(Vec<(LegId, LegStats)>),
    /// Figures of the whole session, once, after `Close`.
    Stats {
        /// The leg.
        leg: LegId,
        /// The figures.
        stats: LegStats,
    },
}

/// What the media workers hand to the recorder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecorderMessage {
    /// A recording begins.
    Open {
        /// The recording.
        recording: RecordingId,
        /// Its contact.
        contact: ContactId,
        /// Its agent's part, if known.
        interaction: Option<InteractionId>,
    },
    /// A block of both channels, 8 kHz, equal length, at least 200 ms but at the end.
    Block {
        /// The recording.
        recording: RecordingId,
        /// Position of the first sample on the recording's timeline. A jump is a gap, to be filled with silence.
        start: u64,
        /// Left: the customer.
        customer: Box<[i16]>,
        /// Right: the agent.
        agent: Box<[i16]>,
    },
    /// A stretch of the recording is silent because it was paused. Told when the pause ends, before `Close` at the latest.
    Paused {
        /// The recording.
        recording: RecordingId,
        /// Position of its first sample on the recording's timeline.
        start: u64,
        /// Its length in samples.
        length: u64,
    },
    /// A recording ends.
    Close {
        /// The recording.
        recording: RecordingId,
        /// So much of it is worth keeping, in samples from its beginning; `None`: all.
        worth: Option<u64>,
    },
}
