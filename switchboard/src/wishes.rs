//! What people ask for, carried out on behalf of one agent.

use crate::api::{AgentRules, Effect};
use crate::engine::{Job, Live, Switchboard};
use acd::api::Command;
use acd::forecast::Noted;
use call::api::{Outgoing, Phone};
use domain::{
    AgentId, AgentState, CommandError, ContactId, Dnis, Instant, OfferId, OfferResult, QueueId, ReasonCode,
    TransferTarget, TrunkId, Wish,
};
use std::collections::BTreeSet;

/// The reason of an agent who signed in and has not said more.
const SIGNED_IN: &str = "signed_in";
/// The reason of an agent whose audio was lost.
const CONNECTION: &str = "connection";

fn reason(code: &str) -> Result<ReasonCode, CommandError> {
    code.parse().map_err(|_| CommandError::UnknownReason)
}

/// A number that may be dialled: digits, with a plus in front if need be, or a short internal number.
fn dialable(number: &str) -> bool {
    let digits = number.strip_prefix('+').unwrap_or(number);
    (2..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit() || b == b'*' || b == b'#')
}

impl Switchboard {
    /// Agents signed in by configuration are ready from the start; fixed phones can be rung from the start. Agents who
    /// are known already are left as they are.
    pub(crate) fn sign_in_configured(&mut self, now: Instant, known: &BTreeSet<AgentId>, out: &mut Vec<Effect>) {
        let new: Vec<AgentRules> =
            self.rules.agents.iter().filter(|agent| !known.contains(&agent.id)).cloned().collect();
        for rules in new {
            let agent = rules.id;
            let routable = self.directory.reachable(agent);
            self.tell_acd(now, acd::api::Fact::Routable { agent, routable }, out);
            if rules.signed_in
                && let Ok(reason) = reason(SIGNED_IN)
            {
                // Both can only be refused for an unknown agent, and the setup names the same agents twice.
                let _ = self.command_acd(now, Command::SignIn(agent, reason), out);
                let _ = self.command_acd(now, Command::Ready(agent), out);
            }
        }
    }

    fn command_acd(&mut self, now: Instant, command: Command, out: &mut Vec<Effect>) -> Result<(), CommandError> {
        let mut effects = Vec::new();
        let result = self.acd.command(now, command, &mut effects);
        self.watch.after(&self.acd, Noted::Nothing, &effects);
        self.run_acd_effects(now, effects, out);
        result
    }

    pub(crate) fn on_agent_lost(&mut self, now: Instant, agent: AgentId, out: &mut Vec<Effect>) {
        if let Ok(reason) = reason(CONNECTION) {
            // Refused only when the agent is signed out already, which is as good.
            let _ = self.command_acd(now, Command::NotReady(agent, reason), out);
        }
    }

    /// Carries out a person's wish: one that steers the floor, or one on behalf of an agent.
    pub(crate) fn wish(
        &mut self,
        now: Instant,
        agent: Option<AgentId>,
        wish: Wish,
        out: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        match (wish, agent) {
            (Wish::Reprioritise { contact, priority, age_per_s }, _) => {
                self.acd.queue_of(contact).ok_or(CommandError::UnknownContact)?;
                self.jobs.push_back(Job::Acd(acd::api::Fact::Reprioritised { contact, priority, age_per_s }));
                self.jobs.push_back(Job::Call(contact, call::Fact::Reprioritised { priority, age_per_s }));
                Ok(())
            }
            (Wish::OpenQueue { queue, open }, _) => self.open_queue(queue, open),
            (Wish::RequestCallback(order), _) => self.book_callback(now, *order, out).map(|_| ()),
            (Wish::CancelCallback(contact), _) => self.withdraw_callback(now, contact, out),
            (Wish::CloseSchedule { schedule, closed, prompt }, _) => {
                self.close_schedule(now, schedule, closed, prompt, out)
            }
            (_, None) => Err(CommandError::UnknownAgent),
            (wish, Some(agent)) => self.agent_wish(now, agent, wish, out),
        }
    }

    fn open_queue(&mut self, queue: QueueId, open: bool) -> Result<(), CommandError> {
        if !self.rules.queues.contains_key(&queue) {
            return Err(CommandError::UnknownQueue);
        }
        let _ = if open { self.closed.remove(&queue) } else { self.closed.insert(queue) };
        self.jobs.push_back(Job::Acd(acd::api::Fact::Opened { queue, open }));
        Ok(())
    }

