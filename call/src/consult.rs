//! Attended help: the agent asks another agent, a queue or a number while the customer hears music, and then hands the
//! customer on, takes everybody into a conference, or goes back to the customer.
//!
//! The customer never waits for nobody: whatever becomes of the one asked, the agent has the customer again; and if the
//! agent leaves, the one consulted takes over or the customer is back at the head of the line.

mod number;
mod second;
mod view;

use crate::api::{Asked, Consultation, Effect, LegEffect, LineEffect, MediaEffect, Phase, Phone};
use crate::api::{QueueRules, Reserved, Wish};
use crate::engine::{Call, Line};
use crate::legs::Far;
use crate::part::{Part, Role, Stage};
use core::time::Duration;
use domain::{
    AgentId, Cause, CommandError, ConsultResult, ConsultStage, ContactEventKind, DeskBody, Instant, LegId, OfferResult,
    TransferTarget,
};
use second::Second;

/// How long a number that is consulted may ring.
const NUMBER_RINGS_MAX: Duration = Duration::from_secs(60);

/// Who is asked.
#[derive(Debug)]
enum With {
    /// The ACD looks for somebody; phones may ring.
    Line,
    /// This part rings or talks.
    Agent(usize),
    /// A number rings or talks.
    Number(LegId, Phone),
}

/// A consult that runs.
#[derive(Debug)]
pub(crate) struct Consult {
    /// The part of the agent who consults.
    by: usize,
    target: TransferTarget,
    /// The rules of the queue that is asked.
    rules: Option<QueueRules>,
    with: With,
    /// The agent talks with the one asked by a second call of the own phone.
    second: Option<Second>,
    pub stage: ConsultStage,
    since: Instant,
    /// Until when a number or an agent may ring.
    deadline: Option<Instant>,
}

/// The target as the history tells it.
fn word(target: &TransferTarget) -> String {
    match target {
        TransferTarget::Queue(queue) => format!("queue:{queue}"),
        TransferTarget::Agent(agent) => format!("agent:{agent}"),
        TransferTarget::Number(_) => "number".to_owned(),
    }
}

impl Consult {
    /// When a phone that does not answer is given up.
    pub fn deadline(&self) -> Option<Instant> {
        self.deadline.filter(|_| self.stage == ConsultStage::Asking)
    }

    fn answered(&self) -> bool {
        self.stage != ConsultStage::Asking
    }

    /// The number's leg.
    pub fn number_leg(&self) -> Option<LegId> {
        if let With::Number(leg, _) = &self.with { Some(*leg) } else { None }
    }

    fn part(&self) -> Option<usize> {
        if let With::Agent(index) = &self.with { Some(*index) } else { None }
    }
}

/// Starting and steering.
impl Call {
    /// Whether this agent may consult somebody now.
    ///
    /// # Errors
    /// `NotYourContact`, or `WrongState` unless the agent talks with the customer or holds the customer from the console.
    pub fn may_consult(&self, agent: AgentId) -> Result<(), CommandError> {
        let index = self.parts.iter().rposition(|part| part.agent == agent && !part.is_over());
        let part = &self.parts[index.ok_or(CommandError::NotYourContact)?];
        let talks = matches!(part.stage, Stage::Talking | Stage::Held) && part.role == Role::Serves;
        let is_free = self.consult.is_none() && !part.held_by_phone && !self.is_lent();
        if talks && is_free { Ok(()) } else { Err(CommandError::WrongState) }
    }

    pub(crate) fn start_consult(
        &mut self,
        now: Instant,
        index: usize,
        consultation: Consultation,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let Consultation { target, ask, second } = consultation;
        match &second {
            Some(_) => self.may_consult_by_phone(self.parts[index].agent)?,
            None => self.may_consult(self.parts[index].agent)?,
        }
        let (interaction, to) = (self.parts[index].interaction, word(&target));
        self.event(now, ContactEventKind::ConsultStarted { interaction, to }, effects);
        let second = match second {
            Some(second) => Some(self.open_second(now, index, second, effects)),
            None => {
                self.park_customer(now, index, effects);
                None
            }
        };
        let (with, rules, deadline) = match &ask {
            Asked::Queue(rules) => (With::Line, Some(rules.clone()), None),
            Asked::Agent(reserved) => (With::Agent(self.parts.len()), None, Some(reserved.deadline)),
            Asked::Number(leg, phone) => (With::Number(*leg, phone.clone()), None, Some(now + NUMBER_RINGS_MAX)),
        };
        let stage = ConsultStage::Asking;
        let is_second = second.is_some();
        self.consult = Some(Consult { by: index, target, rules, with, second, stage, since: now, deadline });
        self.settle_rooms(effects);
        // A phone that calls makes the ringing itself.
        if let Some(leg) = self.parts[index].leg.filter(|_| !is_second) {
            self.play_ringback(leg, effects);
        }
        match ask {
            Asked::Queue(rules) => self.ask_queue(now, rules, effects),
            Asked::Agent(reserved) => self.ring_consulted(now, *reserved, effects),
            Asked::Number(leg, _) => {
                effects.push(Effect::Media(leg, MediaEffect::Open { browser: false, offer: None }));
            }
        }
        self.tell(index, effects);
        Ok(())
    }

