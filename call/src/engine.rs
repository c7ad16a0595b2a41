//! The call's state and the dispatch of facts and wishes to those who know what to do.

use crate::api::{Effect, Fact, Incoming, LegFact, MediaFact, Outgoing, Phase, QueueRules, Reason, Wish};
use crate::legs::Far;
use crate::part::{Part, Stage};
use core::time::Duration;
use domain::{
    AgentId, Cause, CommandError, ContactEvent, ContactEventKind, ContactId, Customer, DeskBody, EndedBy, Instant,
    InteractionView, Language, LegId, OfferId, Outcome, PlayId, Priority, RecordingId, Requirement, ScreenPop,
};

/// Longest time until media and history are open before the caller is refused.
pub(crate) const ARRIVING_MAX: Duration = Duration::from_secs(5);

/// Longest time until agent and customer of a dialled call have answered.
pub(crate) const DIALLING_MAX: Duration = Duration::from_secs(90);

/// The customer's side.
#[derive(Debug)]
pub(crate) struct CustomerSide {
    pub leg: LegId,
    /// Our answer, kept until the contact is durable.
    pub answer: Option<String>,
    pub stored: bool,
    pub answered: bool,
    /// A media session was asked for.
    pub opened: bool,
    pub gone: bool,
    pub language: Language,
}

/// What the call asked of the queue, kept for when it goes back in line.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub rules: QueueRules,
    pub priority: Priority,
    pub requirement: Option<Requirement>,
}

/// The recording of the call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tape {
    Off,
    Running,
    Closing,
    Done,
}

/// One voice contact.
#[derive(Debug)]
pub struct Call {
    pub(crate) phase: Phase,
    pub(crate) customer: CustomerSide,
    pub(crate) line: Option<Line>,
    pub(crate) parts: Vec<Part>,
    pub(crate) far: Option<Far>,
    pub(crate) pop: ScreenPop,
    pub(crate) tape: Tape,
    pub(crate) recording: RecordingId,
    pub(crate) next_play: u64,
    /// The announcement after which the music starts.
    pub(crate) announcing: Option<PlayId>,
    pub(crate) ever_connected: bool,
    /// A queue sent the caller away since it last let one in.
    pub(crate) sent_away: bool,
    pub(crate) arrived: Instant,
    /// Header fields that go on to those who are called for this call.
    pub(crate) carried: Vec<(String, String)>,
    /// How it ended for the customer, and by whom.
    pub(crate) outcome: Option<(Outcome, EndedBy)>,
    seq: u32,
    pub(crate) closed: bool,
}

impl Call {
    /// A call that comes in.
    #[must_use]
    pub fn incoming(now: Instant, incoming: Incoming, effects: &mut Vec<Effect>) -> Self {
        let pop = ScreenPop {
            contact: incoming.contact,
            ani: incoming.ani.clone(),
            caller_name: incoming.caller_name.clone(),
            dnis: incoming.dnis.clone(),
            queue: None,
            customer: None,
            path: Vec::new(),
            digits: Vec::new(),
            started: now,
            queued: None,
            outgoing: false,
            signalled: incoming.signalled.clone(),
        };
        let mut call = Self::new(now, pop, incoming.leg, incoming.recording, incoming.first_play, incoming.language);
        call.carried.clone_from(&incoming.carried);
        call.open_incoming(now, incoming, effects);
        call
    }

    /// A call that an agent dials: the agent's phone is rung first.
    #[must_use]
    pub fn outgoing(now: Instant, outgoing: Outgoing, effects: &mut Vec<Effect>) -> Self {
        let pop = ScreenPop {
            contact: outgoing.contact,
            ani: domain::Ani::default(),
            caller_name: domain::Redacted::default(),
            dnis: outgoing.dnis.clone(),
            queue: None,
            customer: None,
            path: Vec::new(),
            digits: Vec::new(),
            started: now,
            queued: None,
            outgoing: true,
            signalled: domain::Signalled::default(),
        };
        let mut call = Self::new(now, pop, outgoing.leg, outgoing.recording, outgoing.first_play, Language::EN);
        call.open_outgoing(now, outgoing, effects);
        call
    }

