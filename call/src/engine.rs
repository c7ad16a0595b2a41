//! The call's state and the dispatch of facts and wishes to those who know what to do.

use crate::api::{Effect, Fact, Incoming, LegFact, MediaFact, Outgoing, Phase, QueueRules, Reason, Wish};
use crate::callback::Callback;
use crate::comment::Comments;
use crate::consult::Consult;
use crate::legs::Far;
use crate::mask::Mask;
use crate::message::Message;
use crate::monitor::Monitoring;
use crate::part::{Part, Role, Stage, Taping};
use crate::rooms::Room;
use crate::takeover::Takeover;
use crate::treatment::Overlay;
use core::time::Duration;
use domain::{
    AgentId, Cause, CommandError, ContactEvent, ContactEventKind, Customer, DeskBody, EndedBy, Instant,
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
    pub(crate) consult: Option<Consult>,
    /// The customer is called back by this contact.
    pub(crate) callback: Option<Callback>,
    /// A caller left a message.
    pub(crate) message: Option<Message>,
    /// The outcome, where it stands before the end: the customer is to be called back, leaves a message or may not call.
    pub(crate) settled: Option<Outcome>,
    /// Who is to be offered the call first.
    pub(crate) preferred: Option<AgentId>,
    pub(crate) monitors: Vec<Monitoring>,
    /// Another phone of an agent is about to take the agent's leg over.
    pub(crate) takeover: Option<Takeover>,
    /// Who hears whom, as the media workers were last told.
    pub(crate) rooms: Vec<Room>,
    pub(crate) pop: ScreenPop,
    pub(crate) tape: Tape,
    /// What the caller says in a flow.
    pub(crate) comments: Comments,
    /// Who is on the right channel.
    pub(crate) taped: Option<LegId>,
    pub(crate) paused_by: Option<AgentId>,
    /// The customer is passed on to nobody.
    pub(crate) mask: Mask,
    pub(crate) recording: RecordingId,
    pub(crate) next_play: u64,
    /// The announcement after which the music starts.
    pub(crate) announcing: Option<PlayId>,
    pub(crate) ever_connected: bool,
    /// What the waiting caller is told.
    pub(crate) overlay: Overlay,
    /// The flow has the waiting caller's ear, while the place in line is kept.
    pub(crate) aside: bool,
    /// A queue sent the caller away since it last let one in.
    pub(crate) sent_away: bool,
    pub(crate) arrived: Instant,
    /// Header fields that go on to those who are called for this call.
    pub(crate) carried: Vec<(String, String)>,
    /// How it ended for the customer, and by whom.
    pub(crate) outcome: Option<(Outcome, EndedBy)>,
    pub(crate) seq: u32,
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
            channel: domain::Channel::Voice,
            queue: None,
            customer: None,
            path: Vec::new(),
            digits: Vec::new(),
            started: now,
            queued: None,
            outgoing: false,
            signalled: incoming.signalled.clone(),
            message: None,
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
            channel: domain::Channel::Voice,
            queue: None,
            customer: None,
            path: Vec::new(),
            digits: Vec::new(),
            started: now,
            queued: None,
            outgoing: true,
            signalled: domain::Signalled::default(),
            message: None,
        };
        let mut call = Self::new(now, pop, outgoing.leg, outgoing.recording, outgoing.first_play, Language::EN);
        call.open_outgoing(now, outgoing, effects);
        call
    }

    pub(crate) fn new(
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
            consult: None,
            callback: None,
            message: None,
            settled: None,
            preferred: None,
            monitors: Vec::new(),
            takeover: None,
            rooms: Vec::new(),
            pop,
            tape: Tape::Off,
            comments: Comments::default(),
            taped: None,
            paused_by: None,
            mask: Mask::Off,
            recording,
            next_play: first_play,
            announcing: None,
            ever_connected: false,
            overlay: Overlay::default(),
            aside: false,
            sent_away: false,
            arrived: now,
            carried: Vec::new(),
            outcome: None,
            seq: 0,
            closed: false,
        }
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
        let back = self.callback.as_ref().and_then(Callback::deadline).map(|at| (at, Reason::Callback));
        let message = self.message.as_ref().and_then(Message::deadline).map(|at| (at, Reason::Message));
        let number = self.far.as_ref().and_then(Far::deadline).map(|at| (at, Reason::NumberRings));
        let asked = self.consult.as_ref().and_then(Consult::deadline);
        let others = asked.into_iter().chain(self.monitors.iter().filter_map(Monitoring::deadline)).min();
        let others = others.map(|at| (at, Reason::OthersRing));
        let treatment = self.treatment_due().map(|at| (at, Reason::Treatment));
        let masked = self.mask.deadline().map(|at| (at, Reason::Masked));
        [back, message, number, others, treatment, masked].into_iter().flatten().min_by_key(|(at, _)| *at)
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
            Fact::Place(place) => self.on_place(now, place, effects),
            Fact::Reprioritised { priority, age_per_s } => self.on_reprioritised(now, priority, age_per_s, effects),
            Fact::Reserved(reserved) => self.on_reserved(now, *reserved, effects),
            Fact::OfferEnded { offer, result } => self.on_offer_ended(now, offer, result, effects),
            Fact::WrapUpStarted { agent, deadline } => self.on_wrap_up_started(agent, deadline, effects),
            Fact::WrapUpEnded { agent, timed_out } => self.on_wrap_up_ended(now, agent, timed_out, effects),
            Fact::RecordingFinished(recording) => self.on_recording_finished(now, recording, effects),
            Fact::CommentKept(recording, finished) => self.on_comment_kept(now, recording, finished, effects),
            Fact::Blocked { decline } => self.on_blocked(now, decline, effects),
            Fact::Booked { callback, queue } => self.on_booked(now, callback, queue, effects),
            Fact::LeftMessage { voicemail, queue } => self.on_left_message(now, voicemail, queue, effects),
            Fact::Message(fact) => self.on_message(fact, effects),
            Fact::Callback(fact) => self.on_callback(now, fact, effects),
            Fact::Survey(flow) => self.on_survey(now, flow, effects),
            Fact::NotLent => _ = self.give_back(now, false, effects),
            Fact::Measured(quality) => self.event(now, ContactEventKind::LegQuality(*quality), effects),
            Fact::Tick => self.on_tick(now, effects),
            Fact::Abort(cause) => self.on_abort(now, cause, effects),
        }
        self.dismiss_monitors(now, effects);
        self.drop_stale_takeover(effects);
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
            Wish::PauseRecording(paused) => self.pause_tape(now, index, paused, effects)?,
            Wish::SecureEntry => self.lend(now, index, effects)?,
            Wish::TryAgain => self.try_again(now, effects).then_some(()).ok_or(CommandError::WrongState)?,
            Wish::Consult(consultation) => self.start_consult(now, index, *consultation, effects)?,
            Wish::Swap | Wish::Conference | Wish::CompleteTransfer | Wish::CancelConsult => {
                self.steer_consult(now, index, &wish, effects)?;
            }
            other => self.command_talk(now, index, other, effects)?,
        }
        self.dismiss_monitors(now, effects);
        self.drop_stale_takeover(effects);
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
        } else if let Some(place) = self.monitor_of_leg(leg) {
            self.on_monitor_leg(now, place, fact, effects);
        } else if self.consult.as_ref().is_some_and(|consult| consult.number_leg() == Some(leg)) {
            self.on_consulted_number(now, leg, fact, effects);
        } else if self.second_leg() == Some(leg) {
            self.on_second_leg(now, leg, fact, effects);
        } else if self.taking_over() == Some(leg) {
            self.on_new_leg(&fact, effects);
        }
    }

    fn on_media(&mut self, now: Instant, leg: LegId, fact: MediaFact, effects: &mut Vec<Effect>) {
        if leg == self.customer.leg {
            self.on_customer_media(now, fact, effects);
        } else if self.far.as_ref().is_some_and(|far| far.leg == leg) {
            self.on_far_media(now, fact, effects);
        } else if let Some(index) = self.part_of_leg(leg) {
            self.on_part_media(now, index, leg, fact, effects);
        } else if let Some(place) = self.monitor_of_leg(leg) {
            self.on_monitor_media(now, place, fact, effects);
        } else if self.consult.as_ref().is_some_and(|consult| consult.number_leg() == Some(leg)) {
            self.on_consulted_number_media(now, leg, fact, effects);
        } else if self.second_leg() == Some(leg) {
            self.on_second_media(now, leg, fact, effects);
        } else if self.taking_over() == Some(leg) {
            self.on_new_media(now, fact, effects);
        }
    }

    fn on_customer(&mut self, now: Instant, customer: Box<Customer>, effects: &mut Vec<Effect>) {
        if self.closed {
            return;
        }
        if self.pop.customer.as_ref().is_none_or(|known| known.id != customer.id) {
            self.event(now, ContactEventKind::CustomerIdentified { customer: customer.id }, effects);
        }
        if let Some(language) = customer.language {
            self.call_back_in(language);
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
            // The machine is too busy to keep the call, or to open its media: another one may have time.
            Reason::Arriving => self.on_abort(now, Cause::Overload, effects),
            Reason::Message => self.on_message_tick(now, effects),
            Reason::Callback => self.on_callback_tick(now, effects),
            Reason::Masked => self.on_mask_due(now, effects),
            Reason::Lead => (0..self.parts.len()).for_each(|index| self.ring_if_due(now, index, effects)),
            // Monitors are looked after whenever anything happened.
            Reason::Treatment => self.on_treatment_due(now, effects),
            Reason::OthersRing => self.on_consult_rings(now, effects),
            Reason::NumberRings => self.on_far_leg(now, LegFact::Failed(Cause::NoAnswer), effects),
        }
    }

    /// The part of the agent who serves the customer at this moment.
    pub(crate) fn serving(&self) -> Option<usize> {
        let serves = |part: &Part| part.role == Role::Serves && matches!(part.stage, Stage::Talking | Stage::Held);
        self.parts.iter().rposition(serves)
    }

    pub(crate) fn view(&self, index: usize) -> InteractionView {
        let taping = Taping { recording: self.tape_id(), paused_by: self.paused_by };
        self.parts[index].view(&self.pop, taping, self.consult_view(index))
    }

    /// The customer's name as phones show it.
    pub(crate) fn shown_name(&self) -> domain::Redacted {
        self.pop.customer.as_ref().map_or_else(|| self.pop.caller_name.clone(), |customer| customer.name.clone())
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

    /// Events so far were numbered before a restart.
    pub(crate) fn resume_numbering(&mut self, events: u32) {
        self.seq = events;
    }

    pub(crate) fn event(&mut self, now: Instant, kind: ContactEventKind, effects: &mut Vec<Effect>) {
        self.seq += 1;
        effects.push(Effect::Event(ContactEvent { contact: self.pop.contact, seq: self.seq, at: now, kind }));
    }

    pub(crate) fn tell(&self, index: usize, effects: &mut Vec<Effect>) {
        let view = Box::new(self.view(index));
        effects.push(Effect::Desk(self.parts[index].agent, DeskBody::Interaction(view)));
    }
}
