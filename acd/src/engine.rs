//! The engine: its parts, and who deals with which input.

use crate::agent::{Agent, Standing};
use crate::api::{Command, ContactRule, Effect, Fact, Reason, Setup};
use crate::capacity::interrupt_table;
use crate::class::Classes;
use crate::contact::Contacts;
use crate::draw::Draw;
use crate::due::{Due, Timers};
use crate::hash::Keyed;
use crate::queue::Queue;
use crate::ranks::Rank;
use crate::roster::Roster;
use core::time::Duration;
use domain::{AgentId, CommandError, ContactId, Instant, OfferId, QueueId};
use std::collections::BTreeSet;

/// Rules of the whole floor, and how the engine is driven.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) sticky: Duration,
    pub(crate) contact_rule: ContactRule,
    /// For each channel, the channels over which its contacts may be offered.
    pub(crate) interrupts: [u8; 7],
    /// Some queue has a cap on contacts in service.
    pub(crate) has_caps: bool,
    pub(crate) at_once: bool,
    pub(crate) quiet: bool,
    pub(crate) explains: bool,
}

/// Offers that stand: the agent at whom each rings.
#[derive(Debug)]
pub(crate) struct Offers {
    pub(crate) standing: Keyed<OfferId, u32>,
    pub(crate) next: u64,
}

/// What is to be done before the engine rests. Empty between calls.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// Agents who became available.
    pub(crate) dirty: Vec<u32>,
    /// Classes that may have a new pair, as contacts entered or a cap was lifted.
    pub(crate) fresh: Vec<u32>,
    /// Queues in which nobody may stay.
    pub(crate) stranded: Vec<u32>,
    /// Fallen due and not done yet.
    pub(crate) due: BTreeSet<(Instant, Due)>,
    /// Room for the ranks of one decision.
    pub(crate) ranks: Vec<Rank>,
}

/// The ACD engine: who waits, who works, who gets whom.
///
/// Every call applies its input to what the engine has told so far, then everything that is due in order of its time,
/// then matches until no waiting contact has an eligible agent.
#[derive(Debug)]
pub struct Engine {
    pub(crate) rules: Rules,
    pub(crate) now: Instant,
    pub(crate) queues: Vec<Queue>,
    pub(crate) agents: Vec<Agent>,
    pub(crate) standing: Vec<Standing>,
    pub(crate) roster: Roster,
    pub(crate) classes: Classes,
    /// Contacts in line, those being offered too.
    pub(crate) contacts: Contacts,
    pub(crate) offers: Offers,
    pub(crate) timers: Timers,
    pub(crate) pending: Pending,
    pub(crate) draw: Draw,
}

impl Engine {
    /// An engine with everybody logged out. Offers are numbered from `first_offer`, which should differ from one
    /// process to the next, so that an offer of an earlier life is not taken for a current one.
    /// Agents are routable until `Fact::Routable` says otherwise, queues are open until `Fact::Opened` does.
    #[must_use]
    pub fn new(setup: Setup, first_offer: u64) -> Self {
        let Setup { mut queues, mut agents, sticky, contact_rule, interrupts, seed } = setup;
        queues.sort_by_key(|queue| queue.id);
        queues.dedup_by_key(|queue| queue.id);
        agents.sort_by_key(|agent| agent.id);
        agents.dedup_by_key(|agent| agent.id);
        let rules = Rules {
            sticky,
            contact_rule,
            interrupts: interrupt_table(&interrupts),
            has_caps: false,
            at_once: false,
            quiet: false,
            explains: false,
        };
        let mut engine = Self {
            rules,
            now: Instant::ZERO,
            queues: queues.into_iter().map(Queue::new).collect(),
            agents: agents.into_iter().map(Agent::new).collect(),
            standing: Vec::new(),
            roster: Roster::default(),
            classes: Classes::default(),
            contacts: Contacts::default(),
            offers: Offers { standing: Keyed::default(), next: first_offer },
            timers: Timers::default(),
            pending: Pending::default(),
            draw: Draw::new(seed),
        };
        engine.index();
        engine
    }

    /// The clock of an engine that has been told nothing yet stands here: nobody has been in a state for longer.
    pub fn begin_at(&mut self, now: Instant) {
        self.now = now;
        for agent in &mut self.agents {
            (agent.told.since, agent.clock.mark) = (now, now);
        }
    }

