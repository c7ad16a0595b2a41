//! A new setup on a floor at work: who and what is kept, and under which number.

use crate::agent::Agent;
use crate::api::{AgentSetup, Effect, QueueSetup, Setup};
use crate::capacity::interrupt_table;
use crate::engine::Engine;
use crate::heap::NONE;
use crate::queue::Queue;
use domain::{AgentId, NextState, QueueId};
use std::collections::BTreeMap;

impl Engine {
    pub(crate) fn on_reconfigured(&mut self, setup: Setup, effects: &mut Vec<Effect>) {
        let Setup { queues, agents, sticky, contact_rule, interrupts, seed: _ } = setup;
        self.rules.sticky = sticky;
        self.rules.contact_rule = contact_rule;
        self.rules.interrupts = interrupt_table(&interrupts);
        let queue_numbers = self.replace_queues(queues);
        let agent_numbers = self.replace_agents(agents);
        self.renumber(&queue_numbers, &agent_numbers);
        self.index();
        for number in 0..self.agents.len() as u32 {
            self.refresh(number, effects);
        }
        let queues = 0..self.queues.len() as u32;
        self.pending.stranded = queues.filter(|queue| self.nobody_stays(*queue).is_some()).collect();
    }

    /// Returns the new number of each queue. Those that are no more are kept, for what comes of them is in hand.
    fn replace_queues(&mut self, setups: Vec<QueueSetup>) -> Vec<u32> {
        let old: Vec<QueueId> = self.queues.iter().map(|queue| queue.setup.id).collect();
        let before = core::mem::take(&mut self.queues).into_iter();
        let mut queues: BTreeMap<QueueId, Queue> =
            before.map(|queue| (queue.setup.id, Queue { known: false, ..queue })).collect();
        for setup in setups {
            match queues.get_mut(&setup.id) {
                Some(queue) if queue.known => {}
                Some(queue) => (queue.setup, queue.known) = (setup, true),
                None => {
                    queues.insert(setup.id, Queue::new(setup));
                }
            }
        }
        let numbers: BTreeMap<QueueId, u32> = queues.keys().copied().zip(0..).collect();
        self.queues = queues.into_values().collect();
        old.iter().map(|id| numbers.get(id).copied().unwrap_or(NONE)).collect()
    }

    /// Returns the new number of each agent. Those who are no more are kept while they are signed in.
    fn replace_agents(&mut self, setups: Vec<AgentSetup>) -> Vec<u32> {
        let old: Vec<AgentId> = self.agents.iter().map(|agent| agent.setup.id).collect();
        let before = core::mem::take(&mut self.agents).into_iter();
        let mut before: BTreeMap<AgentId, Agent> = before.map(|agent| (agent.setup.id, agent)).collect();
        let mut agents: BTreeMap<AgentId, Agent> = BTreeMap::new();
        for setup in setups {
            if agents.contains_key(&setup.id) {
                continue;
            }
            let id = setup.id;
            let agent = match before.remove(&id).filter(|agent| agent.known || agent.presence.signed_in) {
                Some(mut agent) => {
                    agent.set_up(setup);
                    agent
                }
                None => Agent::new(setup),
            };
            agents.insert(id, agent);
        }
        for (id, mut agent) in before.into_iter().filter(|(_, agent)| agent.presence.signed_in) {
            agent.known = false;
            agent.presence.next = Some(NextState::LoggedOut);
            agent.setup.queues.clear();
            agents.insert(id, agent);
        }
        let numbers: BTreeMap<AgentId, u32> = agents.keys().copied().zip(0..).collect();
        self.agents = agents.into_values().collect();
        old.iter().map(|id| numbers.get(id).copied().unwrap_or(NONE)).collect()
    }

    fn renumber(&mut self, queues: &[u32], agents: &[u32]) {
        let new = |queue: &mut u32| *queue = queues[*queue as usize];
        for agent in &mut self.agents {
            agent.hands.iter_mut().filter_map(|hand| hand.queue.as_mut()).for_each(new);
            if let Some(held) = &mut agent.offer {
                new(&mut held.queue);
            }
        }
        for slot in 0..self.contacts.slots() {
            if self.contacts.at(slot).is_some() {
                let contact = &mut self.contacts[slot];
                new(&mut contact.queue);
                contact.tried.iter_mut().for_each(new);
                contact.ringing.renumber(agents);
            }
        }
        self.offers.standing.clear();
        for (number, agent) in self.agents.iter().enumerate() {
            if let Some(held) = agent.offer {
                self.offers.standing.insert(held.offer, number as u32);
            }
        }
    }
}
