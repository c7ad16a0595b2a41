//! The naive reference model: the written rules of routing, done by looking at everybody, every time.
//!
//! It shares no code with the engine, only the vocabulary. Slow and obvious on purpose.

use acd::api::{AgentRule, Arrival, QueueSetup, Setup};
use core::cmp::Reverse;
use core::time::Duration;
use domain::{
    AgentId, AgentState, Channel, ContactId, Counts, Instant, OfferId, OfferResult, Proficiency, QueueId, ReasonCode,
    Requirement, SkillId,
};
use std::collections::BTreeMap;

/// What the model says happened, in the engine's order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// Offer, contact, agent, deadline, score, ring, best candidates with figures.
    Offered(OfferId, ContactId, AgentId, Instant, i64, u16, Vec<(AgentId, i64)>),
    /// An offer is over.
    Ended(OfferId, ContactId, AgentId, OfferResult),
    /// Agent, contact, timed out.
    WrappedUp(AgentId, ContactId, bool),
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
    /// When wrap-up ends.
    pub until: Option<Instant>,
}

/// An agent.
#[derive(Clone, Debug)]
pub struct Person {
    skills: BTreeMap<SkillId, Proficiency>,
    queues: Vec<QueueId>,
    units: BTreeMap<Channel, u8>,
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
}

/// A contact in line.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The queue.
    pub queue: QueueId,
    channel: Channel,
    priority: i64,
    requirement: Requirement,
    since: Instant,
    entered: Instant,
    sticky: Option<AgentId>,
    /// The offer under which it is rung.
    pub offered: Option<OfferId>,
}

/// An offer.
#[derive(Clone, Debug)]
pub struct Lease {
    contact: ContactId,
    agent: AgentId,
    queue: QueueId,
    deadline: Instant,
}

/// The whole floor.
pub struct Model {
    now: Instant,
    sticky: Duration,
    at_once: bool,
    queues: BTreeMap<QueueId, QueueSetup>,
    /// Everybody.
    pub agents: BTreeMap<AgentId, Person>,
    /// Everybody in line.
    pub line: BTreeMap<ContactId, Caller>,
    /// All offers that stand.
    pub leases: BTreeMap<OfferId, Lease>,
    /// Counters.
    pub counts: BTreeMap<QueueId, Counts>,
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

impl Person {
    fn in_hand(&self) -> usize {
        self.served.len() + usize::from(self.ringing.is_some())
    }