    fn agent_wish(
        &mut self,
        now: Instant,
        agent: AgentId,
        wish: Wish,
        out: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        if !self.directory.agents.contains_key(&agent) {
            return Err(CommandError::UnknownAgent);
        }
        match wish {
            Wish::SignIn => {
                self.command_acd(now, Command::SignIn(agent, reason(SIGNED_IN)?), out)?;
                self.signed_in(now, agent, out);
                Ok(())
            }
            Wish::SignOut => self.command_acd(now, Command::SignOut(agent), out),
            Wish::Ready => self.ready(now, agent, out),
            Wish::NotReady(reason) if !self.rules.reasons.contains(&reason) => Err(CommandError::UnknownReason),
            Wish::NotReady(reason) => self.command_acd(now, Command::NotReady(agent, reason), out),
            Wish::Answer(offer) => self.current(offer).and_then(|()| self.accept_message(agent, offer)),
            Wish::Decline(offer) => self.decline(agent, offer),
            Wish::Dial(number) => self.dial(now, agent, &number, out),
            Wish::Consult(contact, target) => self.consult(now, agent, contact, target, out),
            Wish::Monitor(contact, mode) => self.monitor(now, agent, contact, mode, out),
            Wish::StopMonitoring(contact) => self.stop_monitoring(now, agent, contact, out),
            Wish::ExtendWrapUp(contact) => {
                self.held_by(agent, contact)?;
                self.command_acd(now, Command::ExtendWrapUp(agent), out)
            }
            Wish::FinishWrapUp(contact) => {
                self.command_call(now, contact, agent, call::Wish::FinishWrapUp, out)?;
                self.command_acd(now, Command::FinishWrapUp(agent), out)
            }
            other => self.call_wish(now, agent, other, out),
        }
    }

    fn call_wish(
        &mut self,
        now: Instant,
        agent: AgentId,
        wish: Wish,
        out: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let (contact, wish) = match wish {
            Wish::Hold(contact) => (contact, call::Wish::Hold),
            Wish::Resume(contact) => (contact, call::Wish::Resume),
            Wish::Mute(contact, muted) => (contact, call::Wish::Mute(muted)),
            Wish::HangUp(contact) => (contact, call::Wish::HangUp),
            Wish::SecureEntry(contact) => (contact, call::Wish::SecureEntry),
            Wish::CallAgainLater(contact) => (contact, call::Wish::TryAgain),
            Wish::Swap(contact) => (contact, call::Wish::Swap),
            Wish::Conference(contact) => (contact, call::Wish::Conference),
            Wish::CompleteTransfer(contact) => (contact, call::Wish::CompleteTransfer),
            Wish::CancelConsult(contact) => (contact, call::Wish::CancelConsult),
            Wish::PauseRecording(contact, paused) => (contact, call::Wish::PauseRecording(paused)),
            Wish::SaveNotes(contact, text) => (contact, call::Wish::SaveNotes(text)),
            Wish::SendDigits(contact, digits) => {
                let known = |c: char| c.is_ascii_digit() || matches!(c, '*' | '#' | 'A'..='D');
                if digits.0.is_empty() || !digits.0.chars().all(known) {
                    return Err(CommandError::BadNumber);
                }
                (contact, call::Wish::SendDigits(digits.0))
            }
            Wish::SetDisposition(contact, code) => {
                let queue = self.held_by(agent, contact)?.call.view_for(agent).and_then(|view| view.queue);
                let known = queue
                    .and_then(|queue| self.rules.queues.get(&queue))
                    .is_none_or(|q| q.dispositions.contains(&code));
                if !known {
                    return Err(CommandError::UnknownDisposition);
                }
                (contact, call::Wish::SetDisposition(code))
            }
            Wish::Transfer(contact, target) => return self.transfer_to(now, agent, contact, target, out),
            _ => return Err(CommandError::WrongState),
        };
        self.command_call(now, contact, agent, wish, out)
    }

    pub(crate) fn command_call(
        &mut self,
        now: Instant,
        contact: ContactId,
        agent: AgentId,
        wish: call::Wish,
        out: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let live = self.calls.get_mut(&contact).ok_or(CommandError::UnknownContact)?;
        let mut effects = Vec::new();
        let result = live.call.command(now, agent, wish, &mut effects);
        self.run_call_effects(now, contact, effects, out);
        self.reschedule(contact);
        result
    }

    fn held_by(&self, agent: AgentId, contact: ContactId) -> Result<&Live, CommandError> {
        let live = self.calls.get(&contact).ok_or(CommandError::UnknownContact)?;
        live.call.view_for(agent).map(|_| live).ok_or(CommandError::NotYourContact)
    }

    fn current(&self, offer: OfferId) -> Result<(), CommandError> {
        if self.acd.is_current(offer) { Ok(()) } else { Err(CommandError::StaleOffer) }
    }

    fn decline(&mut self, agent: AgentId, offer: OfferId) -> Result<(), CommandError> {
        if !self.acd.is_current(offer) {
            return self.decline_consult(agent, offer);
        }
        if self.acd.agent_state(agent) != Some(AgentState::Reserved(offer)) {
            return Err(CommandError::NotYourContact);
        }
        self.jobs.push_back(Job::Acd(acd::api::Fact::OfferEnded { offer, result: OfferResult::Declined }));
        Ok(())
    }

