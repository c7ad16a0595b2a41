//! The engine and the naive model side by side, told the same; and a ledger that knows only what came out.

mod compare;
mod ledger;

use crate::model::{Model, Wish};
use crate::script::floor::AGENTS;
use crate::script::{Asking, Occupation, Step, agent_id, queue_id};
use acd::Engine;
use acd::api::{Arrival, Command, Effect, Fact, Setup};
use core::time::Duration;
use domain::{AgentId, ContactId, Instant, OfferId, OfferResult, Priority, QueueId, ReasonCode};
use ledger::Ledger;
use std::collections::BTreeMap;

const FIRST_OFFER: u64 = 700;

/// More contacts than this in line, and one leaves instead of another that comes.
const LONG_LINE: usize = 30;

/// The engine and the model.
pub struct Pair {
    engine: Engine,
    model: Model,
    ledger: Ledger,
    now: Instant,
    contacts: u128,
    /// What happened and what was explained, by word, and how often.
    pub seen: BTreeMap<String, u64>,
}

fn reason(text: &str) -> ReasonCode {
    text.parse().unwrap()
}

fn nth<T: Copy>(all: impl Iterator<Item = T>, pick: usize) -> Option<T> {
    let all: Vec<T> = all.collect();
    (!all.is_empty()).then(|| all[pick % all.len()])
}

impl Pair {
    /// Both with this setup and most agents ready. `at_once`: offers count as answered when they are made.
    pub fn new(setup: Setup, at_once: bool) -> Self {
        let model = Model::new(&setup, FIRST_OFFER, at_once);
        let ledger = Ledger::new();
        let mut engine = Engine::new(setup, FIRST_OFFER);
        engine.explain_decisions(true);
        if at_once {
            engine.accept_at_once();
        }
        let mut pair = Self { engine, model, ledger, now: Instant::ZERO, contacts: 0, seen: BTreeMap::new() };
        for agent in 0..4 {
            pair.run(&Step::SignIn(agent));
            pair.run(&Step::Ready(agent));
        }
        pair
    }

    /// Takes one step on both sides.
    pub fn run(&mut self, step: &Step) {
        match step {
            Step::Wait(us) => self.wait(*us),
            Step::Late(us) => {
                self.now = self.now + Duration::from_micros(*us);
                self.model.pass(self.now);
            }
            Step::RestartCounts => {
                self.engine.restart_counts();
                self.model.restart_counts();
            }
            Step::TakeOver => self.take_over(),
            Step::GoHome => (0..AGENTS).for_each(|agent| self.run_wish(&Step::SignOut(agent))),
            Step::Explain(pick) => self.explain(*pick),
            Step::Arrive(..) | Step::Transfer { .. } | Step::Move { .. } | Step::Leave { .. } => self.run_line(step),
            Step::End { .. } | Step::Race { .. } | Step::EndStale(_) => self.run_offer(step),
            Step::Finish(_) | Step::Occupy { .. } | Step::Routable(..) => self.run_work(step),
            Step::Open(..) | Step::Reprioritise { .. } | Step::Reconfigure(_) => self.run_change(step),
            _ => self.run_wish(step),
        }
    }

    fn run_wish(&mut self, step: &Step) {
        match step {
            Step::SignIn(a) => {
                let (agent, login) = (agent_id(*a), reason("login"));
                self.command(Command::SignIn(agent, login), |model| model.sign_in(agent, login));
            }
            Step::Come(a) => {
                self.run_wish(&Step::SignIn(*a));
                self.run_wish(&Step::Ready(*a));
            }
            Step::SignOut(a) => {
                let agent = agent_id(*a);
                self.command(Command::SignOut(agent), |model| model.stop(agent, Wish::Out));
            }
            Step::Ready(a) => self.command(Command::Ready(agent_id(*a)), |model| model.ready(agent_id(*a))),
            Step::NotReady(a) => {
                let (agent, lunch) = (agent_id(*a), reason("lunch"));
                self.command(Command::NotReady(agent, lunch), |model| model.stop(agent, Wish::Away(lunch)));
            }
            Step::Extend(a) => self.command(Command::ExtendWrapUp(agent_id(*a)), |model| model.extend(agent_id(*a))),
            Step::FinishWrapUp(a) => {
                self.command(Command::FinishWrapUp(agent_id(*a)), |model| model.finish_wrap_up(agent_id(*a)));
            }
            _ => unreachable!("facts are not wishes"),
        }
    }

