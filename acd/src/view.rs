//! What can be read: states, figures and the floor. Reading changes nothing.

use crate::agent::{Agent, Tally};
use crate::api::{AgentRule, AgentSetup, QueueFigures};
use crate::contact::Contact;
use crate::engine::Engine;
use crate::queue::{Queue, wait_ms};
use core::cmp::Reverse;
use domain::{AgentId, AgentState, AgentView, ContactId, Counts, Instant, QueueId, QueueView, Redacted, WaitingView};

/// Contacts in line that the floor shows.
const WAITING_SHOWN: usize = 200;

impl Engine {
    /// The state of an agent.
    #[must_use]
    pub fn agent_state(&self, agent: AgentId) -> Option<AgentState> {
        let agent = self.agent(self.agent_number(agent)?);
        (agent.known || agent.presence.signed_in).then(|| agent.state())
    }

    /// The queue in which a contact waits, also while it is being offered.
    #[must_use]
    pub fn queue_of(&self, contact: ContactId) -> Option<QueueId> {
        self.contacts.by_id(contact).map(|contact| self.queue(contact.queue).setup.id)
    }

    /// The agent whom a contact in line prefers.
    #[must_use]
    pub fn sticky_of(&self, contact: ContactId) -> Option<AgentId> {
        self.contacts.by_id(contact)?.ask.sticky
    }

    /// The queues of an agent, empty for an unknown one.
    #[must_use]
    pub fn queues_of(&self, agent: AgentId) -> Vec<QueueId> {
        self.agent_number(agent).map_or_else(Vec::new, |number| queues(&self.agent(number).setup))
    }

