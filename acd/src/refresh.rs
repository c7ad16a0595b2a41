//! Keeps what is told and indexed about an agent in step with the agent.

use crate::api::Effect;
use crate::engine::Engine;

impl Engine {
    /// To be called after every change to an agent: enters the next state, books time, tells the state, moves the
    /// contacts that prefer this agent, and notes that matching has to look.
    pub(crate) fn refresh(&mut self, number: u32, effects: &mut Vec<Effect>) {
        let now = self.now;
        let agent = &mut self.agents[number as usize];
        agent.enter_next_state();
        let (accepting, signed_in) = (agent.is_accepting(), agent.presence.signed_in);
        agent.clock.turn(now, agent.has_in_hand(), accepting);
        if !self.rules.quiet {
            effects.extend(agent.news(now));
        }
        if !signed_in {
            agent.presence.cooling = None;
        }
        let turned = core::mem::replace(&mut agent.index.accepting, accepting) != accepting;
        let came_or_went = core::mem::replace(&mut agent.index.signed_in, signed_in) != signed_in;
        self.note_availability(number);
        self.arm_agent(number);
        if came_or_went {
            self.count_signed_in(number, signed_in);
        }
        if turned {
            for slot in self.agent(number).index.preferred_by.clone() {
                self.replace(slot);
            }
        }
    }

    fn note_availability(&mut self, number: u32) {
        let agent = &self.agents[number as usize];
        let standing = &mut self.standing[number as usize];
        let (idleness, available) = (agent.idleness(), agent.availability(&self.rules.interrupts));
        let answered = u32::try_from(agent.tally.answered).unwrap_or(u32::MAX);
        if (idleness, answered, available) != (standing.idleness, standing.answered, standing.listed) {
            standing.listed = 0;
        }
        (standing.idleness, standing.answered, standing.available) = (idleness, answered, available);
        if available != 0 && standing.listed == 0 && !standing.dirty {
            standing.dirty = true;
            self.pending.dirty.push(number);
        }
    }

    fn count_signed_in(&mut self, number: u32, signed_in: bool) {
        for part in &self.agents[number as usize].index.parts {
            let queue = &mut self.queues[part.queue as usize];
            if signed_in {
                queue.index.signed_in += 1;
                continue;
            }
            queue.index.signed_in -= 1;
            if queue.index.signed_in == 0 && queue.setup.limits.needs_agents {
                self.pending.stranded.push(part.queue);
            }
        }
    }

    /// Agents who are still available after the match go among the idle of their classes.
    pub(crate) fn list_dirty(&mut self) {
        while let Some(number) = self.pending.dirty.pop() {
            let standing = &mut self.standing[number as usize];
            standing.dirty = false;
            standing.listed = standing.available;
            if standing.listed != 0 {
                self.list(number);
            }
        }
    }

    /// Puts a listed agent among the idle of all classes.
    pub(crate) fn list(&mut self, number: u32) {
        let standing = self.standing[number as usize];
        for at in 0..self.agents[number as usize].index.places.len() {
            let place = self.agents[number as usize].index.places[at];
            if standing.listed & place.channel == 0 {
                continue;
            }
            let class = self.classes.class_mut(place.class);
            class.idle.push(standing.rank(&place, number));
            if class.idle.len() > 2 * class.agents as usize + 32 {
                self.prune(place.class);
            }
        }
    }

    fn prune(&mut self, class: u32) {
        let standing = &self.standing;
        let class = self.classes.class_mut(class);
        let (channel, counts) = (crate::capacity::bit(class.key.channel), class.counts);
        class.idle.prune(|rank| crate::choice::stands(standing, channel, counts, rank));
    }
}