    fn run_line(&mut self, step: &Step) {
        match step {
            Step::Arrive(_) if self.model.line.len() >= LONG_LINE => {
                self.run_line(&Step::Leave { pick: self.contacts as usize, abandons: true });
            }
            Step::Arrive(asking) => {
                let contact = self.new_contact();
                self.arrive(contact, asking);
            }
            Step::Transfer { pick, asking } => {
                let Some((_, contact)) = nth(self.in_hand(), *pick) else { return };
                self.arrive(contact, asking);
            }
            Step::Move { pick, asking } => {
                let Some(contact) = nth(self.model.line.keys().copied(), *pick) else { return };
                self.arrive(contact, asking);
            }
            Step::Leave { pick, abandons } => {
                let Some(contact) = nth(self.model.line.keys().copied(), *pick) else { return };
                self.leave(contact, if *abandons { OfferResult::CustomerLeft } else { OfferResult::Withdrawn });
            }
            _ => unreachable!("not about the line"),
        }
    }

    fn run_offer(&mut self, step: &Step) {
        match step {
            Step::End { pick, result } => {
                let Some(offer) = nth(self.model.leases.keys().copied(), *pick) else { return };
                self.end_offer(offer, *result);
            }
            Step::Race { pick, answer_first } => {
                let Some((offer, lease)) = nth(self.model.leases.iter(), *pick) else { return };
                let (offer, contact) = (*offer, lease.contact);
                if *answer_first {
                    self.end_offer(offer, OfferResult::Answered);
                    self.leave(contact, OfferResult::CustomerLeft);
                } else {
                    self.leave(contact, OfferResult::CustomerLeft);
                    self.end_offer(offer, OfferResult::Answered);
                }
            }
            Step::EndStale(pick) => {
                let Some(offer) = nth(self.ledger.over(), *pick) else { return };
                self.end_offer(offer, OfferResult::Answered);
            }
            _ => unreachable!("not about offers"),
        }
    }

    fn run_work(&mut self, step: &Step) {
        match step {
            Step::Finish(pick) => {
                let Some((agent, contact)) = nth(self.in_hand(), *pick) else { return };
                self.fact(Fact::Finished { contact, agent }, |model| model.finish(agent, contact));
            }
            Step::Occupy { agent, what, queue } => {
                let contact = match what {
                    Occupation::New => Some(self.new_contact()),
                    Occupation::FromLine(pick) => nth(self.model.line.keys().copied(), *pick),
                    Occupation::FromHand(pick) => nth(self.in_hand(), *pick).map(|(_, contact)| contact),
                };
                let Some(contact) = contact else { return };
                let (agent, queue) = (agent_id(*agent), queue.map(queue_id));
                // What waits for a contact that somebody serves is a question, and waits on.
                if !self.model.is_served(contact) {
                    self.ledger.gone(contact);
                }
                self.fact(Fact::Occupied { agent, contact, queue }, |model| model.occupy(agent, contact, queue));
            }
            Step::Routable(agent, routable) => {
                let (agent, routable) = (agent_id(*agent), *routable);
                self.fact(Fact::Routable { agent, routable }, |model| model.routable(agent, routable));
            }
            _ => unreachable!("not about work"),
        }
    }

    fn run_change(&mut self, step: &Step) {
        match step {
            Step::Open(queue, open) => {
                let (queue, open) = (queue_id(*queue), *open);
                self.fact(Fact::Opened { queue, open }, |model| model.opened(queue, open));
            }
            Step::Reprioritise { pick, priority, age_per_s } => {
                let Some(contact) = nth(self.model.line.keys().copied(), *pick) else { return };
                let (priority, age_per_s) = (priority.map(Priority), *age_per_s);
                let fact = Fact::Reprioritised { contact, priority, age_per_s };
                self.fact(fact, |model| model.reprioritise(contact, priority, age_per_s));
            }
            Step::Reconfigure(setup) => {
                self.fact(Fact::Reconfigured(setup.clone()), |model| model.reconfigure(setup));
            }
            _ => unreachable!("not a change"),
        }
    }