    /// The contacts in an agent's hand, served or in wrap-up.
    pub fn in_hand(&self, agent: AgentId) -> impl Iterator<Item = ContactId> + '_ {
        let hands = self.agent_number(agent).map_or(&[][..], |number| &self.agent(number).hands);
        hands.iter().map(|hand| hand.contact)
    }

    /// The counters of a queue.
    #[must_use]
    pub fn counts(&self, queue: QueueId) -> Option<Counts> {
        self.queue_number(queue).map(|number| self.queue(number).counts)
    }

    /// Starts all counters anew, as at midnight. Contacts in line count as offered.
    pub fn restart_counts(&mut self) {
        for queue in &mut self.queues {
            queue.counts = Counts { offered: queue.line.len().into(), ..Counts::default() };
        }
        for (agent, standing) in self.agents.iter_mut().zip(&mut self.standing) {
            agent.tally = Tally::default();
            standing.answered = 0;
        }
        if self.queues.iter().any(|queue| queue.setup.agent_rule == AgentRule::FewestContacts) {
            self.list_all();
        }
    }

    /// Puts all idle agents among the idle of their classes anew: their ranks changed.
    fn list_all(&mut self) {
        self.classes.all_mut().iter_mut().for_each(|class| class.idle.clear());
        for number in 0..self.agents.len() as u32 {
            if self.standing[number as usize].listed != 0 {
                self.list(number);
            }
        }
    }

    /// Figures of a queue, for a flow that branches on them.
    #[must_use]
    pub fn queue_state(&self, queue: QueueId) -> Option<QueueFigures> {
        let queue = self.queue(self.queue_number(queue)?);
        Some(QueueFigures {
            waiting: queue.line.len(),
            ready: self.count(queue, |state| matches!(state, AgentState::Ready)),
            staffed: self.count(queue, |state| !matches!(state, AgentState::LoggedOut | AgentState::NotReady(_))),
            longest_wait_ms: queue.line.oldest(&self.contacts).map_or(0, |entered| wait_ms(self.now, entered)),
        })
    }

    /// The contact's place in its queue by score, from 1, also while it is being offered. It looks at the whole
    /// queue: ask for announcements, not for decisions.
    #[must_use]
    pub fn position(&self, contact: ContactId) -> Option<u32> {
        let mine = self.contacts.by_id(contact)?;
        let queue = self.queue(mine.queue);
        let place = |contact: &Contact| {
            let order = contact.order(queue);
            (Reverse(order.score_at(contact.rate(queue), self.now)), order.since, order.id)
        };
        let others = queue.line.slots(&self.contacts).map(|slot| place(&self.contacts[slot]));
        let place = place(mine);
        Some(1 + others.filter(|other| *other < place).count() as u32)
    }

    /// Everything on the floor: queues and agents in order of id, and the contacts longest in line, at most 200.
    /// Queues and agents that are no more are shown while somebody is in them or with them.
    /// The views' customer, phase, label and forecast fields are left empty: the engine does not know them.
    #[must_use]
    pub fn floor(&self, _now: Instant) -> (Vec<QueueView>, Vec<AgentView>, Vec<WaitingView>) {
        let queues = self.queues.iter().filter(|queue| queue.known || queue.line.len() > 0);
        let agents = self.agents.iter().filter(|agent| agent.known || agent.presence.signed_in);
        let longest = self.queues.iter().flat_map(|queue| queue.line.longest(&self.contacts, WAITING_SHOWN));
        let mut line: Vec<_> =
            longest.map(|slot| (self.contacts[slot].entered, self.contacts[slot].id, slot)).collect();
        line.sort_unstable();
        line.truncate(WAITING_SHOWN);
        (
            queues.map(|queue| self.queue_view(queue)).collect(),
            agents.map(|agent| self.agent_view(agent)).collect(),
            line.into_iter().map(|(_, _, slot)| self.waiting_view(&self.contacts[slot])).collect(),
        )
    }

    fn count(&self, queue: &Queue, which: impl Fn(AgentState) -> bool) -> u32 {
        queue.index.members.iter().filter(|number| which(self.agent(**number).state())).count() as u32
    }

    fn queue_view(&self, queue: &Queue) -> QueueView {
        QueueView {
            id: queue.setup.id,
            name: queue.setup.name.clone(),
            goal: queue.setup.goal,
            waiting: queue.line.len(),
            oldest: queue.line.oldest(&self.contacts),
            counts: queue.counts,
            longest_wait_ms: 0,
            callbacks: domain::CallbackCounts::default(),
            not_offered: std::collections::BTreeMap::new(),
            messages: domain::MessageCounts::default(),
            surveys: domain::SurveyCounts::default(),
            agents_signed_in: self.count(queue, |state| state != AgentState::LoggedOut),
            agents_ready: self.count(queue, |state| state == AgentState::Ready),
            agents_reserved: self.count(queue, |state| matches!(state, AgentState::Reserved(_))),
            agents_busy: self.count(queue, |state| state == AgentState::Busy),
            agents_wrap_up: self.count(queue, |state| state == AgentState::AfterContactWork),
            agents_not_ready: self.count(queue, |state| matches!(state, AgentState::NotReady(_))),
            expected: None,
            honesty: domain::Honesty::default(),
        }
    }

    fn agent_view(&self, agent: &Agent) -> AgentView {
        let hand = agent.hands.iter().find(|hand| hand.wrap_up.is_none()).or(agent.hands.first());
        let (contact, queue) = match (hand, agent.offer) {
            (Some(hand), _) => (Some(hand.contact), hand.queue),
            (None, Some(held)) => (Some(self.contact_id(held.contact)), Some(held.queue)),
            (None, None) => (None, None),
        };
        AgentView {
            id: agent.setup.id,
            name: agent.setup.name.clone(),
            state: agent.state(),
            since: agent.told.since,
            next: agent.told.next,
            reachable: agent.presence.routable,
            contact,
            phase: None,
            monitors: Vec::new(),
            legs: Vec::new(),
            customer: None,
            queue: queue.map(|queue| self.queue(queue).setup.id),
            queues: queues(&agent.setup),
            skills: agent.setup.skills.iter().map(|(skill, level)| (*skill, level.level())).collect(),
            handled: agent.tally.handled,
            handle_ms: agent.tally.handle_us / 1_000,
        }
    }

    fn waiting_view(&self, contact: &Contact) -> WaitingView {
        WaitingView {
            contact: contact.id,
            queue: self.queue(contact.queue).setup.id,
            channel: contact.ask.channel,
            customer: Redacted::default(),
            since: contact.entered,
            offered: !contact.ringing.is_empty(),
        }
    }
}

fn queues(agent: &AgentSetup) -> Vec<QueueId> {
    agent.queues.iter().map(|part| part.queue).collect()
}
