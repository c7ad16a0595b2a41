//! The vocabulary of a run: what one caller's walk through a flow is told and what it wants.

use domain::{Customer, Dnis, Language, NodeId, PlayId, Priority, PromptId, QueueId, Requirement, SkillId};

/// A piece of a prompt list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Say {
    /// A prompt.
    Prompt(PromptId),
    /// The digits held by a variable or written as text, one by one.
    Digits(String),
}

/// A fact for a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// The caller is connected: go.
    Started,
    /// The caller keyed a digit, `0–9 * #`.
    Digit(char),
    /// The playing came to its end.
    PlayDone(PlayId),
    /// The look-up's answer; `None`: unknown.
    Found(Option<Box<Customer>>),
    /// The contact came back to the flow (a queue that overflowed): go on at the node's edge of this name.
    Returned(&'static str),
    /// A deadline of `Run::deadline` has come.
    Tick,
}

/// How a look-up searches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupKey {
    /// By the calling number.
    Ani,
    /// By an account number that was keyed.
    Account,
    /// By a telephone number that was keyed.
    Number,
}

/// Where a `transfer` node sends the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TransferTo {
    /// A number by a trunk.
    Number(Dnis),
    /// A SIP URI.
    Uri(String),
}

/// What a run wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The caller reached a node (told before anything else of the node).
    Entered(NodeId),
    /// Play this to the caller; report `PlayDone`.
    Play {
        /// Names the playing.
        play: PlayId,
        /// What.
        items: Vec<Say>,
        /// In which language.
        language: Language,
    },
    /// Stop playing (barge-in).
    StopPlay,
    /// Digits were taken at a node: for the history and the screen pop.
    Collected {
        /// The node.
        node: NodeId,
        /// The digits.
        digits: String,
    },
    /// Look the customer up; report `Found`.
    Lookup {
        /// How.
        by: LookupKey,
        /// The digits; empty for `Ani`.
        value: String,
    },
    /// Hand the caller to a queue; the run waits.
    Enqueue {
        /// The queue.
        queue: QueueId,
        /// Added to the queue's base.
        priority: Priority,
        /// `None`: the queue's own.
        requirement: Option<Requirement>,
        /// Needed skill names for messages.
        skills: Vec<SkillId>,
        /// Prompts played before the music, once.
        announce: Vec<Say>,
        /// The music.
        music: PromptId,
        /// The language.
        language: Language,
    },
    /// Send the caller elsewhere; the run ends.
    Transfer(TransferTo),
    /// End the call; the run ends.
    HangUp,
}