    /// What the snapshot leaves out is missed from here on.
    fn take_over(&mut self) {
        let snapshot = self.engine.snapshot();
        self.engine = Engine::restore(&snapshot).expect("an engine reads its own snapshots");
        assert_eq!(self.engine.snapshot(), snapshot, "the same state gives the same bytes");
    }

    fn new_contact(&mut self) -> ContactId {
        self.contacts += 1;
        ContactId::new(self.contacts)
    }

    fn in_hand(&self) -> impl Iterator<Item = (AgentId, ContactId)> {
        self.model.agents.iter().flat_map(|(id, agent)| agent.served.iter().map(|served| (*id, served.contact)))
    }

    fn arrive(&mut self, contact: ContactId, asking: &Asking) {
        let arrival = Arrival {
            contact,
            queue: queue_id(asking.queue),
            channel: asking.channel,
            priority: Priority(asking.priority),
            age_per_s: asking.age_per_s,
            requirement: asking.requirement.clone(),
            since: (asking.old > 0).then(|| self.now - Duration::from_secs(asking.old)),
            sticky: asking.sticky.map(agent_id),
        };
        self.ledger.arrives(contact, arrival.queue);
        self.fact(Fact::Arrived(arrival.clone()), |model| model.arrive(&arrival));
    }

    fn leave(&mut self, contact: ContactId, result: OfferResult) {
        self.ledger.gone(contact);
        self.fact(Fact::Left { contact, result }, |model| model.leave(contact, result));
    }

    fn end_offer(&mut self, offer: OfferId, result: OfferResult) {
        let contact = self.model.leases.get(&offer).map(|lease| lease.contact);
        if let (Some(contact), OfferResult::CustomerLeft) = (contact, result) {
            self.ledger.gone(contact);
        }
        self.fact(Fact::OfferEnded { offer, result }, |model| match (contact, result) {
            (Some(contact), OfferResult::CustomerLeft) => model.leave(contact, result),
            _ => model.end(offer, result),
        });
        assert!(!self.engine.is_current(offer), "an ended offer is stale");
    }

    /// So many microseconds pass; the engine is called whenever it asks to be.
    pub fn wait(&mut self, us: u64) {
        let until = self.now + Duration::from_micros(us);
        if self.engine.deadline().is_some_and(|(at, _)| at < self.now) {
            self.fact(Fact::Tick, |_| {});
        }
        while let Some((at, _)) = self.engine.deadline().filter(|(at, _)| *at <= until) {
            assert!(at >= self.now, "a deadline lies in the past");
            self.skip_to(at);
            self.fact(Fact::Tick, |_| {});
        }
        self.skip_to(until);
    }

    fn skip_to(&mut self, at: Instant) {
        let before = Instant::from_micros(at.as_micros().saturating_sub(1));
        if before > self.now {
            self.model.pass(before);
            assert!(!self.model.has_work(), "the engine slept over a deadline or while a contact could be served");
        }
        self.model.pass(at);
        self.now = at;
    }

    fn fact(&mut self, fact: Fact, also: impl FnOnce(&mut Model)) {
        let mut effects = Vec::new();
        self.engine.handle(self.now, fact, &mut effects);
        also(&mut self.model);
        self.compare(&effects);
    }

    fn command(&mut self, command: Command, also: impl FnOnce(&mut Model) -> bool) {
        let mut effects: Vec<Effect> = Vec::new();
        let done = self.engine.command(self.now, command.clone(), &mut effects).is_ok();
        assert_eq!(done, also(&mut self.model), "{command:?}");
        if done {
            self.compare(&effects);
        } else {
            assert_eq!(effects, [], "a refused wish changes nothing");
        }
    }

    /// The queue of the setup in force, by id.
    fn is_known(&self, queue: QueueId) -> bool {
        self.model.queues.get(&queue).is_some_and(|queue| queue.known)
    }
}
