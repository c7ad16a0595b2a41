//! The naive reference model: the written rules of routing, done by looking at everybody, every time.
//!
//! It shares no code with the engine, only the vocabulary. Slow and obvious on purpose.

mod change;
mod eligible;
mod explain;
mod line;
mod offers;
mod order;
mod people;

use acd::api::{AgentRule, AgentSetup, ContactRule, Exclusion, ExitReason, Interrupt, Membership, QueueSetup, Setup};
use core::time::Duration;
use domain::{
    AgentId, AgentState, Channel, ContactId, Counts, Instant, OfferId, OfferResult, Proficiency, QueueId, ReasonCode,
    Requirement, SkillId,
};
use std::collections::{BTreeMap, BTreeSet};

/// An offer as it was made, with its reasons.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// The offer.
    pub offer: OfferId,
    /// The contact.
    pub contact: ContactId,
    /// The agent.
    pub agent: AgentId,
    /// The queue.
    pub queue: QueueId,
    /// When it ends unanswered.
    pub deadline: Instant,
    /// The contact's score.
    pub score: i64,
    /// The ring in force.
    pub ring: u16,
    /// The rule that chose.
    pub rule: AgentRule,
    /// The best candidates with figures.
    pub best: Vec<(AgentId, i64)>,
    /// Who was passed over, by id, and why.
    pub passed_over: Vec<(AgentId, Exclusion)>,
}

/// What the model says happened, in the engine's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// An offer was made.
    Offered(Offered),
    /// An offer is over.
    Ended(OfferId, ContactId, AgentId, OfferResult),
    /// Agent, contact, timed out.
    WrappedUp(AgentId, ContactId, bool),
    /// The contact left this queue and the line.
    Exited(ContactId, QueueId, ExitReason),
    /// The contact went from one queue to another.
    Overflowed(ContactId, QueueId, QueueId, ExitReason),
}

/// What an agent wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Work.
    Ready,
    /// No work.
    Away(ReasonCode),
    /// To be signed out.
    Out,
}

/// A contact that an agent serves.
#[derive(Clone, Debug)]
pub struct Served {
    /// The contact.
    pub contact: ContactId,
    queue: Option<QueueId>,
    channel: Channel,
    /// A queue brought it, so that it counts towards that queue's cap.
    brought: bool,
    /// When wrap-up ends.
    pub until: Option<Instant>,
}

/// What the setup says of an agent.
#[derive(Clone, Debug)]
struct Profile {
    skills: BTreeMap<SkillId, Proficiency>,
    parts: Vec<Membership>,
    units: BTreeMap<Channel, u8>,
}

/// An agent.
#[derive(Clone, Debug)]
pub struct Person {
    profile: Profile,
    /// In the setup. An agent who is not is there only for what is in hand.
    pub known: bool,
    wish: Wish,
    /// Contacts served or in wrap-up.
    pub served: Vec<Served>,
    /// The offer that rings.
    pub ringing: Option<OfferId>,
    routable: bool,
    cool: Option<Instant>,
    idle: Option<Instant>,
    assigned: Instant,
    busy: Duration,
    on: Duration,
    unanswered: u32,
    answered: i64,
}

/// A queue.
#[derive(Clone, Debug)]
pub struct Queue {
    setup: QueueSetup,
    open: bool,
    /// In the setup. A queue that is not is closed and there only for those in it.
    pub known: bool,
    /// Counters.
    pub counts: Counts,
}

/// A contact in line.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The queue.
    pub queue: QueueId,
    channel: Channel,
    priority: i64,
    age_per_s: Option<u32>,
    requirement: Option<Requirement>,
    since: Instant,
    /// When it entered the line.
    entered: Instant,
    /// When it entered this queue.
    here: Instant,
    sticky: Option<AgentId>,
    /// The offers under which it is rung.
    pub offered: BTreeSet<OfferId>,
    /// Queues tried at the instant at which it entered this one.
    tried: BTreeSet<QueueId>,
}

/// An offer.
#[derive(Clone, Debug)]
pub struct Lease {
    /// The contact.
    pub contact: ContactId,
    agent: AgentId,
    queue: QueueId,
    deadline: Instant,
}

/// What is due at some time, in the order in which it is done at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Offer(OfferId),
    WrapUp(AgentId, ContactId),
    /// A limit on the wait, by time of entry.
    Limit(Instant, ContactId),
}

/// The whole floor.
pub struct Model {
    now: Instant,
    sticky: Duration,
    contact_rule: ContactRule,
    interrupts: Vec<Interrupt>,
    draw: u64,
    at_once: bool,
    /// Every queue.
    pub queues: BTreeMap<QueueId, Queue>,
    /// Everybody.
    pub agents: BTreeMap<AgentId, Person>,
    /// Everybody in line.
    pub line: BTreeMap<ContactId, Caller>,
    /// All offers that stand.
    pub leases: BTreeMap<OfferId, Lease>,
    next: u64,
    /// What happened since it was last emptied.
    pub log: Vec<Happening>,
}

fn ms(duration: Duration) -> u64 {
    duration.as_millis() as u64
}

fn is_call(channel: Channel) -> bool {
    channel == Channel::Voice || channel == Channel::Callback
}

