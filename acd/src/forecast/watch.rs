//! What an engine did, told to a forecaster.

use super::kinds::Kinds;
use super::{Forecast, Forecaster, Honesty, Kind, Rank};
use crate::api::{Effect, Fact};
use crate::engine::Engine;
use domain::{AgentId, AgentState, ContactId, Instant, OfferResult, QueueId};
use std::collections::{BTreeMap, BTreeSet};

/// What is to be looked at after the engine has taken in a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// Nothing but what the effects tell.
    Nothing,
    /// A contact entered or was moved.
    Contact(ContactId),
    /// A contact is gone; true: it gave up.
    Gone(ContactId, bool),
    /// A contact has new points.
    Points(ContactId),
    /// A talk ended.
    Finished(ContactId, AgentId),
    /// An agent can or cannot be rung any more.
    Agent(AgentId),
    /// The whole setup.
    Setup,
}

impl From<&Fact> for Noted {
    fn from(fact: &Fact) -> Self {
        match fact {
            Fact::Arrived(arrival) => Self::Contact(arrival.contact),
            Fact::Left { contact, result } => Self::Gone(*contact, *result == OfferResult::CustomerLeft),
            Fact::Finished { contact, agent } => Self::Finished(*contact, *agent),
            Fact::Occupied { contact, .. } => Self::Gone(*contact, false),
            Fact::Routable { agent, .. } => Self::Agent(*agent),
            Fact::Reprioritised { contact, .. } => Self::Points(*contact),
            Fact::Reconfigured(_) => Self::Setup,
            Fact::OfferEnded { .. }
            | Fact::Extended { .. }
            | Fact::Opened { .. }
            | Fact::Admits { .. }
            | Fact::Tick => Self::Nothing,
        }
    }
}

/// A contact in line, or just put through.
#[derive(Clone, Copy, Debug)]
struct Known {
    kind: Kind,
    /// What it was told on entry, and when that was; `None`: it has not had to wait yet.
    quoted: Option<(Instant, Option<Forecast>)>,
}

/// What a contact in line can be told, and what it was told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// From now on.
    pub now: Option<Forecast>,
    /// On entry, from then on: when that was, and what.
    pub told: Option<(Instant, Forecast)>,
}

/// Keeps a [`Forecaster`] up to date with one engine.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    forecaster: Forecaster,
    kinds: Kinds,
    known: BTreeMap<ContactId, Known>,
    /// Agents who take new contacts.
    on_duty: BTreeSet<AgentId>,
}

impl Watch {
    /// A watch over an engine with nobody in line.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what an engine has just done: to be called after each input with what was noted of it before and with
    /// all of its effects.
    pub fn after(&mut self, engine: &Engine, noted: Noted, effects: &[Effect]) {
        let now = engine.now;
        let mut contacts = BTreeSet::new();
        let mut agents = BTreeSet::new();
        match noted {
            Noted::Nothing | Noted::Finished(..) => {}
            Noted::Contact(contact) => _ = contacts.insert(contact),
            Noted::Gone(contact, gave_up) => self.gone(engine, contact, gave_up),
            Noted::Points(contact) => self.anew(contact, &mut contacts),
            Noted::Agent(agent) => _ = agents.insert(agent),
            Noted::Setup => agents.extend(engine.agents.iter().map(|agent| agent.setup.id)),
        }
        for effect in effects {
            self.on_effect(engine, effect, &mut contacts, &mut agents);
        }
        if let Noted::Finished(contact, agent) = noted
            && !engine.in_hand(agent).any(|held| held == contact)
        {
            self.forecaster.finished(now, contact, agent);
        }
        // First who is there, then who waits: a quote rests on those who can serve.
        for agent in &agents {
            self.staff(engine, *agent, noted == Noted::Setup);
        }
        for contact in contacts {
            self.look_at(engine, contact);
        }
        for agent in agents {
            if is_free(engine, agent) {
                self.forecaster.idle(now, agent);
            }
        }
    }

