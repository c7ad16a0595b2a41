//! The invariants, checked from the outside: only inputs and effects are known here, no rule of routing.

use acd::Engine;
use acd::api::Effect;
use domain::{AgentId, AgentState, ContactId, Instant, OfferId, OfferResult, QueueId};
use std::collections::{BTreeMap, BTreeSet};

/// Ended offers that are remembered.
const REMEMBERED: usize = 20;

/// What inputs and effects told so far.
pub(super) struct Ledger {
    line: BTreeMap<ContactId, QueueId>,
    standing: BTreeMap<OfferId, (ContactId, AgentId, Instant)>,
    over: Vec<OfferId>,
    told: BTreeMap<AgentId, AgentState>,
    last: Option<OfferId>,
}

impl Ledger {
    pub(super) fn new() -> Self {
        Self { line: BTreeMap::new(), standing: BTreeMap::new(), over: Vec::new(), told: BTreeMap::new(), last: None }
    }

    pub(super) fn arrives(&mut self, contact: ContactId, queue: QueueId) {
        self.line.insert(contact, queue);
    }

    /// The contact left the line by an input.
    pub(super) fn gone(&mut self, contact: ContactId) {
        self.line.remove(&contact);
    }

    /// Offers that ended not long ago.
    pub(super) fn over(&self) -> impl Iterator<Item = OfferId> {
        self.over.iter().copied()
    }

    pub(super) fn book(&mut self, now: Instant, effects: &[Effect]) {
        let mut rung_now = BTreeSet::new();
        for effect in effects {
            match effect {
                Effect::Offer { offer, contact, agent, queue, deadline, .. } => {
                    assert!(*deadline > now, "an offer has time");
                    let rung = self.standing.values().any(|(c, _, _)| c == contact) && !rung_now.contains(contact);
                    assert!(!rung, "{contact} is being offered and is offered again");
                    rung_now.insert(*contact);
                    self.offer(*offer, (*contact, *agent, *deadline), *queue);
                }
                Effect::OfferEnded { offer, contact, agent, result } => {
                    let held = self.standing.remove(offer).expect("only an offer that stands can end");
                    assert_eq!((held.0, held.1), (*contact, *agent));
                    self.over.push(*offer);
                    if *result == OfferResult::Answered {
                        self.end(*contact);
                    }
                }
                Effect::Exit { contact, .. } => self.end(*contact),
                Effect::Overflowed { contact, from, to, .. } => {
                    assert_ne!(from, to, "nobody overflows into the same queue");
                    let before = self.line.insert(*contact, *to);
                    assert!(before.is_some(), "{contact} is sent on and does not wait");
                    assert!(self.standing.values().all(|(c, _, _)| c != contact), "{contact} rings and is sent on");
                }
                Effect::AgentState { agent, state, since, .. } => {
                    assert!(*since <= now, "a state begins in the future");
                    self.told.insert(*agent, *state);
                }
                Effect::WrapUpEnded { .. } => {}
            }
        }
        let forgotten = self.over.len().saturating_sub(REMEMBERED);
        self.over.drain(..forgotten);
    }

    fn offer(&mut self, offer: OfferId, held: (ContactId, AgentId, Instant), queue: QueueId) {
        assert_eq!(self.line.get(&held.0), Some(&queue), "an offered contact waits in that queue");
        assert!(self.standing.values().all(|(_, agent, _)| *agent != held.1), "{} is held twice", held.1);
        assert!(self.last.is_none_or(|last| last < offer), "offers are numbered upwards");
        self.last = Some(offer);
        self.standing.insert(offer, held);
    }

    /// A contact is answered or leaves.
    fn end(&mut self, contact: ContactId) {
        assert!(self.line.remove(&contact).is_some(), "{contact} ends twice");
    }

    /// At rest, the engine holds what was told and nothing else.
    pub(super) fn check(&self, engine: &Engine) {
        for (offer, (contact, agent, _)) in &self.standing {
            assert!(self.line.contains_key(contact), "{contact} rings and does not wait");
            assert!(engine.is_current(*offer), "{offer} was told and is not held");
            assert_eq!(self.told.get(agent), Some(&AgentState::Reserved(*offer)), "{agent} is reserved");
        }
        for offer in &self.over {
            assert!(!engine.is_current(*offer), "{offer} is over");
        }
        for (contact, queue) in &self.line {
            assert_eq!(engine.queue_of(*contact), Some(*queue), "{contact} waits where it was told to");
        }
        for (agent, state) in &self.told {
            let known = engine.agent_state(*agent);
            assert!(known.is_none_or(|known| known == *state), "{agent} was told {state:?} and is {known:?}");
        }
    }
}