    /// From now on each offer counts as answered at the moment at which it is made, before the next match: for
    /// decision traces, simulations, and floors where contacts are put through without ringing. Agents are told busy
    /// without having been told reserved.
    pub fn accept_at_once(&mut self) {
        self.rules.at_once = true;
    }

    /// From now on agents' states are not told as effects (they can be asked for, but not since when they are), nor that
    /// an offer was answered at once, and a decision names no candidates: for simulations. To be called before anybody
    /// signs in.
    pub fn quiet(&mut self) {
        self.rules.quiet = true;
    }

    /// Whether decisions name those who were passed over, which costs a look at every member of the queue.
    pub fn explain_decisions(&mut self, explain: bool) {
        self.rules.explains = explain;
    }

    /// Takes in a fact. Facts that no longer matter are ignored. Call it at `deadline()` at the latest; what is due
    /// happens at `now`.
    pub fn handle(&mut self, now: Instant, fact: Fact, effects: &mut Vec<Effect>) {
        self.advance(now);
        match fact {
            Fact::Arrived(arrival) => self.on_arrived(arrival, effects),
            Fact::Left { contact, result } => self.on_left(contact, result, effects),
            Fact::Extended { offer, deadline } => self.on_extended(offer, deadline, effects),
            Fact::OfferEnded { offer, result } => self.on_offer_ended(offer, result, effects),
            Fact::Finished { contact, agent } => self.on_finished(contact, agent, effects),
            Fact::Occupied { agent, contact, queue } => self.on_occupied(agent, contact, queue, effects),
            Fact::Routable { agent, routable } => self.on_routable(agent, routable, effects),
            Fact::Opened { queue, open } => self.on_opened(queue, open),
            Fact::Admits { queue, admits } => self.on_admits(queue, admits),
            Fact::Reprioritised { contact, priority, age_per_s } => {
                self.on_reprioritised(contact, priority, age_per_s);
            }
            Fact::Reconfigured(setup) => self.on_reconfigured(*setup, effects),
            Fact::Tick => {}
        }
        self.settle(effects);
    }

    /// Does what a person wishes.
    ///
    /// # Errors
    /// `UnknownAgent`, `NotSignedIn`, or `WrongState` for a wish about wrap-up without one. Nothing has changed then.
    pub fn command(&mut self, now: Instant, command: Command, effects: &mut Vec<Effect>) -> Result<(), CommandError> {
        self.advance(now);
        match command {
            Command::SignIn(agent, reason) => self.on_sign_in(agent, reason, effects),
            Command::SignOut(agent) => self.on_sign_out(agent, effects),
            Command::Ready(agent) => self.on_ready(agent, effects),
            Command::NotReady(agent, reason) => self.on_not_ready(agent, reason, effects),
            Command::ExtendWrapUp(agent) => self.on_extend_wrap_up(agent, effects),
            Command::FinishWrapUp(agent) => self.on_finish_wrap_up(agent, effects),
        }?;
        self.settle(effects);
        Ok(())
    }

    /// When to call `handle(Tick)` next, and why.
    #[must_use]
    pub fn deadline(&self) -> Option<(Instant, Reason)> {
        self.next_deadline()
    }

    /// The clock never goes back, whatever the caller says.
    #[inline]
    fn advance(&mut self, now: Instant) {
        self.now = self.now.max(now);
    }

    fn settle(&mut self, effects: &mut Vec<Effect>) {
        self.send_on_the_stranded(effects);
        while let Some(due) = self.next_due() {
            self.on_due(due, effects);
            self.send_on_the_stranded(effects);
        }
        self.match_all(effects);
    }

    #[inline]
    pub(crate) fn agent_number(&self, id: AgentId) -> Option<u32> {
        self.roster.agent(id)
    }

    #[inline]
    pub(crate) fn queue_number(&self, id: QueueId) -> Option<u32> {
        self.roster.queue(id).filter(|number| self.queue(*number).known)
    }

    #[inline]
    pub(crate) fn agent(&self, number: u32) -> &Agent {
        &self.agents[number as usize]
    }

    #[inline]
    pub(crate) fn agent_mut(&mut self, number: u32) -> &mut Agent {
        &mut self.agents[number as usize]
    }

    #[inline]
    pub(crate) fn queue(&self, number: u32) -> &Queue {
        &self.queues[number as usize]
    }

    #[inline]
    pub(crate) fn queue_mut(&mut self, number: u32) -> &mut Queue {
        &mut self.queues[number as usize]
    }

    #[inline]
    pub(crate) fn contact_id(&self, slot: u32) -> ContactId {
        self.contacts[slot].id
    }
}