    fn on_effect(
        &mut self,
        engine: &Engine,
        effect: &Effect,
        contacts: &mut BTreeSet<ContactId>,
        agents: &mut BTreeSet<AgentId>,
    ) {
        match effect {
            Effect::OfferEnded { contact, agent, result: OfferResult::Answered, .. } => {
                if let Some(known) = self.known.remove(contact) {
                    self.forecaster.answered(engine.now, *contact, known.kind, *agent);
                }
            }
            Effect::OfferEnded { contact, .. } => _ = contacts.insert(*contact),
            Effect::Exit { contact, .. } => self.gone(engine, *contact, false),
            Effect::Overflowed { contact, .. } => self.anew(*contact, contacts),
            Effect::AgentState { agent, .. } => _ = agents.insert(*agent),
            Effect::WrapUpEnded { agent, contact, .. } => self.forecaster.finished(engine.now, *contact, *agent),
            Effect::Offer { .. } => {}
        }
    }

    fn gone(&mut self, engine: &Engine, contact: ContactId, gave_up: bool) {
        if self.known.remove(&contact).is_some() {
            if gave_up {
                self.forecaster.abandoned(engine.now, contact);
            } else {
                self.forecaster.left(contact);
            }
        }
    }

    /// The contact's place is another one: what it was told holds no longer.
    fn anew(&mut self, contact: ContactId, contacts: &mut BTreeSet<ContactId>) {
        self.forecaster.left(contact);
        self.known.remove(&contact);
        contacts.insert(contact);
    }

    /// A contact in line is known, and quoted once it has to wait.
    fn look_at(&mut self, engine: &Engine, contact: ContactId) {
        let Some(waiting) = engine.contacts.by_id(contact) else { return };
        let queue = engine.queue(waiting.queue);
        let Some((kind, new)) = self.kinds.of(queue.setup.id, waiting, queue) else { return };
        if new {
            for agent in &engine.agents {
                self.staff(engine, agent.setup.id, true);
            }
        }
        let known = self.known.entry(contact).or_insert(Known { kind, quoted: None });
        if known.kind != kind {
            self.forecaster.left(contact);
            *known = Known { kind, quoted: None };
        }
        if known.quoted.is_none() && waiting.ringing.is_empty() {
            let points = i64::from(queue.setup.base_priority.0) + i64::from(waiting.ask.priority.0);
            let rank = Rank { points: points * 1_000, age_per_s: waiting.rate(queue), since: waiting.ask.since };
            known.quoted = Some((engine.now, self.forecaster.entered(engine.now, contact, kind, rank)));
        }
    }

    /// The agent takes new contacts or does not; looked at only if that is news, or if the kinds or the setup are.
    fn staff(&mut self, engine: &Engine, id: AgentId, anew: bool) {
        let found = engine.agent_number(id).map(|number| engine.agent(number));
        let taking = found.filter(|agent| agent.known && agent.presence.routable && agent.is_accepting());
        let news = if taking.is_some() { self.on_duty.insert(id) } else { self.on_duty.remove(&id) };
        if news || anew {
            let kinds = taking.map_or_else(Vec::new, |agent| self.kinds.taken_by(agent));
            self.forecaster.staffed(id, &kinds);
        }
    }

    /// What a contact in line can be told; `None`: it does not wait.
    #[must_use]
    pub fn expected(&self, now: Instant, contact: ContactId) -> Option<Expected> {
        let (at, told) = self.known.get(&contact)?.quoted?;
        Some(Expected { now: self.forecaster.forecast(now, contact), told: told.map(|told| (at, told)) })
    }

    /// What a contact with the queue's own points and need would be told if it came at `now` and had to wait; `None` while
    /// no such contact has come, nobody on duty takes it or nothing was served yet.
    #[must_use]
    pub fn expected_in(&self, now: Instant, engine: &Engine, queue: QueueId) -> Option<Forecast> {
        let setup = &engine.queue(engine.queue_number(queue)?).setup;
        let kind = self.kinds.usual(setup)?;
        let points = i64::from(setup.base_priority.0) * 1_000;
        let rank = Rank { points, age_per_s: setup.age_per_s, since: now };
        self.forecaster.forecast_for(now, kind, &rank)
    }

    #[cfg(test)]
    pub(crate) fn knows(&self) -> Vec<ContactId> {
        self.known.keys().copied().collect()
    }

    /// How honest the quotes on entry to a queue have been.
    #[must_use]
    pub fn honesty(&self, queue: QueueId) -> Honesty {
        self.forecaster.honesty_of(self.kinds.in_queue(queue))
    }
}

fn is_free(engine: &Engine, agent: AgentId) -> bool {
    let routable = engine.agent_number(agent).is_some_and(|number| engine.agent(number).presence.routable);
    routable && engine.agent_state(agent) == Some(AgentState::Ready)
}
