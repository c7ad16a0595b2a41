//! The vocabulary of a run: what one caller's walk through a flow is told and what it wants.

use crate::expression::Expression;
use crate::queue_info::QueueFigure;
use crate::scope::Value;
use crate::speech::Kind;
use crate::text::Text;
use core::time::Duration;
use domain::{
    Ani, Customer, Dnis, HttpAnswer, HttpRequest, Language, NodeId, PlayId, Priority, PromptId, QuestionId, QueueId,
    Redacted, Requirement, ScheduleId, SkillId, Spoken, WallTime,
};

/// A piece of a prompt list.
#[derive(Clone, PartialEq, Eq)]
pub enum Say {
    /// A prompt.
    Prompt(PromptId),
    /// Digits, one by one. In a flow: text, or `$name` for what a variable or a node of that name holds. In an
    /// effect: only `0–9 * #`.
    Digits(String),
    /// A value, as people say it. In flows only: in effects it has become prompts, its pieces.
    Value(Kind, Of),
    /// A text for a voice. In flows only: in effects it is `Spoken`.
    Text(Text),
    /// A text as the voice is to speak it. In effects only.
    Spoken(Spoken),
}

/// Where a value that is said comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Of {
    /// The flow's text.
    Text(String),
    /// A variable, or a node that takes digits.
    Variable(String),
    /// An expression.
    Expression(Expression),
}

impl core::fmt::Debug for Say {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Prompt(prompt) => write!(f, "Prompt({prompt})"),
            Self::Digits(text) => write!(f, "Digits({} characters)", text.chars().count()),
            // The flow's words; the caller's never stand here.
            Self::Value(kind, of) => write!(f, "Value({kind:?}, {of:?})"),
            Self::Text(text) => text.fmt(f),
            Self::Spoken(spoken) => spoken.fmt(f),
        }
    }
}

/// What a run knows of its caller from the start.
#[derive(Clone, Debug)]
pub struct Context {
    /// The calling number; empty when withheld.
    pub ani: Ani,
    /// The caller's name as signalled.
    pub caller_name: Redacted,
    /// The called number.
    pub dnis: Dnis,
    /// The language to begin with.
    pub language: Language,
    /// The number of the run's first [`PlayId`]; the run counts on from it.
    pub first_play: u64,
}

/// What conditions may read of a queue at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueFigures {
    /// Contacts in line.
    pub waiting: u32,
    /// Agents of the queue who are ready.
    pub ready: u32,
    /// Wait of the oldest contact in line, in seconds.
    pub longest_wait_s: u64,
    /// A caller may be offered a call back.
    pub callback: bool,
    /// The expected wait of one who came now, in seconds; `None`: unknown.
    pub expected_wait_s: Option<u64>,
}

/// What a schedule says of this moment. Next openings are local times, `YYYY-MM-DDTHH:MM`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Open.
    Open,
    /// It is not the time.
    Closed {
        /// The next opening, if one is near.
        next: Option<String>,
    },
    /// It is a holiday.
    Holiday {
        /// The next opening, if one is near.
        next: Option<String>,
    },
    /// A person closed it.
    Emergency {
        /// Said to callers.
        prompt: Option<PromptId>,
    },
    /// There is no such schedule any more.
    Unknown,
}

impl Standing {
    /// The next opening.
    #[must_use]
    pub fn next_opening(&self) -> Option<&str> {
        match self {
            Self::Closed { next } | Self::Holiday { next } => next.as_deref(),
            Self::Open | Self::Emergency { .. } | Self::Unknown => None,
        }
    }
}

/// What a run may read of the world while it handles a fact.
#[derive(Clone, Copy)]
pub struct Env<'a> {
    /// The wall time of `now`.
    pub wall: WallTime,
    /// Local time minus UTC, in seconds.
    pub utc_offset_s: i32,
    /// The queues there are. Called only for expressions that read `queues` otherwise than by the names of queues.
    pub queues: &'a dyn Fn() -> Vec<QueueId>,
    /// A figure of a queue; `None`: there is no such queue (any more). Called for those figures only that are read.
    pub figure: &'a dyn Fn(QueueId, QueueFigure) -> Option<Value>,
    /// A schedule of opening hours. Called for `hours` nodes only.
    pub schedules: &'a dyn Fn(ScheduleId) -> Standing,
}