    /// Ready ends a wrap-up, if the disposition stands.
    fn ready(&mut self, now: Instant, agent: AgentId, out: &mut Vec<Effect>) -> Result<(), CommandError> {
        if self.acd.agent_state(agent) == Some(AgentState::AfterContactWork)
            && let Some(contact) = self.directory.in_hand.get(&agent).copied()
        {
            self.command_call(now, contact, agent, call::Wish::FinishWrapUp, out)?;
        }
        self.command_acd(now, Command::Ready(agent), out)
    }

    /// The trunk by which numbers are dialled, if it answers.
    fn dial_trunk(&self) -> Result<TrunkId, CommandError> {
        let trunk = self.rules.dial_trunk.ok_or(CommandError::NoTrunk)?;
        let mut group = self.rules.dial_spares.iter().chain([&trunk]);
        let is_there = group.any(|trunk| !self.directory.silent_trunks.contains(trunk));
        if is_there { Ok(trunk) } else { Err(CommandError::NoTrunk) }
    }

    /// How a number is called.
    pub(crate) fn dialled(&self, number: &Dnis) -> Result<Phone, CommandError> {
        let trunk = self.dial_trunk()?;
        if !dialable(number.as_str()) {
            return Err(CommandError::BadNumber);
        }
        Ok(Phone::Trunk(trunk, number.as_str().to_owned()))
    }

    /// Sends an agent's customer on.
    pub(crate) fn transfer_to(
        &mut self,
        now: Instant,
        agent: AgentId,
        contact: ContactId,
        target: TransferTarget,
        out: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        // Before a leg is made for a contact that nobody would clear up.
        self.held_by(agent, contact)?;
        let wish = self.transfer(contact, target)?;
        self.command_call(now, contact, agent, wish, out)
    }

    pub(crate) fn transfer(&mut self, contact: ContactId, target: TransferTarget) -> Result<call::Wish, CommandError> {
        match target {
            TransferTarget::Queue(queue) => {
                let rules = self.rules.queues.get(&queue).ok_or(CommandError::UnknownQueue)?.rules.clone();
                Ok(call::Wish::TransferToQueue(rules, None))
            }
            TransferTarget::Agent(agent) => {
                let view = self.acd.queues_of(agent);
                let current = self.calls.get(&contact).and_then(|live| live.call.pop().queue);
                let queue = current.filter(|queue| view.contains(queue)).or_else(|| view.first().copied());
                let queue = queue.and_then(|queue| self.rules.queues.get(&queue)).ok_or(CommandError::UnknownQueue)?;
                Ok(call::Wish::TransferToQueue(queue.rules.clone(), Some(agent)))
            }
            TransferTarget::Number(number) => {
                let phone = self.dialled(&number)?;
                let leg = self.new_leg_to(contact, &phone);
                Ok(call::Wish::TransferToNumber { leg, phone, to: "number".to_owned() })
            }
        }
    }

    /// An agent calls a number: the agent's own phone rings first.
    fn dial(&mut self, now: Instant, agent: AgentId, number: &Dnis, out: &mut Vec<Effect>) -> Result<(), CommandError> {
        if self.draining {
            return Err(CommandError::Draining);
        }
        let phone = self.dialled(number)?;
        if self.is_being_called(number) {
            return Err(CommandError::NumberInUse);
        }
        match self.acd.agent_state(agent) {
            Some(AgentState::Ready | AgentState::NotReady(_)) => {}
            Some(AgentState::LoggedOut) | None => return Err(CommandError::NotSignedIn),
            Some(_) => return Err(CommandError::WrongState),
        }
        let rules = self.directory.agents.get(&agent).ok_or(CommandError::UnknownAgent)?;
        if !self.directory.reachable(agent) {
            return Err(CommandError::NoPhone);
        }
        let agent_phone = rules.phone.clone();
        let contact = self.new_contact();
        let outgoing = Outgoing {
            contact,
            interaction: self.new_interaction(),
            agent,
            agent_leg: self.new_leg_to(contact, &agent_phone),
            agent_browser: self.directory.browser(&agent_phone),
            agent_phone,
            leg: self.new_leg_to(contact, &phone),
            phone,
            recording: self.new_recording(),
            first_play: self.draw_u64() >> 1,
            dnis: number.clone(),
        };
        let recording = outgoing.recording;
        let mut effects = Vec::new();
        let call = call::Call::outgoing(now, outgoing, &mut effects);
        self.directory.in_hand.insert(agent, contact);
        self.tell_acd(now, acd::api::Fact::Occupied { agent, contact, queue: None }, out);
        self.add_call(contact, Live { call, run: None, resting: None, wake: None, recording, comments: Vec::new() });
        self.run_call_effects(now, contact, effects, out);
        self.reschedule(contact);
        Ok(())
    }
}