    /// Neither logged out nor not ready, nor about to be.
    fn at_work(&self) -> bool {
        self.wish == Wish::Ready
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

    fn has_unit(&self, channel: Channel) -> bool {
        let units = self.units.get(&channel).copied().unwrap_or(0);
        let used = self.served.iter().filter(|s| s.channel == channel).count();
        let exclusive_ok = if is_call(channel) { self.in_hand() == 0 } else { true };
        exclusive_ok && !self.served.iter().any(|s| is_call(s.channel)) && used < usize::from(units)
    }
}

impl Model {
    /// The same floor as the engine's.
    pub fn new(setup: &Setup, first_offer: u64, at_once: bool) -> Self {
        let person = |agent: &acd::api::AgentSetup| Person {
            skills: agent.skills.iter().copied().collect(),
            queues: agent.queues.clone(),
            units: agent.capacity.iter().copied().collect(),
            wish: Wish::Out,
            served: Vec::new(),
            ringing: None,
            routable: true,
            cool: None,
            idle: None,
            assigned: Instant::ZERO,
            busy: Duration::ZERO,
            on: Duration::ZERO,
        };
        Self {
            now: Instant::ZERO,
            sticky: setup.sticky,
            at_once,
            queues: setup.queues.iter().map(|q| (q.id, q.clone())).collect(),
            agents: setup.agents.iter().map(|a| (a.id, person(a))).collect(),
            line: BTreeMap::new(),
            leases: BTreeMap::new(),
            counts: setup.queues.iter().map(|q| (q.id, Counts::default())).collect(),
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

    /// Whether anything changes by itself at this instant: the engine must have asked to be called by then.
    pub fn due_by(&self, now: Instant) -> bool {
        self.leases.values().any(|l| l.deadline <= now)
            || self.agents.values().any(|a| a.cool.is_some_and(|c| c <= now))
            || self.agents.values().flat_map(|a| &a.served).any(|s| s.until.is_some_and(|u| u <= now))
    }

    /// After each input: what is due, then matching, until nothing is left.
    pub fn settle(&mut self) {
        let due: Vec<OfferId> = self.leases.iter().filter(|(_, l)| l.deadline <= self.now).map(|(id, _)| *id).collect();
        for offer in due {
            self.end(offer, OfferResult::NoAnswer, true);
        }
        let ids: Vec<AgentId> = self.agents.keys().copied().collect();
        for id in ids {
            let over = |s: &Served| s.until.is_some_and(|until| until <= self.now);
            let mut ended: Vec<ContactId> =
                self.agents[&id].served.iter().filter(|s| over(s)).map(|s| s.contact).collect();
            ended.sort();
            for contact in ended {
                self.let_go(id, contact, true);
            }
            let agent = self.agents.get_mut(&id).unwrap();
            agent.cool = agent.cool.filter(|until| *until > self.now && agent.signed_in());
        }
        self.note_idle();
        while let Some((contact, agents)) = self.best_pair() {
            self.offer(contact, &agents);
            self.note_idle();
        }
    }

    /// Remembers since when each agent has been ready with nothing in hand.
    pub fn note_idle(&mut self) {
        for agent in self.agents.values_mut() {
            let idle = agent.wish == Wish::Ready && agent.in_hand() == 0;
            agent.idle = if idle { agent.idle.or(Some(self.now)) } else { None };
        }
    }

    fn need(&self, caller: &Caller) -> (u16, Vec<(SkillId, Proficiency)>) {
        let waited = self.now.since(caller.since);
        let mut found = (0, Vec::new());
        for (number, ring) in caller.requirement.rings().iter().enumerate() {
            if ring.after <= waited {
                found = (number as u16, ring.need.clone());
            }
        }
        found
    }

    fn eligible(&self, id: AgentId, caller: &Caller) -> bool {
        let agent = &self.agents[&id];
        let ready = matches!(agent.state(), AgentState::Ready | AgentState::Busy) && agent.at_work();
        if !ready || !agent.routable || agent.cool.is_some() || !agent.queues.contains(&caller.queue) {
            return false;
        }
        let skilled = self.need(caller).1.iter().all(|(s, least)| agent.skills.get(s).is_some_and(|l| l >= least));
        if !skilled || !agent.has_unit(caller.channel) {
            return false;
        }
        let window = self.now < caller.since + self.sticky;
        match caller.sticky.and_then(|id| self.agents.get(&id).map(|a| (id, a))) {
            Some((preferred, person)) if window && person.at_work() => preferred == id,
            _ => true,
        }
    }

    fn score(&self, caller: &Caller) -> i64 {
        let queue = &self.queues[&caller.queue];
        let age_ms = self.now.as_millis() - caller.since.as_millis();
        1_000 * caller.priority + i64::from(queue.age_per_s) * age_ms as i64
    }

    /// The rule's figure, lower is better, and how it is told.
    fn figure(&self, id: AgentId, caller: &Caller) -> (i64, i64) {
        let agent = &self.agents[&id];
        let since = if agent.served.is_empty() { agent.idle.unwrap() } else { agent.assigned };
        match self.queues[&caller.queue].agent_rule {
            AgentRule::LongestIdle => (0, ms(self.now.since(since)) as i64),
            AgentRule::LeastOccupied => {
                let occupancy = (ms(agent.busy) * (1 << 20) / ms(agent.on).max(1)) as i64;
                (occupancy, occupancy)
            }
            AgentRule::BestLevel => {
                let sum: i64 = self.need(caller).1.iter().map(|(s, _)| i64::from(agent.skills[s].level())).sum();
                (-sum, sum)
            }
        }
    }

    /// The contact that goes first among those with an eligible agent, and its agents, the best first.
    pub fn best_pair(&self) -> Option<(ContactId, Vec<AgentId>)> {
        let mut best: Option<(ContactId, Vec<AgentId>)> = None;
        for (contact, caller) in self.line.iter().filter(|(_, c)| c.offered.is_none()) {
            let mut agents: Vec<AgentId> = self.agents.keys().copied().filter(|a| self.eligible(*a, caller)).collect();
            if agents.is_empty() {
                continue;
            }
            agents.sort_by_key(|id| {
                let agent = &self.agents[id];
                let loaded = !agent.served.is_empty();
                let time = if loaded { agent.assigned } else { agent.idle.unwrap() };
                (self.figure(*id, caller).0, loaded, time, *id)
            });
            let rank = |id: &ContactId| (Reverse(self.score(&self.line[id])), self.line[id].since, *id);
            if best.as_ref().is_none_or(|(other, _)| rank(contact) < rank(other)) {
                best = Some((*contact, agents));
            }
        }
        best
    }

    fn offer(&mut self, contact: ContactId, agents: &[AgentId]) {
        let caller = &self.line[&contact];
        let offer = OfferId::new(self.next);
        let queue = caller.queue;
        let deadline = self.now + self.queues[&queue].offer_timeout;
        let best = agents.iter().take(3).map(|id| (*id, self.figure(*id, caller).1)).collect();
        let (score, ring) = (self.score(caller), self.need(caller).0);
        self.log.push(Happening::Offered(offer, contact, agents[0], deadline, score, ring, best));
        self.next += 1;
        self.line.get_mut(&contact).unwrap().offered = Some(offer);
        let agent = self.agents.get_mut(&agents[0]).unwrap();
        agent.ringing = Some(offer);
        agent.assigned = self.now;
        self.leases.insert(offer, Lease { contact, agent: agents[0], queue, deadline });
        if self.at_once {
            self.end(offer, OfferResult::Answered, true);
        }
    }

    /// Ends an offer; the contact may be gone already.
    pub fn end(&mut self, offer: OfferId, result: OfferResult, in_line: bool) {
        let Some(lease) = self.leases.remove(&offer) else { return };
        self.log.push(Happening::Ended(offer, lease.contact, lease.agent, result));
        let agent = self.agents.get_mut(&lease.agent).unwrap();
        agent.ringing = None;
        if !in_line {
            return;
        }
        if result == OfferResult::Answered {
            let caller = self.line.remove(&lease.contact).unwrap();
            let goal = self.queues[&lease.queue].goal;
            let counts = self.counts.get_mut(&lease.queue).unwrap();
            let wait = ms(self.now.since(caller.entered));
            counts.answered += 1;
            counts.wait_answered_ms += wait;
            counts.answered_within += u64::from(wait <= goal.within_ms);
            let queue = Some(lease.queue);
            agent.served.push(Served { contact: lease.contact, queue, channel: caller.channel, until: None });
            return;
        }
        self.line.get_mut(&lease.contact).unwrap().offered = None;
        let rule = self.queues[&lease.queue].cool_downs;
        let pause = match result {
            OfferResult::Declined => rule.declined,
            OfferResult::Busy => rule.busy,
            OfferResult::Unreachable => rule.unreachable,
            OfferResult::NoAnswer if rule.no_answer_not_ready => {
                agent.wish = Wish::Away("rona".parse().unwrap());
                Duration::ZERO
            }
            OfferResult::NoAnswer => rule.no_answer,
            _ => Duration::ZERO,
        };
        if pause > Duration::ZERO {
            agent.cool = Some(self.now + pause);
        }
    }

    /// A contact asks for an agent, or is moved.
    pub fn arrive(&mut self, arrival: &Arrival) {
        let before = self.line.get(&arrival.contact).cloned();
        let asked = arrival.since.unwrap_or(self.now);
        let caller = Caller {
            queue: arrival.queue,
            channel: arrival.channel,
            priority: i64::from(arrival.priority.0) + i64::from(self.queues[&arrival.queue].base_priority.0),
            requirement: arrival.requirement.clone().unwrap_or(self.queues[&arrival.queue].requirement.clone()),
            since: before.as_ref().map_or(asked, |b| b.since.min(asked)),
            entered: before.as_ref().map_or(self.now, |b| b.entered),
            sticky: arrival.sticky,
            offered: None,
        };
        if let Some(before) = &before
            && let Some(offer) = before.offered
        {
            self.end(offer, OfferResult::Withdrawn, false);
        }
        if before.as_ref().is_none_or(|b| b.queue != arrival.queue) {
            self.counts.get_mut(&arrival.queue).unwrap().offered += 1;
            if let Some(before) = before {
                self.counts.get_mut(&before.queue).unwrap().flowed_out += 1;
            }
        }
        self.line.insert(arrival.contact, caller);
    }

    /// A contact leaves the line.
    pub fn leave(&mut self, contact: ContactId, result: OfferResult) {
        let Some(caller) = self.line.remove(&contact) else { return };
        if let Some(offer) = caller.offered {
            self.end(offer, result, false);
        }
        let wait = ms(self.now.since(caller.entered));
        let goal = self.queues[&caller.queue].goal;
        let counts = self.counts.get_mut(&caller.queue).unwrap();
        if result == OfferResult::CustomerLeft {
            counts.abandoned += 1;
            counts.short_abandons += u64::from(wait <= goal.short_abandon_ms);
        } else {
            counts.flowed_out += 1;
        }
    }

    fn let_go(&mut self, agent: AgentId, contact: ContactId, timed_out: bool) {
        self.agents.get_mut(&agent).unwrap().served.retain(|s| s.contact != contact);
        self.log.push(Happening::WrappedUp(agent, contact, timed_out));
    }

    /// The talk is over.
    pub fn finish(&mut self, agent: AgentId, contact: ContactId) {
        let now = self.now;
        let person = self.agents.get_mut(&agent).unwrap();
        let Some(at) = person.served.iter().position(|s| s.contact == contact && s.until.is_none()) else { return };
        let length = person.served[at].queue.map_or(Duration::ZERO, |q| self.queues[&q].wrap_up);
        if length == Duration::ZERO {
            person.served.remove(at);
        } else {
            person.served[at].until = Some(now + length);
        }
    }

    /// Busy with something else.
    pub fn occupy(&mut self, agent: AgentId, contact: ContactId, queue: Option<QueueId>) {
        self.leave(contact, OfferResult::Withdrawn);
        let person = self.agents.get_mut(&agent).unwrap();
        if !person.signed_in() {
            return;
        }
        person.served.push(Served { contact, queue, channel: Channel::Voice, until: None });
        if let Some(offer) = person.ringing {
            self.end(offer, OfferResult::Withdrawn, true);
        }
    }

    /// Phone usable or not.
    pub fn routable(&mut self, agent: AgentId, routable: bool) {
        self.agents.get_mut(&agent).unwrap().routable = routable;
    }

    /// True: done.
    pub fn sign_in(&mut self, agent: AgentId, reason: ReasonCode) -> bool {
        let person = self.agents.get_mut(&agent).unwrap();
        if !person.signed_in() {
            person.wish = Wish::Away(reason);
        } else if person.wish == Wish::Out {
            person.wish = Wish::Ready;
        }
        true
    }

    /// Not ready or out. True: done.
    pub fn stop(&mut self, agent: AgentId, wish: Wish) -> bool {
        let person = self.agents.get_mut(&agent).unwrap();
        if !person.signed_in() {
            return false;
        }
        person.wish = wish;
        if let Some(offer) = person.ringing {
            let result = if wish == Wish::Out { OfferResult::Withdrawn } else { OfferResult::Declined };
            self.end(offer, result, true);
        }
        true
    }

    /// True: done.
    pub fn ready(&mut self, agent: AgentId) -> bool {
        let person = self.agents.get_mut(&agent).unwrap();
        if !person.signed_in() {
            return false;
        }
        person.wish = Wish::Ready;
        if person.state() == AgentState::AfterContactWork {
            self.finish_wrap_up(agent);
        }
        true
    }

    /// True: done.
    pub fn extend(&mut self, agent: AgentId) -> bool {
        let queues = &self.queues;
        let mut any = false;
        for served in self.agents.get_mut(&agent).unwrap().served.iter_mut() {
            if let (Some(until), Some(queue)) = (served.until.as_mut(), served.queue) {
                *until = *until + queues[&queue].wrap_up_extension;
                any = true;
            }
        }
        any
    }

    /// True: done.
    pub fn finish_wrap_up(&mut self, agent: AgentId) -> bool {
        let finishing = self.agents[&agent].served.iter().filter(|s| s.until.is_some());
        let contacts: Vec<ContactId> = finishing.map(|s| s.contact).collect();
        for contact in &contacts {
            self.let_go(agent, *contact, false);
        }
        !contacts.is_empty()
    }
}
