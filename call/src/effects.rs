//! What a call wants done to its legs, its place in line and its flow.

#[cfg(doc)]
use crate::api::Fact;
use crate::api::{Phone, Say};
use core::time::Duration;
use domain::{
    AgentId, Ani, Cause, Channel, FlowId, Instant, Language, LegId, OfferId, OfferResult, PlayId, Priority, QueueId,
    RecordingId, Redacted, Requirement,
};

/// What is to be done to a leg's signalling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LegEffect {
    /// Tell the incoming call that it rings.
    Ring,
    /// Answer the incoming call.
    Answer(String),
    /// Refuse the incoming call.
    Reject(Cause),
    /// Call out.
    Invite {
        /// Whom.
        phone: Phone,
        /// Our offer.
        sdp: String,
        /// The number shown; empty: withheld.
        from: Ani,
        /// The name shown.
        from_name: Redacted,
        /// The phone may answer by itself: the agent asked for this call.
        auto_answer: bool,
        /// Header fields of the caller's INVITE that go on.
        carried: Vec<(String, String)>,
    },
    /// Leave the leg.
    HangUp(Cause),
    /// Offer a new session.
    Reinvite(String),
    /// Answer the party's new offer.
    AnswerReinvite(String),
    /// Refuse the party's new offer.
    RefuseReinvite,
}

/// What is to be done to a leg's media.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaEffect {
    /// Open a session.
    Open {
        /// A browser.
        browser: bool,
        /// The party's offer.
        offer: Option<String>,
    },
    /// The party's answer to our offer.
    SetAnswer(String),
    /// The party's new offer.
    Reoffer(Option<String>),
    /// Make an offer that puts the party on hold, or takes it back.
    MakeOffer {
        /// On hold.
        hold: bool,
    },
    /// Play.
    Play {
        /// Names the playing.
        play: PlayId,
        /// What.
        items: Vec<Say>,
        /// In which language.
        language: Language,
        /// For ever.
        repeat: bool,
    },
    /// Stop playing.
    StopPlay,
    /// Join with another leg.
    Bridge(LegId),
    /// Part from whatever it is joined to.
    Unbridge,
    /// Join these legs; each hears the others, as loud as the cells say: from, to, thousandths.
    Mix {
        /// The legs.
        legs: Vec<LegId>,
        /// Cells that are not unity.
        gains: Vec<(LegId, LegId, u16)>,
    },
    /// Let another leg hear this one so loud.
    Gain {
        /// Who hears it.
        to: LegId,
        /// Thousandths.
        permille: u16,
    },
    /// Stop or restart passing on what it says.
    Mute(bool),
    /// Send digits.
    SendDigits(String),
    /// Start recording: this leg on the left.
    Record {
        /// The recording.
        recording: RecordingId,
        /// The right channel.
        agent: Option<LegId>,
        /// The customer is listened to for silence of this length.
        silence: Option<Duration>,
    },
    /// Change the right channel.
    RecordAgent {
        /// The recording.
        recording: RecordingId,
        /// The right channel.
        agent: Option<LegId>,
    },
    /// Pause the recording, or go on with it.
    PauseRecording(RecordingId, bool),
    /// Close the recording.
    StopRecording(RecordingId),
    /// Close the session.
    Close,
}

/// What is told to the ACD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineEffect {
    /// The call asks for an agent.
    Ask {
        /// The queue.
        queue: QueueId,
        /// The channel.
        channel: Channel,
        /// Added to the queue's base.
        priority: Priority,
        /// `None`: the queue's own.
        requirement: Option<Requirement>,
        /// When it first asked.
        since: Instant,
        /// The preferred agent.
        sticky: Option<AgentId>,
    },
    /// Where does the call stand? Answered by [`Fact::Place`] in the same batch.
    AskPlace,
    /// The call is out of the line.
    Left(OfferResult),
    /// The offer ended.
    OfferEnded(OfferId, OfferResult),
    /// The agent talks, and no queue brought it; whose wrap-up rule holds afterwards.
    Occupied(AgentId, Option<QueueId>),
    /// The talk with this agent is over.
    Finished(AgentId),
    /// The agent was lost in the call: not ready until it says so.
    AgentLost(AgentId),
}

/// What is told to the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToFlow {
    /// The caller is connected.
    Started,
    /// A digit.
    Digit(char),
    /// A playing came to its end.
    PlayDone(PlayId),
    /// The agent has ended the talk: ask the customer by this flow how it was, and answer [`Fact::Survey`].
    Survey(FlowId),
    /// An agent lends the customer: this flow begins, and the one in which the customer is otherwise rests meanwhile.
    Lent(FlowId),
    /// The agent has the customer again: the flow that rested goes on from where it was.
    GivenBack,
    /// The flow's transfer reached nobody.
    TransferFailed,
    /// An agent took the caller, who kept the place in line while the flow had the caller's ear.
    Taken,
    /// The caller is gone or leaves the flow for good.
    Over,
}
