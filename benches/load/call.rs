//! One call as its caller and its agent see it.

use crate::wire::Dialog;
use std::time::{Duration, Instant};

/// A message that is sent again until it is answered.
pub struct Pending {
    pub bytes: Vec<u8>,
    pub interval: Duration,
    /// Tells its timer from those of earlier messages.
    pub stamp: u32,
}

/// How far a side is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Nothing has happened yet.
    Absent,
    /// An INVITE is under way.
    Ringing,
    /// 200 was sent or received.
    Answered,
    /// Our BYE is under way.
    Leaving,
    /// Over.
    Over,
}

/// One side.
pub struct Side {
    pub stage: Stage,
    pub dialog: Dialog,
    pub pending: Option<Pending>,
    /// The last response that was sent, for repeated requests.
    pub response: Vec<u8>,
    /// Where the daemon takes this side's audio.
    pub audio: Option<u16>,
}

impl Side {
    fn new(stage: Stage) -> Self {
        Self { stage, dialog: Dialog::default(), pending: None, response: Vec::new(), audio: None }
    }
}

/// A call.
pub struct Call {
    pub invited: Instant,
    pub caller: Side,
    pub agent: Side,
    /// The agent's number.
    pub seat: Option<usize>,
    /// The caller rings an emergency number.
    pub is_urgent: bool,
}

impl Call {
    pub fn new(invited: Instant, is_urgent: bool) -> Self {
        Self { invited, caller: Side::new(Stage::Ringing), agent: Side::new(Stage::Absent), seat: None, is_urgent }
    }

    pub fn side(&mut self, is_agent: bool) -> &mut Side {
        if is_agent { &mut self.agent } else { &mut self.caller }
    }

    /// Nothing is under way any more.
    pub fn is_over(&self) -> bool {
        self.caller.stage == Stage::Over && matches!(self.agent.stage, Stage::Absent | Stage::Over)
    }

    /// Both talk.
    pub fn is_bridged(&self) -> bool {
        self.caller.stage == Stage::Answered && self.agent.stage == Stage::Answered
    }
}
