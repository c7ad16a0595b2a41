//! The engine: its parts, and who deals with which input.

use crate::agent::Agent;
use crate::api::{Command, Effect, Fact, Reason, Setup};
use crate::class::Classes;
use crate::line::Contact;
use crate::offer::Held;
use crate::queue::Queue;
use crate::timer::{Timer, Timers};
use core::time::Duration;
use domain::{AgentId, CommandError, ContactId, Instant, OfferId, OfferResult, QueueId};
use std::collections::BTreeMap;

/// The ACD engine: who waits, who works, who gets whom.
///
/// Every call applies its input to what the engine has told so far, then everything that is due, then matches
/// until no waiting contact has an eligible agent.
#[derive(Debug)]
pub struct Engine {
    pub(crate) sticky: Duration,
    at_once: bool,
    pub(crate) now: Instant,
    pub(crate) queues: Vec<Queue>,
    pub(crate) agents: Vec<Agent>,
    pub(crate) classes: Classes,
    /// Contacts in line, those being offered too.
    pub(crate) contacts: BTreeMap<ContactId, Contact>,
    pub(crate) offers: BTreeMap<OfferId, Held>,
    pub(crate) next_offer: u64,
    pub(crate) timers: Timers,
    /// Agents whose availability changed since the last match.
    pub(crate) dirty: Vec<u32>,
    /// Classes that contacts entered since the last match.
    pub(crate) fresh: Vec<u32>,
}

impl Engine {
    /// An engine with everybody logged out. Offers are numbered from `first_offer`, which should differ from one
    /// process to the next, so that an offer of an earlier life is not taken for a current one.
    /// Agents are routable until `Fact::Routable` says otherwise.
    #[must_use]
    pub fn new(setup: Setup, first_offer: u64) -> Self {
        let Setup { mut queues, mut agents, sticky } = setup;
        queues.sort_by_key(|queue| queue.id);
        queues.dedup_by_key(|queue| queue.id);
        agents.sort_by_key(|agent| agent.id);
        agents.dedup_by_key(|agent| agent.id);
        let mut queues: Vec<Queue> = queues.into_iter().map(Queue::new).collect();
        for queue in &mut queues {
            let members = agents.iter().enumerate().filter(|(_, agent)| agent.queues.contains(&queue.setup.id));
            queue.members = members.map(|(number, _)| number as u32).collect();
        }
        Self {
            sticky,
            at_once: false,
            now: Instant::ZERO,
            queues,
            agents: agents.into_iter().map(Agent::new).collect(),
            classes: Classes::default(),
            contacts: BTreeMap::new(),
            offers: BTreeMap::new(),
            next_offer: first_offer,
            timers: Timers::default(),
            dirty: Vec::new(),
            fresh: Vec::new(),
        }
    }

    /// From now on each offer counts as answered at the moment at which it is made, before the next match: for
    /// decision traces, simulations, and floors where contacts are put through without ringing.
    pub fn accept_at_once(&mut self) {
        self.at_once = true;
    }

    /// Takes in a fact. Facts that no longer matter are ignored. Call it at `deadline()` at the latest; what is due
    /// happens at `now`.
    pub fn handle(&mut self, now: Instant, fact: Fact, effects: &mut Vec<Effect>) {
        let now = self.advance(now);
        match fact {
            Fact::Arrived(arrival) => self.on_arrived(now, arrival, effects),
            Fact::Left { contact, result } => self.on_left(now, contact, result, effects),
            Fact::OfferEnded { offer, result } => self.on_offer_ended(now, offer, result, effects),
            Fact::Finished { contact, agent } => self.on_finished(now, contact, agent, effects),
            Fact::Occupied { agent, contact, queue } => self.on_occupied(now, agent, contact, queue, effects),
            Fact::Routable { agent, routable } => self.on_routable(now, agent, routable, effects),
            Fact::Tick => {}
        }
        self.settle(now, effects);
    }

    /// Does what a person wishes.
    ///
    /// # Errors
    /// `UnknownAgent`, `NotSignedIn`, or `WrongState` for a wish about wrap-up without one. Nothing has changed then.
    pub fn command(&mut self, now: Instant, command: Command, effects: &mut Vec<Effect>) -> Result<(), CommandError> {
        let now = self.advance(now);
        match command {
            Command::SignIn(agent, reason) => self.on_sign_in(now, agent, reason, effects),
            Command::SignOut(agent) => self.on_sign_out(now, agent, effects),
            Command::Ready(agent) => self.on_ready(now, agent, effects),
            Command::NotReady(agent, reason) => self.on_not_ready(now, agent, reason, effects),
            Command::ExtendWrapUp(agent) => self.on_extend_wrap_up(now, agent, effects),
            Command::FinishWrapUp(agent) => self.on_finish_wrap_up(now, agent, effects),
        }?;
        self.settle(now, effects);
        Ok(())
    }

    /// When to call `handle(Tick)` next, and why.
    #[must_use]
    pub fn deadline(&self) -> Option<(Instant, Reason)> {
        self.timers.next()
    }

    /// The clock never goes back, whatever the caller says.
    fn advance(&mut self, now: Instant) -> Instant {
        self.now = self.now.max(now);
        self.now
    }

    fn settle(&mut self, now: Instant, effects: &mut Vec<Effect>) {
        while let Some(timer) = self.timers.pop_due(now) {
            match timer {
                Timer::Offer(offer) => self.end_offer(now, offer, OfferResult::NoAnswer, effects),
                Timer::WrapUp(agent, contact) => self.on_wrap_up_timeout(now, agent, contact, effects),
                Timer::CoolDown(agent) => self.on_cooled_down(now, agent, effects),
                Timer::Ring(contact) | Timer::Sticky(contact) => self.replace(now, contact),
            }
        }
        self.match_all(now, self.at_once, effects);
    }

    pub(crate) fn agent_number(&self, id: AgentId) -> Option<u32> {
        self.agents.binary_search_by_key(&id, |agent| agent.setup.id).ok().map(|at| at as u32)
    }

    pub(crate) fn queue_number(&self, id: QueueId) -> Option<u32> {
        self.queues.binary_search_by_key(&id, |queue| queue.setup.id).ok().map(|at| at as u32)
    }

    pub(crate) fn agent(&self, number: u32) -> &Agent {
        &self.agents[number as usize]
    }

    pub(crate) fn agent_mut(&mut self, number: u32) -> &mut Agent {
        &mut self.agents[number as usize]
    }

    pub(crate) fn queue(&self, number: u32) -> &Queue {
        &self.queues[number as usize]
    }

    pub(crate) fn queue_mut(&mut self, number: u32) -> &mut Queue {
        &mut self.queues[number as usize]
    }
}