impl Profile {
    fn new(agent: &AgentSetup) -> Self {
        let mut units: BTreeMap<Channel, u8> = agent.capacity.iter().copied().collect();
        if units.is_empty() {
            units.insert(Channel::Voice, 1);
        }
        for like_voice in [Channel::Callback, Channel::Voicemail] {
            if !units.contains_key(&like_voice) {
                units.insert(like_voice, units.get(&Channel::Voice).copied().unwrap_or(0));
            }
        }
        Self { skills: agent.skills.iter().copied().collect(), parts: agent.queues.clone(), units }
    }
}

impl Person {
    fn new(agent: &AgentSetup) -> Self {
        Self {
            profile: Profile::new(agent),
            known: true,
            wish: Wish::Out,
            served: Vec::new(),
            ringing: None,
            routable: true,
            cool: None,
            idle: None,
            assigned: Instant::ZERO,
            busy: Duration::ZERO,
            on: Duration::ZERO,
            unanswered: 0,
            answered: 0,
        }
    }

    fn in_hand(&self) -> usize {
        self.served.len() + usize::from(self.ringing.is_some())
    }

    fn part(&self, queue: QueueId) -> Option<&Membership> {
        self.profile.parts.iter().find(|part| part.queue == queue)
    }

    /// The state by the glossary.
    pub fn state(&self) -> AgentState {
        if let Some(offer) = self.ringing {
            return AgentState::Reserved(offer);
        }
        if self.served.iter().any(|s| s.until.is_none()) {
            return AgentState::Busy;
        }
        if !self.served.is_empty() {
            return AgentState::AfterContactWork;
        }
        match self.wish {
            Wish::Ready => AgentState::Ready,
            Wish::Away(reason) => AgentState::NotReady(reason),
            Wish::Out => AgentState::LoggedOut,
        }
    }

    fn signed_in(&self) -> bool {
        self.state() != AgentState::LoggedOut
    }
}

impl Queue {
    fn new(setup: QueueSetup) -> Self {
        Self { setup, open: true, known: true, counts: Counts::default() }
    }

    fn is_open(&self) -> bool {
        self.open && self.known
    }
}

impl Model {
    /// The same floor as the engine's.
    pub fn new(setup: &Setup, first_offer: u64, at_once: bool) -> Self {
        Self {
            now: Instant::ZERO,
            sticky: setup.sticky,
            contact_rule: setup.contact_rule,
            interrupts: setup.interrupts.clone(),
            draw: setup.seed,
            at_once,
            queues: setup.queues.iter().map(|q| (q.id, Queue::new(q.clone()))).collect(),
            agents: setup.agents.iter().map(|a| (a.id, Person::new(a))).collect(),
            line: BTreeMap::new(),
            leases: BTreeMap::new(),
            next: first_offer,
            log: Vec::new(),
        }
    }

    /// Lets time pass: books it to everybody.
    pub fn pass(&mut self, now: Instant) {
        let passed = now.since(self.now);
        for agent in self.agents.values_mut() {
            if agent.in_hand() > 0 {
                agent.busy += passed;
                agent.on += passed;
            } else if agent.wish == Wish::Ready {
                agent.on += passed;
            }
        }
        self.now = now;
    }

    /// What falls due first, if anything is due by now.
    fn due(&self) -> Option<(Instant, Due)> {
        let offers = self.leases.iter().map(|(id, lease)| (lease.deadline, Due::Offer(*id)));
        let wrap_ups = self
            .agents
            .iter()
            .flat_map(|(id, agent)| agent.served.iter().filter_map(|s| Some((s.until?, Due::WrapUp(*id, s.contact)))));
        let unoffered = self.line.iter().filter(|(_, caller)| caller.offered.is_empty());
        let limits =
            unoffered.filter_map(|(id, caller)| Some((self.limit(caller)?.0, Due::Limit(caller.entered, *id))));
        offers.chain(wrap_ups).chain(limits).filter(|(at, _)| *at <= self.now).min()
    }

    /// Whether anything happens by itself at this instant: the engine must have asked to be called by then.
    pub fn has_work(&self) -> bool {
        self.due().is_some() || self.best_pair().is_some()
    }

    /// After each input: what is due, then matching, until nothing is left.
    pub fn settle(&mut self) {
        self.tidy();
        while let Some((_, due)) = self.due() {
            match due {
                Due::Offer(offer) => self.end(offer, OfferResult::NoAnswer),
                Due::WrapUp(agent, contact) => self.let_go(agent, contact, true),
                Due::Limit(_, contact) => self.send_on_if_due(contact),
            }
            self.tidy();
        }
        while let Some((contact, agents)) = self.best_pair() {
            self.offer(contact, agents);
            self.tidy();
        }
    }

    /// Those leave who may not stay; idle times begin or end.
    fn tidy(&mut self) {
        self.agents.retain(|_, agent| agent.known || agent.signed_in());
        self.send_on_the_stranded();
        for agent in self.agents.values_mut() {
            let idle = agent.wish == Wish::Ready && agent.in_hand() == 0;
            agent.idle = if idle { agent.idle.or(Some(self.now)) } else { None };
            agent.cool = agent.cool.filter(|_| agent.signed_in());
        }
    }
}