    fn new(
        now: Instant,
        pop: ScreenPop,
        leg: LegId,
        recording: RecordingId,
        first_play: u64,
        language: Language,
    ) -> Self {
        Self {
            phase: Phase::Arriving,
            customer: CustomerSide {
                leg,
                answer: None,
                stored: false,
                answered: false,
                opened: false,
                gone: false,
                language,
            },
            line: None,
            parts: Vec::new(),
            far: None,
            pop,
            tape: Tape::Off,
            recording,
            next_play: first_play,
            announcing: None,
            ever_connected: false,
            sent_away: false,
            arrived: now,
            carried: Vec::new(),
            outcome: None,
            seq: 0,
            closed: false,
        }
    }

    /// The contact.
    #[must_use]
    pub fn contact(&self) -> ContactId {
        self.pop.contact
    }

    /// Where the call stands.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The customer's record and the call's story so far.
    #[must_use]
    pub fn pop(&self) -> &ScreenPop {
        &self.pop
    }

    /// True when nothing more can happen: the contact is closed, all parts are over and the recording stands.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.closed && !matches!(self.tape, Tape::Running | Tape::Closing)
    }

    /// The part of this agent that is not over, as the desk shows it.
    #[must_use]
    pub fn view_for(&self, agent: AgentId) -> Option<InteractionView> {
        self.parts.iter().rev().find(|p| p.agent == agent && !p.is_over()).map(|p| p.view(&self.pop, self.tape_id()))
    }

    /// The agent who has the call or is being rung for it.
    #[must_use]
    pub fn agent(&self) -> Option<AgentId> {
        self.parts.iter().rev().find(|p| p.is_live()).map(|p| p.agent)
    }

    /// The agent who talks on this leg.
    #[must_use]
    pub fn agent_on(&self, leg: LegId) -> Option<AgentId> {
        let talks = |part: &&Part| part.leg == Some(leg) && matches!(part.stage, Stage::Talking | Stage::Held);
        self.parts.iter().rev().find(talks).map(|part| part.agent)
    }

    /// The legs that are alive, for clearing up.
    #[must_use]
    pub fn legs(&self) -> Vec<LegId> {
        let customer = (!self.customer.gone).then_some(self.customer.leg);
        let far = self.far.as_ref().map(|far| far.leg);
        customer.into_iter().chain(far).chain(self.parts.iter().filter_map(|p| p.leg)).collect()
    }

    /// When to call [`Fact::Tick`] next, and why.
    #[must_use]
    pub fn deadline(&self) -> Option<(Instant, Reason)> {
        if self.phase == Phase::Arriving {
            let longest = if self.pop.outgoing { DIALLING_MAX } else { ARRIVING_MAX };
            return Some((self.arrived + longest, Reason::Arriving));
        }
        let leads = self.parts.iter().filter(|part| part.stage == Stage::Ringing && part.offer_sdp.is_some());
        if let Some(at) = leads.map(|part| part.ring_at).min() {
            return Some((at, Reason::Lead));
        }
        self.far.as_ref().and_then(Far::deadline).map(|at| (at, Reason::NumberRings))
    }

    /// Tells the call that something happened.
    pub fn handle(&mut self, now: Instant, fact: Fact, effects: &mut Vec<Effect>) {
        match fact {
            Fact::Stored => self.on_stored(now, effects),
            Fact::Leg(leg, fact) => self.on_leg(now, leg, fact, effects),
            Fact::Media(leg, fact) => self.on_media(now, leg, fact, effects),
            Fact::Flow(fact) => self.on_flow(now, fact, effects),
            Fact::Customer(customer) => self.on_customer(now, customer, effects),
            Fact::QueueLeft { queue, reason } => self.on_queue_left(now, queue, reason, effects),
            Fact::Overflowed { from, to, reason } => self.on_overflowed(now, from, *to, reason, effects),
            Fact::Reprioritised { priority, age_per_s } => self.on_reprioritised(now, priority, age_per_s, effects),
            Fact::Reserved(reserved) => self.on_reserved(now, *reserved, effects),
            Fact::OfferEnded { offer, result } => self.on_offer_ended(now, offer, result, effects),
            Fact::WrapUpStarted { agent, deadline } => self.on_wrap_up_started(agent, deadline, effects),
            Fact::WrapUpEnded { agent, timed_out } => self.on_wrap_up_ended(now, agent, timed_out, effects),
            Fact::RecordingFinished(recording) => self.on_recording_finished(now, recording, effects),
            Fact::Tick => self.on_tick(now, effects),
            Fact::Abort(cause) => self.on_abort(now, cause, effects),
        }
        self.close_if_over(now, effects);
    }

    /// Carries out a wish of the agent who has the call.
    ///
    /// # Errors
    /// When the agent has no part in the call or the part's stage does not allow it.
    pub fn command(
        &mut self,
        now: Instant,
        agent: AgentId,
        wish: Wish,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let index = self
            .parts
            .iter()
            .rposition(|part| part.agent == agent && !part.is_over())
            .ok_or(CommandError::NotYourContact)?;
        match wish {
            Wish::SaveNotes(text) => self.save_notes(now, index, text, effects),
            Wish::SetDisposition(code) => self.set_disposition(now, index, code, effects),
            Wish::FinishWrapUp => self.may_finish(index)?,
            Wish::HangUp => self.hang_up(now, index, effects),
            other => self.command_talk(now, index, other, effects)?,
        }
        self.close_if_over(now, effects);
        Ok(())
    }

    fn on_leg(&mut self, now: Instant, leg: LegId, fact: LegFact, effects: &mut Vec<Effect>) {
        if leg == self.customer.leg {
            self.on_customer_leg(now, fact, effects);
        } else if self.far.as_ref().is_some_and(|far| far.leg == leg) {
            self.on_far_leg(now, fact, effects);
        } else if let Some(index) = self.part_of_leg(leg) {
            self.on_part_leg(now, index, leg, fact, effects);
        }
    }

    fn on_media(&mut self, now: Instant, leg: LegId, fact: MediaFact, effects: &mut Vec<Effect>) {
        if leg == self.customer.leg {
            self.on_customer_media(now, fact, effects);
        } else if self.far.as_ref().is_some_and(|far| far.leg == leg) {
            self.on_far_media(now, fact, effects);
        } else if let Some(index) = self.part_of_leg(leg) {
            self.on_part_media(now, index, leg, fact, effects);
        }
    }

    fn on_customer(&mut self, now: Instant, customer: Box<Customer>, effects: &mut Vec<Effect>) {
        if self.closed {
            return;
        }
        if self.pop.customer.as_ref().is_none_or(|known| known.id != customer.id) {
            self.event(now, ContactEventKind::CustomerIdentified { customer: customer.id }, effects);
        }
        self.pop.customer = Some(*customer);
        for part in self.parts.iter().filter(|part| part.is_live()) {
            effects.push(Effect::Desk(part.agent, DeskBody::PopChanged(Box::new(self.pop.clone()))));
        }
    }

    fn on_tick(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let Some((at, reason)) = self.deadline() else { return };
        if at > now {
            return;
        }
        match reason {
            Reason::Arriving if self.pop.outgoing => self.on_abort(now, Cause::NoAnswer, effects),
            Reason::Arriving => self.on_abort(now, Cause::InternalError, effects),
            Reason::Lead => (0..self.parts.len()).for_each(|index| self.ring_if_due(now, index, effects)),
            Reason::NumberRings => self.on_far_leg(now, LegFact::Failed(Cause::NoAnswer), effects),
        }
    }

    fn part_of_leg(&self, leg: LegId) -> Option<usize> {
        self.parts.iter().rposition(|part| part.leg == Some(leg))
    }

    pub(crate) fn part_of_offer(&self, offer: OfferId) -> Option<usize> {
        self.parts.iter().rposition(|part| part.offer == Some(offer) && part.stage == Stage::Ringing)
    }

    pub(crate) fn tape_id(&self) -> Option<RecordingId> {
        (self.tape == Tape::Running).then_some(self.recording)
    }

    pub(crate) fn play_id(&mut self) -> PlayId {
        self.next_play = self.next_play.wrapping_add(1);
        PlayId::new(self.next_play)
    }

    pub(crate) fn event(&mut self, now: Instant, kind: ContactEventKind, effects: &mut Vec<Effect>) {
        self.seq += 1;
        effects.push(Effect::Event(ContactEvent { contact: self.pop.contact, seq: self.seq, at: now, kind }));
    }

    pub(crate) fn tell(&self, index: usize, effects: &mut Vec<Effect>) {
        let part = &self.parts[index];
        let view = part.view(&self.pop, self.tape_id());
        effects.push(Effect::Desk(part.agent, DeskBody::Interaction(Box::new(view))));
    }
}
