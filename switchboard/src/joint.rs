//! Calls with three people: an agent asks another one for help, a supervisor comes to a call.

use crate::api::Effect;
use crate::calls::POP_LEAD;
use crate::engine::Switchboard;
use call::api::{Asked, Consultation, Phone, Reserved, SecondCall, Watcher};
use core::time::Duration;
use domain::{AgentId, AgentState, CommandError, ContactId, Instant, Monitor, OfferId, OfferResult, TransferTarget};

/// How long the phone of an agent who is asked by name may ring.
const CONSULT_RINGS_MAX: Duration = Duration::from_secs(30);

impl Switchboard {
    /// An agent asks somebody for help.
    pub(crate) fn consult(
        &mut self,
        now: Instant,
        agent: AgentId,
        contact: ContactId,
        target: TransferTarget,
        out: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let live = self.calls.get(&contact).ok_or(CommandError::UnknownContact)?;
        live.call.may_consult(agent)?;
        self.ask(now, (agent, contact), (target, None), out)
    }

    /// Asks somebody for help, from the console or by a second call of the agent's phone.
    pub(crate) fn ask(
        &mut self,
        now: Instant,
        (agent, contact): (AgentId, ContactId),
        (target, second): (TransferTarget, Option<SecondCall>),
        out: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let ask = match &target {
            TransferTarget::Queue(queue) => {
                Asked::Queue(self.rules.queues.get(queue).ok_or(CommandError::UnknownQueue)?.rules.clone())
            }
            TransferTarget::Agent(other) => Asked::Agent(Box::new(self.reserve(now, contact, *other, out)?)),
            TransferTarget::Number(number) => {
                let phone = self.dialled(number)?;
                Asked::Number(self.new_leg_to(contact, &phone), phone)
            }
        };
        let consultation = Box::new(Consultation { target, ask, second });
        self.command_call(now, contact, agent, call::Wish::Consult(consultation), out)
    }

    /// An agent who is asked by name is busy from the moment at which the phone rings.
    fn reserve(
        &mut self,
        now: Instant,
        contact: ContactId,
        agent: AgentId,
        out: &mut Vec<Effect>,
    ) -> Result<Reserved, CommandError> {
        let phone = self.directory.agents.get(&agent).ok_or(CommandError::UnknownAgent)?.phone.clone();
        let is_free = matches!(self.acd.agent_state(agent), Some(AgentState::Ready | AgentState::NotReady(_)));
        if !is_free || !self.directory.reachable(agent) || self.directory.in_hand.contains_key(&agent) {
            return Err(CommandError::AgentUnavailable);
        }
        self.occupy(now, agent, contact, out);
        Ok(Reserved {
            offer: OfferId::new(self.draw_u64()),
            interaction: self.new_interaction(),
            agent,
            leg: self.new_leg_to(contact, &phone),
            browser: self.directory.browser(&phone),
            phone,
            queue: None,
            lead: if self.directory.consoles.contains(&agent) { POP_LEAD } else { Duration::ZERO },
            deadline: now + CONSULT_RINGS_MAX,
            why: None,
            dial: None,
        })
    }

    fn occupy(&mut self, now: Instant, agent: AgentId, contact: ContactId, out: &mut Vec<Effect>) {
        self.directory.in_hand.insert(agent, contact);
        self.tell_acd(now, acd::api::Fact::Occupied { agent, contact, queue: None }, out);
    }

    /// Declines an offer that the ACD did not make.
    pub(crate) fn decline_consult(&mut self, agent: AgentId, offer: OfferId) -> Result<(), CommandError> {
        let contact = self.directory.in_hand.get(&agent).copied().ok_or(CommandError::StaleOffer)?;
        let rings = self.calls.get(&contact).and_then(|live| live.call.rung_by_name(agent));
        if rings != Some(offer) {
            return Err(CommandError::StaleOffer);
        }
        let fact = call::Fact::OfferEnded { offer, result: OfferResult::Declined };
        self.jobs.push_back(crate::engine::Job::Call(contact, fact));
        Ok(())
    }

    /// A supervisor comes to a call, or is there in another way from now on.
    pub(crate) fn monitor(
        &mut self,
        now: Instant,
        agent: AgentId,
        contact: ContactId,
        mode: Monitor,
        out: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let live = self.calls.get_mut(&contact).ok_or(CommandError::UnknownContact)?;
        let mut effects = Vec::new();
        if live.call.is_monitored_by(agent) {
            live.call.monitor_otherwise(now, agent, mode, &mut effects)?;
        } else {
            live.call.may_monitor(agent)?;
            let phone = self.free_phone(agent)?;
            self.occupy(now, agent, contact, out);
            let (leg, browser) = (self.new_leg_to(contact, &phone), self.directory.browser(&phone));
            let live = self.calls.get_mut(&contact).ok_or(CommandError::UnknownContact)?;
            live.call.monitor(now, Watcher { agent, leg, phone, browser, mode }, &mut effects)?;
        }
        self.run_call_effects(now, contact, effects, out);
        self.reschedule(contact);
        Ok(())
    }

    /// The phone of a supervisor who is on no call; signed in or not.
    fn free_phone(&self, agent: AgentId) -> Result<Phone, CommandError> {
        match self.acd.agent_state(agent) {
            Some(AgentState::Ready | AgentState::NotReady(_) | AgentState::LoggedOut) => {}
            None => return Err(CommandError::UnknownAgent),
            Some(_) => return Err(CommandError::WrongState),
        }
        let rules = self.directory.agents.get(&agent).ok_or(CommandError::UnknownAgent)?;
        match (self.directory.reachable(agent), self.directory.in_hand.contains_key(&agent)) {
            (false, _) => Err(CommandError::NoPhone),
            (true, true) => Err(CommandError::WrongState),
            (true, false) => Ok(rules.phone.clone()),
        }
    }

    /// A supervisor leaves a call.
    pub(crate) fn stop_monitoring(
        &mut self,
        now: Instant,
        agent: AgentId,
        contact: ContactId,
        out: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        let live = self.calls.get_mut(&contact).ok_or(CommandError::UnknownContact)?;
        let mut effects = Vec::new();
        let result = live.call.stop_monitoring(now, agent, &mut effects);
        self.run_call_effects(now, contact, effects, out);
        self.reschedule(contact);
        result
    }

    /// One who monitors a call and signs in is busy with it.
    pub(crate) fn signed_in(&mut self, now: Instant, agent: AgentId, out: &mut Vec<Effect>) {
        let Some(contact) = self.directory.in_hand.get(&agent).copied() else { return };
        if self.calls.get(&contact).is_some_and(|live| live.call.is_monitored_by(agent)) {
            self.occupy(now, agent, contact, out);
        }
    }
}