    /// The customer hears music, and the agent's phone may talk.
    fn park_customer(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) {
        if self.parts[index].stage == Stage::Talking {
            self.hold_part(now, index, effects);
            self.settle_rooms(effects);
        } else if let (Some(leg), false) = (self.parts[index].leg, self.parts[index].browser) {
            effects.push(Effect::Media(leg, MediaEffect::MakeOffer { hold: false }));
        }
    }

    fn hold_part(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) {
        self.parts[index].enter(now, Stage::Held);
        let interaction = self.parts[index].interaction;
        self.event(now, ContactEventKind::Held { interaction }, effects);
        self.play_music(effects);
    }

    fn ask_queue(&mut self, now: Instant, rules: QueueRules, effects: &mut Vec<Effect>) {
        let same = self.line.as_ref().filter(|line| line.rules.id == rules.id);
        let requirement = same.and_then(|line| line.requirement.clone());
        let priority = self.line.as_ref().map_or(domain::Priority(0), |line| line.priority);
        let (queue, since) = (rules.id, self.pop.queued.unwrap_or(now));
        effects.push(Effect::Line(LineEffect::Ask {
            queue,
            channel: domain::Channel::Voice,
            priority,
            requirement,
            since,
            sticky: None,
        }));
    }

    /// The desk of the one consulted is told first, then the phone is rung.
    pub(crate) fn ring_consulted(&mut self, now: Instant, reserved: Reserved, effects: &mut Vec<Effect>) {
        let Some(consult) = &self.consult else { return };
        let by = self.parts[consult.by].agent;
        let rules = consult.rules.as_ref().or(self.line.as_ref().map(|line| &line.rules));
        let (record, queue) = (Part::record(rules), rules.map(|rules| rules.id));
        let (offer, interaction, agent) = (reserved.offer, reserved.interaction, reserved.agent);
        self.event(now, ContactEventKind::ConsultOffered { offer, interaction, agent, queue, by }, effects);
        let (deadline, pop, consulted_by) = (reserved.deadline, self.pop.clone(), Some(by));
        let why = reserved.why.as_ref().map(ToString::to_string).unwrap_or_default();
        let desk = domain::Offer { offer, interaction, deadline, why, pop, consulted_by };
        effects.push(Effect::Desk(agent, DeskBody::Offered(Box::new(desk))));
        effects.push(Effect::Media(reserved.leg, MediaEffect::Open { browser: reserved.browser, offer: None }));
        self.parts.push(Part::ringing(now, Role::Consulted, Reserved { queue, ..reserved }, record));
    }

    /// Swap, conference, completion, or back to the customer.
    pub(crate) fn steer_consult(
        &mut self,
        now: Instant,
        index: usize,
        wish: &Wish,
        effects: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let Some(consult) = self.consult.as_ref().filter(|consult| consult.by == index) else {
            return Err(CommandError::WrongState);
        };
        let by_phone = consult.second.is_some();
        match (wish, consult.stage) {
            // Whom a phone with two calls talks with, the phone decides.
            (Wish::Swap | Wish::Conference, _) if by_phone => return Err(CommandError::WrongState),
            (Wish::CancelConsult, _) => self.end_consult(now, ConsultResult::Cancelled, effects),
            (_, ConsultStage::Asking) => return Err(CommandError::WrongState),
            (Wish::CompleteTransfer, _) => self.complete(now, effects),
            (Wish::Swap, ConsultStage::Consulting) => self.turn_to_customer(now, ConsultStage::Customer, effects),
            (Wish::Swap, ConsultStage::Customer | ConsultStage::Conference) => self.turn_to_consulted(now, effects),
            (Wish::Conference, ConsultStage::Consulting | ConsultStage::Customer) => {
                let interaction = self.parts[index].interaction;
                self.event(now, ContactEventKind::ConferenceStarted { interaction }, effects);
                self.turn_to_customer(now, ConsultStage::Conference, effects);
            }
            _ => return Err(CommandError::WrongState),
        }
        Ok(())
    }

    /// The agent talks with the customer, with or without the one consulted.
    fn turn_to_customer(&mut self, now: Instant, stage: ConsultStage, effects: &mut Vec<Effect>) {
        let Some(consult) = &mut self.consult else { return };
        let by = consult.by;
        (consult.stage, consult.since) = (stage, now);
        self.resume_part(now, by, effects);
        if let Some(leg) = self.consulted_leg() {
            effects.push(Effect::Media(leg, MediaEffect::StopPlay));
        }
        self.settle_rooms(effects);
        if let Some(leg) = self.consulted_leg().filter(|_| stage == ConsultStage::Customer) {
            self.play_music_to(leg, effects);
        }
        self.tell_consult(effects);
    }

