//! New configurations, new counters.

use super::{Model, Person, Profile, Queue, Wish};
use acd::api::Setup;
use domain::{AgentId, Counts, QueueId};
use std::collections::BTreeSet;

impl Model {
    /// Queues, agents and rules are these from now on.
    pub fn reconfigure(&mut self, setup: &Setup) {
        self.sticky = setup.sticky;
        self.contact_rule = setup.contact_rule;
        self.interrupts.clone_from(&setup.interrupts);
        self.change_queues(setup);
        self.change_agents(setup);
    }

    fn change_queues(&mut self, setup: &Setup) {
        let named: BTreeSet<QueueId> = setup.queues.iter().map(|queue| queue.id).collect();
        for (id, queue) in &mut self.queues {
            queue.known = named.contains(id);
        }
        for new in &setup.queues {
            match self.queues.get_mut(&new.id) {
                Some(queue) => queue.setup = new.clone(),
                None => {
                    self.queues.insert(new.id, Queue::new(new.clone()));
                }
            }
        }
    }

    fn change_agents(&mut self, setup: &Setup) {
        let named: BTreeSet<AgentId> = setup.agents.iter().map(|agent| agent.id).collect();
        for (_, person) in self.agents.iter_mut().filter(|(id, _)| !named.contains(id)) {
            person.known = false;
            person.wish = Wish::Out;
            person.profile.parts.clear();
        }
        for new in &setup.agents {
            match self.agents.get_mut(&new.id) {
                Some(person) => (person.profile, person.known) = (Profile::new(new), true),
                None => {
                    self.agents.insert(new.id, Person::new(new));
                }
            }
        }
    }

    /// Counters begin anew; those in line count as offered.
    pub fn restart_counts(&mut self) {
        for (id, queue) in &mut self.queues {
            let offered = self.line.values().filter(|caller| caller.queue == *id).count() as u64;
            queue.counts = Counts { offered, ..Counts::default() };
        }
        for person in self.agents.values_mut() {
            person.answered = 0;
        }
    }
}