/// Why [`crate::Run::deadline`] asks to be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The caller keys nothing.
    FirstDigit,
    /// The caller keys no further digit.
    InterDigit,
    /// A look-up takes too long.
    Lookup,
    /// The answer of another system does not come.
    Request,
    /// Booking a call back takes too long.
    Booking,
    /// The caller has spoken as long as a message may last.
    Message,
    /// A comment does not stand on disk yet.
    Keeping,
    /// A playing is not reported to have ended.
    Play,
}

/// Something that went otherwise than the flow says, for the log. Never holds what the caller keyed or is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Note {
    /// Where.
    pub node: NodeId,
    /// What.
    pub kind: NoteKind,
}

/// What a [`Note`] tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteKind {
    /// The condition could not be evaluated; it counts as false.
    #[error("condition {0} cannot be evaluated ({1}); it counts as false")]
    ConditionFailed(usize, ExpressionError),
    /// The expression could not be evaluated; the variable keeps its value.
    #[error("value {0} cannot be evaluated ({1}); the variable keeps its value")]
    ValueFailed(usize, ExpressionError),
    /// There is nothing of this kind to say; it is left out.
    #[error("there is no {} to say; it is left out", .0.word())]
    NothingToSay(Kind),
    /// A text has no words in the caller's language, or none that are left.
    #[error("a text has no words in the caller's language; it is left out")]
    NoWords,
    /// The look-up did not answer in time.
    #[error("the look-up did not answer in time; the caller counts as unknown")]
    LookupLate,
    /// The booking of a call back was not confirmed in time.
    #[error("the booking of the call back was not confirmed in time; it counts as refused")]
    BookingLate,
    /// A request has no address: a value in its path is empty, or would lead elsewhere, or is too long.
    #[error("nothing was asked over HTTP: a value in the path is empty or too long, or would lead elsewhere")]
    NoAddress,
    /// Nobody told what became of a request.
    #[error("what became of the request over HTTP was not told in time; it counts as timed out")]
    ResponseLost,
    /// Nobody told that a playing ended.
    #[error("the end of a playing was not reported")]
    PlayOverdue,
    /// The schedule is no more.
    #[error("the schedule is not there any more; it counts as open")]
    NoSchedule,
    /// The flow wants the caller to go on waiting, who keeps no place in a line; the call ends.
    #[error("the caller keeps no place in a line to which to go back; the call ends")]
    NoPlace,
    /// The caller came back by an edge that the node does not have; the call ends.
    #[error("the caller came back to a node without an edge for it; the call ends")]
    NoWayBack,
    /// The flow returned and nothing had called it; the call ends.
    #[error("the flow returns, but no flow called it; the call ends")]
    NobodyCalled,
    /// The flow went through too many nodes without waiting for anything; the call ends.
    #[error("the flow goes round in circles; the call ends")]
    Circles,
}

/// Why an expression has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// It names a field or key that is not there.
    #[error("no such field or key")]
    NoSuchKey,
    /// It names a variable or function that is not there.
    #[error("no such variable or function")]
    NoSuchName,
    /// It mixes types that do not go together.
    #[error("types do not go together")]
    Types,
    /// Its arithmetic has no result.
    #[error("arithmetic without a result")]
    Arithmetic,
    /// Its value is of a kind that is of no use here.
    #[error("a value of the wrong kind")]
    WrongKind,
    /// Anything else.
    #[error("evaluation failed")]
    Other,
}

/// What became of the wish to be called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Booking {
    /// It is on disk.
    Booked,
    /// None is offered now, or none can be made.
    Refused,
    /// This number cannot be called.
    BadNumber,
}