    pub(crate) fn resume_part(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) {
        if self.parts[index].stage == Stage::Held {
            self.parts[index].enter(now, Stage::Talking);
            let interaction = self.parts[index].interaction;
            self.event(now, ContactEventKind::Resumed { interaction }, effects);
            effects.push(Effect::Media(self.customer.leg, MediaEffect::StopPlay));
        }
    }

    /// The agent talks with the one consulted while the customer hears music.
    fn turn_to_consulted(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let Some(consult) = &mut self.consult else { return };
        let by = consult.by;
        (consult.stage, consult.since) = (ConsultStage::Consulting, now);
        if let Some(leg) = self.consulted_leg() {
            effects.push(Effect::Media(leg, MediaEffect::StopPlay));
        }
        if self.parts[by].stage == Stage::Talking {
            self.hold_part(now, by, effects);
        }
        self.settle_rooms(effects);
        self.tell_consult(effects);
    }

    fn tell_consult(&self, effects: &mut Vec<Effect>) {
        let Some(consult) = &self.consult else { return };
        self.tell(consult.by, effects);
        if let Some(part) = consult.part() {
            self.tell(part, effects);
        }
    }
}

/// What becomes of it.
impl Call {
    /// The one consulted answered.
    pub(crate) fn join_consulted(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) {
        let (agent, interaction) = (self.parts[index].agent, self.parts[index].interaction);
        if self.consult.as_ref().is_none_or(Consult::answered) {
            // The consult ended as the phone was answered.
            return self.end_part(now, index, Cause::Cancelled, effects);
        }
        let part = &mut self.parts[index];
        part.enter(now, Stage::Talking);
        part.times.connected = Some(now);
        let (queue, by_acd) = (part.queue, part.by_acd);
        self.event(now, ContactEventKind::ConsultAnswered { interaction, agent }, effects);
        if !by_acd {
            effects.push(Effect::Line(LineEffect::Occupied(agent, queue)));
        }
        if let Some(consult) = &mut self.consult {
            consult.with = With::Agent(index);
        }
        self.consult_answered(now, effects);
    }

    fn consult_answered(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let Some(consult) = &self.consult else { return };
        if consult.second.is_some() {
            return self.answer_second(now, effects);
        }
        if let Some(leg) = self.parts[consult.by].leg {
            effects.push(Effect::Media(leg, MediaEffect::StopPlay));
        }
        self.turn_to_consulted(now, effects);
    }

    /// A phone that was rung for the consult did not answer. Where the ACD rings, it rings the next.
    pub(crate) fn consult_unanswered(
        &mut self,
        now: Instant,
        index: usize,
        result: OfferResult,
        out: &mut Vec<Effect>,
    ) {
        if self.parts[index].by_acd {
            return;
        }
        out.push(Effect::Line(LineEffect::Finished(self.parts[index].agent)));
        if self.consult.as_ref().is_some_and(|consult| consult.part() == Some(index)) {
            self.end_consult(now, result_of(result), out);
        }
    }

    /// The consult is over, and the agent talks with the customer, or will when the phone takes the customer back.
    pub(crate) fn end_consult(&mut self, now: Instant, result: ConsultResult, effects: &mut Vec<Effect>) {
        let Some((by, takes_back)) = self.let_go(now, result, effects) else { return };
        if let Some(leg) = self.parts[by].leg {
            effects.push(Effect::Media(leg, MediaEffect::StopPlay));
        }
        if takes_back {
            self.resume_part(now, by, effects);
        }
        self.settle_rooms(effects);
        self.tell(by, effects);
    }

    /// Lets the one consulted go. Answers whose consult it was, and whether the customer is to be taken back.
    pub(crate) fn let_go(
        &mut self,
        now: Instant,
        result: ConsultResult,
        effects: &mut Vec<Effect>,
    ) -> Option<(usize, bool)> {
        let consult = self.consult.take()?;
        let interaction = self.parts[consult.by].interaction;
        let takes_back = consult.second.as_ref().is_none_or(|second| self.takes_back(consult.by, second));
        if let Some(second) = consult.second {
            second.close(second::cause_of(result), effects);
        }
        self.event(now, ContactEventKind::ConsultEnded { interaction, result }, effects);
        let left = result == ConsultResult::CustomerLeft;
        let offer_result = if left { OfferResult::CustomerLeft } else { OfferResult::Withdrawn };
        match consult.with {
            With::Line => {
                for index in 0..self.parts.len() {
                    if self.parts[index].role == Role::Consulted && self.parts[index].stage == Stage::Ringing {
                        self.drop_ringing(now, index, offer_result, effects);
                    }
                }
                effects.push(Effect::Line(LineEffect::Left(OfferResult::Withdrawn)));
            }
            With::Agent(index) if self.parts[index].stage == Stage::Ringing => {
                self.drop_ringing(now, index, offer_result, effects);
                effects.push(Effect::Line(LineEffect::Finished(self.parts[index].agent)));
            }
            With::Agent(index) if self.parts[index].stage == Stage::Talking => {
                self.end_part(now, index, Cause::Normal, effects);
            }
            With::Agent(_) => {}
            With::Number(leg, _) => {
                effects.push(Effect::Leg(leg, LegEffect::HangUp(Cause::Normal)));
                effects.push(Effect::Media(leg, MediaEffect::Close));
            }
        }
        Some((consult.by, takes_back))
    }

