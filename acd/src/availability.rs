//! Keeps what is told and indexed about an agent in step with the agent, and makes and drops classes.

use crate::agent::{Agent, bit};
use crate::api::{AgentRule, Effect};
use crate::class::{ClassKey, Rank};
use crate::engine::Engine;
use crate::timer::Timer;
use domain::{Instant, Proficiency, SkillId};

impl Engine {
    /// To be called after every change to an agent: enters the next state, books time, tells the state, moves the
    /// contacts that prefer this agent, and notes that matching has to look.
    pub(crate) fn refresh(&mut self, now: Instant, number: u32, effects: &mut Vec<Effect>) {
        let agent = self.agent_mut(number);
        agent.enter_next_state();
        let accepting = agent.is_accepting();
        agent.clock.turn(now, agent.has_in_hand(), accepting);
        if let Some(effect) = news(now, agent) {
            effects.push(effect);
        }
        let signed_out = !agent.presence.signed_in;
        let turned = core::mem::replace(&mut agent.index.accepting, accepting) != accepting;
        if signed_out {
            self.stop_cooling(number);
        }
        self.note_availability(number);
        if turned {
            for contact in self.agent(number).preferred_by.clone() {
                self.replace(now, contact);
            }
        }
    }

    pub(crate) fn stop_cooling(&mut self, number: u32) {
        if let Some(until) = self.agent_mut(number).presence.cooling.take() {
            self.timers.cancel(until, Timer::CoolDown(number));
        }
    }

    fn note_availability(&mut self, number: u32) {
        let agent = self.agent(number);
        let available = agent.availability();
        if agent.index.listed != 0 && (available != agent.index.listed || agent.idle_rank() != agent.index.rank) {
            self.unlist(number);
        }
        let agent = self.agent_mut(number);
        if available != 0 && agent.index.listed == 0 && !agent.index.dirty {
            agent.index.dirty = true;
            self.dirty.push(number);
        }
    }

    /// Agents who are still available after the match go into the idle sets of their classes.
    pub(crate) fn list_dirty(&mut self) {
        while let Some(number) = self.dirty.pop() {
            let agent = self.agent_mut(number);
            agent.index.dirty = false;
            agent.index.listed = agent.availability();
            agent.index.rank = agent.idle_rank();
            let agent = &self.agents[number as usize];
            for (class, sum) in &agent.index.classes {
                let class = self.classes.class_mut(*class);
                if agent.index.listed & bit(class.key.channel) != 0 {
                    let rule = self.queues[class.key.queue as usize].setup.agent_rule;
                    class.idle.insert(listed_rank(rule, *sum, number, agent.index.rank));
                }
            }
        }
    }

    fn unlist(&mut self, number: u32) {
        let agent = &self.agents[number as usize];
        for (class, sum) in &agent.index.classes {
            let class = self.classes.class_mut(*class);
            if agent.index.listed & bit(class.key.channel) != 0 {
                let rule = self.queues[class.key.queue as usize].setup.agent_rule;
                class.idle.remove(&listed_rank(rule, *sum, number, agent.index.rank));
            }
        }
        self.agent_mut(number).index.listed = 0;
    }

    /// The class of this key, made if there is none. Only making one looks at all members of its queue.
    pub(crate) fn class_for(&mut self, key: ClassKey, need: &[(SkillId, Proficiency)]) -> u32 {
        if let Some(class) = self.classes.find(&key) {
            return class;
        }
        let queue = &self.queues[key.queue as usize];
        let rule = queue.setup.agent_rule;
        let class = self.classes.add(key, i64::from(queue.setup.age_per_s));
        let members: &[u32] = match &key.only {
            Some(only) if queue.members.binary_search(only).is_ok() => core::slice::from_ref(only),
            Some(_) => &[],
            None => &queue.members,
        };
        for number in members {
            let agent = &mut self.agents[*number as usize];
            let Some(sum) = agent.level_sum(need).filter(|_| agent.capacity(key.channel) > 0) else { continue };
            agent.index.add_class(class, sum);
            if agent.index.listed & bit(key.channel) != 0 {
                let rank = listed_rank(rule, sum, *number, agent.index.rank);
                self.classes.class_mut(class).idle.insert(rank);
            }
        }
        class
    }

    /// Classes for one agent only live while somebody waits in them.
    pub(crate) fn drop_sticky_class(&mut self, class: u32) {
        if let Some(only) = self.classes.class(class).key.only {
            self.agent_mut(only).index.remove_class(class);
            self.classes.remove(class);
        }
    }
}

/// The rank in an idle set. Occupancy changes with time and is worked out when it is asked for.
fn listed_rank(rule: AgentRule, sum: u16, agent: u32, (loaded, time): (bool, Instant)) -> Rank {
    let figure = if rule == AgentRule::BestLevel { -i64::from(sum) } else { 0 };
    Rank { figure, loaded, time, agent }
}

/// The agent's state, if it is not what was told last.
fn news(now: Instant, agent: &mut Agent) -> Option<Effect> {
    let (state, next, wrap_up) = (agent.state(), agent.presence.next, agent.wrap_up_deadline());
    let told = agent.told;
    if (state, next, wrap_up) == (told.state, told.next, told.wrap_up) {
        return None;
    }
    agent.told.since = if state == told.state { told.since } else { now };
    (agent.told.state, agent.told.next, agent.told.wrap_up) = (state, next, wrap_up);
    let since = agent.told.since;
    Some(Effect::AgentState { agent: agent.setup.id, state, since, next, wrap_up_deadline: wrap_up })
}