/// A fact for a run. Facts cannot be refused; those that no longer matter are ignored.
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
    /// The contact came back to the flow: go on at the node's edge of this name. [`FULL`], [`TIMEOUT`],
    /// [`NO_AGENTS`], [`CLOSED`], [`OVERFLOW`]: a queue sent it back; [`FAILED`]: a transfer reached nobody.
    Returned(&'static str),
    /// What became of the request with this number.
    Response {
        /// The request.
        number: u64,
        /// What came back.
        answer: HttpAnswer,
    },
    /// What became of the call back.
    Callback(Booking),
    /// The message or comment cannot be recorded, or not be kept.
    RecordFailed,
    /// The caller has spoken a message or comment, and then been silent for as long as the node says.
    FellSilent,
    /// The comment stands on disk.
    Recorded {
        /// The recording's id.
        recording: String,
        /// Milliseconds in which the caller could be heard.
        voiced_ms: u64,
    },
    /// An agent has taken the caller, who kept the place in line while the flow had the caller's ear.
    Taken,
    /// A deadline of `Run::deadline` has come.
    Tick,
}

/// The edge of an `enqueue` node whose queue is full.
pub const FULL: &str = "full";

/// The edge of an `enqueue` node in whose queue the contact waited as long as it may.
pub const TIMEOUT: &str = "timeout";

/// The edge of an `enqueue` node whose queue has no agent signed in.
pub const NO_AGENTS: &str = "no_agents";

/// The edge of an `enqueue` node whose queue is closed.
pub const CLOSED: &str = "closed";

/// The edge of an `enqueue` node by which its queue sends a contact back for any reason without an edge of its own.
pub const OVERFLOW: &str = "overflow";

/// The edge of a `transfer` node that is taken when nobody could be reached.
pub const FAILED: &str = "failed";

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
    /// Digits were taken at a node: for the history and the screen pop. Not told of masked ones.
    Collected {
        /// The node.
        node: NodeId,
        /// The digits.
        digits: String,
    },
    /// From here on the caller keys what nobody is to hear or see, or does so no more.
    Mask(bool),
    /// The caller answered a question of a survey: for the history.
    Answered {
        /// The question.
        question: QuestionId,
        /// The digit, 0 to 9.
        answer: u8,
    },
    /// Look the customer up; report `Found`.
    Lookup {
        /// How.
        by: LookupKey,
        /// The digits; empty for `Ani`.
        value: String,
    },
    /// Ask another system over HTTP; report `Response`.
    Request(Box<HttpRequest>),
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
    /// A waiting caller keyed a digit of the queue: the place is kept, and the flow goes on at the node.
    Key {
        /// The digit.
        digit: char,
        /// The node.
        node: NodeId,
    },
    /// The caller goes on waiting at the place that was kept; the run waits.
    Resume,
    /// Send the caller elsewhere; the run ends, unless the transfer fails and `Returned(FAILED)` says so.
    Transfer(TransferTo),
    /// Record what the caller says, for agents of this queue; report `RecordFailed` if that cannot be.
    Record {
        /// The queue.
        queue: QueueId,
        /// Added to the queue's base.
        priority: Priority,
        /// After so much silence of a caller who has spoken `FellSilent` is reported; `None`: never.
        silence: Option<Duration>,
    },
    /// The message is over.
    RecordEnd,
    /// Record what the caller says at this node, for the contact itself; report `RecordFailed` if that cannot be.
    Comment {
        /// The node.
        node: NodeId,
        /// As with `Record`.
        silence: Option<Duration>,
    },
    /// The comment is over; report `Recorded` or `RecordFailed`.
    CommentEnd,
    /// Book a call back; report `Fact::Callback`.
    Callback {
        /// Whose agents call back.
        queue: QueueId,
        /// The number; empty: the calling one.
        number: String,
    },
    /// The flow of a lent caller has come to its `return`: the caller goes back to whoever lent it, and the run ends.
    Returned,
    /// End the call, or give a lent caller back undone; the run ends.
    HangUp,
}