    /// The customer is joined with the one consulted; the agent wraps up.
    pub(crate) fn complete(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let Some(consult) = self.consult.take_if(|consult| consult.answered()) else { return };
        let (by, customer) = (consult.by, self.customer.leg);
        let interaction = self.parts[by].interaction;
        let to =
            consult.part().map_or_else(|| word(&consult.target), |part| format!("agent:{}", self.parts[part].agent));
        self.event(now, ContactEventKind::Transferred { interaction, to }, effects);
        let result = ConsultResult::Completed;
        self.event(now, ContactEventKind::ConsultEnded { interaction, result }, effects);
        effects.push(Effect::Media(customer, MediaEffect::StopPlay));
        self.end_part(now, by, Cause::Normal, effects);
        if let Some(second) = consult.second {
            second.close(Cause::Normal, effects);
        }
        match consult.with {
            With::Number(leg, phone) => {
                effects.push(Effect::Media(leg, MediaEffect::StopPlay));
                self.far = Some(Far::joined(leg, phone, now));
            }
            With::Agent(index) => self.hand_over(now, index, consult.rules, effects),
            // Nobody has answered.
            With::Line => {}
        }
        self.settle_rooms(effects);
    }

    fn hand_over(&mut self, now: Instant, index: usize, rules: Option<QueueRules>, effects: &mut Vec<Effect>) {
        let priority = self.line.as_ref().map_or(domain::Priority(0), |line| line.priority);
        if let Some(rules) = rules {
            self.pop.queue = Some(rules.id);
            self.line = Some(Line { rules, priority, requirement: None });
        }
        let part = &mut self.parts[index];
        part.role = Role::Serves;
        part.enter(now, Stage::Talking);
        let (interaction, agent) = (part.interaction, part.agent);
        if let Some(leg) = part.leg {
            effects.push(Effect::Media(leg, MediaEffect::StopPlay));
        }
        self.phase = Phase::Connected;
        self.event(now, ContactEventKind::Connected { interaction, agent }, effects);
        self.tell(index, effects);
    }

    /// One of the two agents of a consult hangs up; false: there is no consult, or the customer is to be let go too. A
    /// desk phone that hangs up hands the customer on; if nobody has answered, the customer is back in line.
    pub(crate) fn hangs_up_in_consult(&mut self, now: Instant, index: usize, effects: &mut Vec<Effect>) -> bool {
        let Some(consult) = &self.consult else { return false };
        if consult.by == index && consult.answered() {
            self.complete(now, effects);
            return true;
        }
        if consult.by == index {
            self.let_go(now, ConsultResult::Cancelled, effects);
            let line = self.line.clone();
            let Some(line) = line else { return false };
            self.give_away(now, index, line.rules, None, effects);
            return true;
        }
        let consulted = consult.part() == Some(index) && self.parts[index].stage == Stage::Talking;
        if consulted {
            self.end_consult(now, ConsultResult::Left, effects);
        }
        consulted
    }

    /// Whoever may ring has rung long enough.
    pub(crate) fn on_consult_rings(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        let due = |consult: &&Consult| consult.deadline().is_some_and(|at| at <= now);
        let Some(consult) = self.consult.as_ref().filter(due) else { return };
        match consult.part().and_then(|part| self.parts[part].offer) {
            Some(offer) => self.on_offer_ended(now, offer, OfferResult::NoAnswer, effects),
            None => self.end_consult(now, ConsultResult::NoAnswer, effects),
        }
    }
}

const fn result_of(result: OfferResult) -> ConsultResult {
    match result {
        OfferResult::Busy => ConsultResult::Busy,
        OfferResult::Declined => ConsultResult::Declined,
        OfferResult::NoAnswer => ConsultResult::NoAnswer,
        OfferResult::CustomerLeft => ConsultResult::CustomerLeft,
        OfferResult::Answered | OfferResult::Unreachable | OfferResult::Withdrawn => ConsultResult::Unreachable,
    }
}
