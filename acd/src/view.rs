//! What can be read: states, figures and the floor. Reading changes nothing.

use crate::agent::Agent;
use crate::api::QueueFigures;
use crate::engine::Engine;
use crate::line::wait_ms;
use crate::queue::Queue;
use domain::{AgentId, AgentState, AgentView, ContactId, Counts, Instant, QueueId, QueueView, Redacted, WaitingView};

/// Contacts in line that the floor shows.
const WAITING_SHOWN: usize = 200;

impl Engine {
    /// The state of an agent, as last told.
    #[must_use]
    pub fn agent_state(&self, agent: AgentId) -> Option<AgentState> {
        self.agent_number(agent).map(|number| self.agent(number).told.state)
    }

    /// The queue in which a contact waits, also while it is being offered.
    #[must_use]
    pub fn queue_of(&self, contact: ContactId) -> Option<QueueId> {
        self.contacts.get(&contact).map(|contact| self.queue(contact.queue).setup.id)
    }

    /// The queues of an agent, empty for an unknown one.
    #[must_use]
    pub fn queues_of(&self, agent: AgentId) -> &[QueueId] {
        self.agent_number(agent).map_or(&[], |number| &self.agent(number).setup.queues)
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
            queue.counts = Counts { offered: queue.line.len() as u64, ..Counts::default() };
        }
        for agent in &mut self.agents {
            agent.tally = crate::agent::Tally::default();
        }
    }

    /// Figures of a queue, for a flow that branches on them.
    #[must_use]
    pub fn queue_state(&self, queue: QueueId) -> Option<QueueFigures> {
        let queue = self.queue(self.queue_number(queue)?);
        Some(QueueFigures {
            waiting: queue.line.len() as u32,
            ready: self.count(queue, |state| matches!(state, AgentState::Ready)),
            longest_wait_ms: queue.line.first().map_or(0, |(entered, _)| wait_ms(self.now, *entered)),
        })
    }

    /// The contact's place in its queue by score, from 1, also while it is being offered. It looks at the whole
    /// queue: ask for announcements, not for decisions.
    #[must_use]
    pub fn position(&self, contact: ContactId) -> Option<u32> {
        let mine = self.contacts.get(&contact)?;
        let queue = self.queue(mine.queue);
        let rate = i64::from(queue.setup.age_per_s);
        let place = mine.place(contact, rate);
        let others = queue.line.iter().filter_map(|(_, id)| self.contacts.get(id).map(|c| c.place(*id, rate)));
        Some(1 + others.filter(|other| *other < place).count() as u32)
    }

    /// Everything on the floor: queues and agents in order of id, and the contacts longest in line, at most 200.
    /// The views' customer, phase and label fields are left empty: the ACD does not know them.
    #[must_use]
    pub fn floor(&self, _now: Instant) -> (Vec<QueueView>, Vec<AgentView>, Vec<WaitingView>) {
        let queues = self.queues.iter().map(|queue| self.queue_view(queue)).collect();
        let agents = self.agents.iter().map(|agent| self.agent_view(agent)).collect();
        let mut line: Vec<_> = self.queues.iter().flat_map(|queue| queue.line.iter().take(WAITING_SHOWN)).collect();
        line.sort_unstable();
        line.truncate(WAITING_SHOWN);
        let waiting = line.into_iter().filter_map(|(_, contact)| self.waiting_view(*contact)).collect();
        (queues, agents, waiting)
    }

    fn count(&self, queue: &Queue, which: impl Fn(AgentState) -> bool) -> u32 {
        queue.members.iter().filter(|number| which(self.agent(**number).told.state)).count() as u32
    }

    fn queue_view(&self, queue: &Queue) -> QueueView {
        QueueView {
            id: queue.setup.id,
            name: queue.setup.name.clone(),
            goal: queue.setup.goal,
            waiting: queue.line.len() as u32,
            oldest: queue.line.first().map(|(entered, _)| *entered),
            counts: queue.counts,
            agents_signed_in: self.count(queue, |state| state != AgentState::LoggedOut),
            agents_ready: self.count(queue, |state| state == AgentState::Ready),
            agents_reserved: self.count(queue, |state| matches!(state, AgentState::Reserved(_))),
            agents_busy: self.count(queue, |state| state == AgentState::Busy),
            agents_wrap_up: self.count(queue, |state| state == AgentState::AfterContactWork),
            agents_not_ready: self.count(queue, |state| matches!(state, AgentState::NotReady(_))),
        }
    }

    fn agent_view(&self, agent: &Agent) -> AgentView {
        let offered = agent.offer.and_then(|offer| self.offers.get(&offer));
        let hand = agent.hands.iter().find(|hand| hand.wrap_up.is_none()).or(agent.hands.first());
        let (contact, queue) = match (hand, offered) {
            (Some(hand), _) => (Some(hand.contact), hand.queue),
            (None, Some(offer)) => (Some(offer.contact), Some(offer.queue)),
            (None, None) => (None, None),
        };
        AgentView {
            id: agent.setup.id,
            name: agent.setup.name.clone(),
            state: agent.told.state,
            since: agent.told.since,
            next: agent.told.next,
            reachable: agent.presence.routable,
            contact,
            phase: None,
            customer: None,
            queue: queue.map(|queue| self.queue(queue).setup.id),
            queues: agent.setup.queues.clone(),
            skills: agent.setup.skills.iter().map(|(skill, level)| (*skill, level.level())).collect(),
            handled: agent.tally.handled,
            handle_ms: agent.tally.handle_us / 1_000,
        }
    }

    fn waiting_view(&self, id: ContactId) -> Option<WaitingView> {
        let contact = self.contacts.get(&id)?;
        Some(WaitingView {
            contact: id,
            queue: self.queue(contact.queue).setup.id,
            customer: Redacted::default(),
            since: contact.entered,
            offered: contact.offer.is_some(),
        })
    }
}
