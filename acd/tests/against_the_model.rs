//! Random scripts, told to the engine and to the naive model: the same offers in the same order, and the
//! invariants after each input.

mod model;

use acd::Engine;
use acd::api::{AgentRule, AgentSetup, Arrival, Command, CoolDowns, Effect, Fact, QueueSetup, Setup};
use core::time::Duration;
use domain::{
    AgentId, Channel, ContactId, Counts, Instant, OfferId, OfferResult, Priority, Proficiency, QueueId, ReasonCode,
    Requirement, Ring, ServiceLevelGoal, SkillId,
};
use model::{Happening, Model, Wish};
use proptest::prelude::*;
use std::collections::BTreeSet;

const FIRST_OFFER: u64 = 700;

/// One step of a script. Small numbers pick among what there is at that moment.
#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    Arrive { queue: usize, channel: Channel, priority: i32, rings: Option<Requirement>, sticky: Option<u8>, old: u64 },
    Move { pick: usize, queue: usize },
    Leave { pick: usize, abandons: bool },
    End { pick: usize, result: OfferResult },
    EndStale,
    Finish { agent: u8, pick: usize },
    Occupy { agent: u8, queue: Option<usize> },
    Routable(u8, bool),
    SignIn(u8),
    SignOut(u8),
    Ready(u8),
    NotReady(u8),
    Extend(u8),
    FinishWrapUp(u8),
}

fn agent_id(number: u8) -> AgentId {
    format!("{number}").parse().unwrap()
}

fn queue_id(number: usize) -> QueueId {
    format!("q{number}").parse().unwrap()
}

fn skill(number: u8) -> SkillId {
    format!("s{number}").parse().unwrap()
}

fn level(level: u8) -> Proficiency {
    Proficiency::new(level).unwrap()
}

fn reason(text: &str) -> ReasonCode {
    text.parse().unwrap()
}

fn seconds() -> impl Strategy<Value = Duration> {
    prop_oneof![Just(0), Just(2), Just(5)].prop_map(Duration::from_secs)
}

fn needs() -> impl Strategy<Value = Requirement> {
    let need = prop::collection::btree_map(0..3u8, 1..6u8, 0..3);
    prop::collection::vec((0..5u64, need), 0..4).prop_map(|rings| {
        let need = |need: std::collections::BTreeMap<u8, u8>| need.into_iter().map(|(s, l)| (skill(s), level(l)));
        let ring = |(after, n)| Ring { after: Duration::from_secs(after * 2), need: need(n).collect() };
        Requirement::new(rings.into_iter().map(ring).collect())
    })
}

fn rules() -> impl Strategy<Value = AgentRule> {
    prop_oneof![Just(AgentRule::LongestIdle), Just(AgentRule::LeastOccupied), Just(AgentRule::BestLevel)]
}

prop_compose! {
    fn queues()(
        count in 1..4usize,
        rules in prop::collection::vec(rules(), 3),
        ages in prop::collection::vec(prop_oneof![Just(1u32), Just(0), Just(50)], 3),
        times in prop::collection::vec(seconds(), 9),
        needs in prop::collection::vec(needs(), 3),
        rona in any::<bool>(),
    ) -> Vec<QueueSetup> {
        (0..count).map(|n| QueueSetup {
            id: queue_id(n),
            name: String::new(),
            goal: ServiceLevelGoal { share_percent: 80, within_ms: 6_000, short_abandon_ms: 2_000 },
            base_priority: Priority(n as i32),
            age_per_s: ages[n],
            agent_rule: rules[n],
            offer_timeout: Duration::from_secs(8),
            wrap_up: times[n],
            wrap_up_extension: Duration::from_secs(3),
            cool_downs: CoolDowns {
                declined: times[n + 3],
                busy: times[n + 6],
                unreachable: Duration::from_secs(4),
                no_answer: Duration::from_secs(3),
                no_answer_not_ready: rona,
            },
            requirement: needs[n].clone(),
        }).collect()
    }
}

prop_compose! {
    fn agent(number: u8)(
        skills in prop::collection::btree_map(0..3u8, 1..8u8, 0..4),
        queues in prop::collection::btree_set(0..3usize, 1..4),
        chats in 0..4u8,
        voice in 0..2u8,
    ) -> AgentSetup {
        AgentSetup {
            id: agent_id(number),
            name: String::new(),
            skills: skills.into_iter().map(|(s, l)| (skill(s), level(l))).collect(),
            queues: queues.into_iter().map(queue_id).collect(),
            capacity: vec![(Channel::Voice, voice), (Channel::Chat, chats), (Channel::Callback, voice)],
        }
    }
}

fn setup() -> impl Strategy<Value = Setup> {
    let agents = (0..5u8).map(agent).collect::<Vec<_>>();
    (queues(), agents, seconds()).prop_map(|(queues, agents, sticky)| Setup { queues, agents, sticky })
}

fn arrive() -> impl Strategy<Value = Step> {
    let channel = prop_oneof![3 => Just(Channel::Voice), 3 => Just(Channel::Chat), 1 => Just(Channel::Callback)];
    let rings = prop_oneof![Just(None), needs().prop_map(Some)];
    let sticky = prop_oneof![2 => Just(None), 1 => (0..7u8).prop_map(Some)];
    (0..3usize, channel, 0..4i32, rings, sticky, prop_oneof![3 => Just(0), 1 => 0..9u64]).prop_map(
        |(queue, channel, priority, rings, sticky, old)| Step::Arrive { queue, channel, priority, rings, sticky, old },
    )
}

fn step() -> impl Strategy<Value = Step> {
    let result = prop_oneof![
        8 => Just(OfferResult::Answered),
        2 => Just(OfferResult::Declined),
        1 => Just(OfferResult::Busy),
        1 => Just(OfferResult::NoAnswer),
        1 => Just(OfferResult::Unreachable),
        1 => Just(OfferResult::CustomerLeft),
        1 => Just(OfferResult::Withdrawn),
    ];
    let agent = 0..5u8;
    prop_oneof![
        6 => prop_oneof![Just(0), 1..3_000u64, Just(2_000)].prop_map(Step::Wait),
        8 => arrive(),
        1 => (any::<usize>(), 0..3usize).prop_map(|(pick, queue)| Step::Move { pick, queue }),
        2 => (any::<usize>(), any::<bool>()).prop_map(|(pick, abandons)| Step::Leave { pick, abandons }),
        8 => (any::<usize>(), result).prop_map(|(pick, result)| Step::End { pick, result }),
        1 => Just(Step::EndStale),
        6 => (agent.clone(), any::<usize>()).prop_map(|(agent, pick)| Step::Finish { agent, pick }),
        1 => (agent.clone(), prop::option::of(0..3usize)).prop_map(|(agent, queue)| Step::Occupy { agent, queue }),
        1 => (agent.clone(), any::<bool>()).prop_map(|(agent, routable)| Step::Routable(agent, routable)),
        2 => agent.clone().prop_map(Step::SignIn),
        1 => agent.clone().prop_map(Step::SignOut),
        5 => agent.clone().prop_map(Step::Ready),
        2 => agent.clone().prop_map(Step::NotReady),
        1 => agent.clone().prop_map(Step::Extend),
        1 => agent.prop_map(Step::FinishWrapUp),
    ]
}

/// The engine and the model side by side.
struct Pair {
    engine: Engine,
    model: Model,
    now: Instant,
    queues: usize,
    contacts: u128,
    answered: BTreeSet<ContactId>,
}

impl Pair {
    fn new(setup: Setup, at_once: bool) -> Self {
        let queues = setup.queues.len();
        let model = Model::new(&setup, FIRST_OFFER, at_once);
        let mut engine = Engine::new(setup, FIRST_OFFER);
        if at_once {
            engine.accept_at_once();
        }
        let mut pair = Self { engine, model, now: Instant::ZERO, queues, contacts: 0, answered: BTreeSet::new() };
        for agent in 0..4 {
            pair.run(&Step::SignIn(agent));
            pair.run(&Step::Ready(agent));
        }
        pair
    }

    fn run(&mut self, step: &Step) {
        match step {
            Step::Wait(ms) => self.wait(*ms),
            Step::SignIn(a) => {
                let (agent, login) = (agent_id(*a), reason("login"));
                self.command(Command::SignIn(agent, login), |model| model.sign_in(agent, login));
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
            fact => self.run_fact(fact),
        }
    }

    fn run_fact(&mut self, step: &Step) {
        match step {
            Step::Arrive { queue, channel, priority, rings, sticky, old } => {
                self.contacts += 1;
                let arrival = Arrival {
                    contact: ContactId::new(self.contacts),
                    queue: queue_id(queue % self.queues),
                    channel: *channel,
                    priority: Priority(*priority),
                    requirement: rings.clone(),
                    since: (*old > 0).then(|| self.now - Duration::from_secs(*old)),
                    sticky: sticky.map(agent_id),
                };
                self.fact(Fact::Arrived(arrival.clone()), |model| model.arrive(&arrival));
            }
            Step::Move { pick, queue } => self.shift(*pick, queue_id(queue % self.queues)),
            Step::Leave { pick, abandons } => {
                let Some(contact) = nth(self.model.line.keys(), *pick) else { return };
                let result = if *abandons { OfferResult::CustomerLeft } else { OfferResult::Withdrawn };
                self.fact(Fact::Left { contact, result }, |model| model.leave(contact, result));
            }
            Step::End { pick, result } => {
                let Some(offer) = nth(self.model.leases.keys(), *pick) else { return };
                self.end_offer(offer, *result);
            }
            Step::EndStale => {
                let offer = OfferId::new(FIRST_OFFER - 1);
                self.fact(Fact::OfferEnded { offer, result: OfferResult::Answered }, |_| {});
            }
            Step::Finish { agent, pick } => {
                let agent = agent_id(*agent);
                let Some(contact) = nth(self.model.agents[&agent].served.iter().map(|s| &s.contact), *pick) else {
                    return;
                };
                self.fact(Fact::Finished { contact, agent }, |model| model.finish(agent, contact));
            }
            Step::Occupy { agent, queue } => {
                self.contacts += 1;
                let (agent, contact) = (agent_id(*agent), ContactId::new(self.contacts));
                let queue = queue.map(|q| queue_id(q % self.queues));
                self.fact(Fact::Occupied { agent, contact, queue }, |model| model.occupy(agent, contact, queue));
            }
            Step::Routable(agent, routable) => {
                let (agent, routable) = (agent_id(*agent), *routable);
                self.fact(Fact::Routable { agent, routable }, |model| model.routable(agent, routable));
            }
            _ => unreachable!("wishes are not facts"),
        }
    }

    fn shift(&mut self, pick: usize, queue: QueueId) {
        let Some(contact) = nth(self.model.line.keys(), pick) else { return };
        let arrival = Arrival {
            contact,
            queue,
            channel: Channel::Voice,
            priority: Priority(1),
            requirement: None,
            since: None,
            sticky: None,
        };
        self.fact(Fact::Arrived(arrival.clone()), |model| model.arrive(&arrival));
    }

    fn end_offer(&mut self, offer: OfferId, result: OfferResult) {
        let contact = self.model.line.iter().find(|(_, c)| c.offered == Some(offer)).map(|(id, _)| *id).unwrap();
        self.fact(Fact::OfferEnded { offer, result }, |model| match result {
            OfferResult::CustomerLeft => model.leave(contact, result),
            _ => model.end(offer, result, true),
        });
        assert!(!self.engine.is_current(offer), "an ended offer is stale");
    }

    /// Time passes; the engine is called whenever it asks to be.
    fn wait(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
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
            assert!(!self.model.due_by(before), "the engine slept over a deadline");
            assert_eq!(self.model.best_pair(), None, "the engine slept while a contact could be served");
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
        let mut effects = Vec::new();
        let done = self.engine.command(self.now, command.clone(), &mut effects).is_ok();
        assert_eq!(done, also(&mut self.model), "{command:?}");
        if done {
            self.compare(&effects);
        } else {
            assert_eq!(effects, [], "a refused wish changes nothing");
        }
    }

    fn compare(&mut self, effects: &[Effect]) {
        self.model.note_idle();
        self.model.settle();
        let mine: Vec<Happening> = effects.iter().filter_map(happening).collect();
        assert_eq!(mine, core::mem::take(&mut self.model.log), "at {:?}", self.now);
        for ended in &mine {
            if let Happening::Ended(_, contact, _, OfferResult::Answered) = ended {
                assert!(self.answered.insert(*contact), "{contact} was answered twice");
            }
        }
        for (id, agent) in &self.model.agents {
            assert_eq!(self.engine.agent_state(*id), Some(agent.state()), "agent {id} at {:?}", self.now);
            let served: Vec<ContactId> = agent.served.iter().map(|s| s.contact).collect();
            assert_eq!(self.engine.in_hand(*id).collect::<Vec<_>>(), served);
        }
        self.check_counts();
        assert_eq!(self.model.best_pair(), None, "a ready agent faces a contact that this agent could take");
        assert_eq!(self.engine.deadline().filter(|(at, _)| *at <= self.now), None, "everything due is done");
    }

    fn check_counts(&self) {
        let (queues, _, waiting) = self.engine.floor(self.now);
        assert_eq!(waiting.len(), self.model.line.len(), "nobody in line is lost or doubled");
        for queue in queues {
            let Counts { offered, answered, abandoned, flowed_out, .. } = queue.counts;
            assert_eq!(queue.counts, self.model.counts[&queue.id]);
            assert_eq!(offered, answered + abandoned + flowed_out + u64::from(queue.waiting), "counters add up");
        }
        for (contact, caller) in &self.model.line {
            assert_eq!(self.engine.queue_of(*contact), Some(caller.queue));
        }
    }
}

fn nth<'a, T: Copy + 'a>(all: impl Iterator<Item = &'a T>, pick: usize) -> Option<T> {
    let all: Vec<T> = all.copied().collect();
    (!all.is_empty()).then(|| all[pick % all.len()])
}

fn happening(effect: &Effect) -> Option<Happening> {
    match effect.clone() {
        Effect::Offer { offer, contact, agent, deadline, why, .. } => {
            Some(Happening::Offered(offer, contact, agent, deadline, why.score, why.ring, why.candidates))
        }
        Effect::OfferEnded { offer, contact, agent, result } => Some(Happening::Ended(offer, contact, agent, result)),
        Effect::WrapUpEnded { agent, contact, timed_out } => Some(Happening::WrappedUp(agent, contact, timed_out)),
        Effect::AgentState { .. } => None,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, ..ProptestConfig::default() })]

    #[test]
    fn the_engine_decides_as_the_naive_model_does(
        setup in setup(),
        at_once in prop::bool::weighted(0.25),
        script in prop::collection::vec(step(), 1..120),
    ) {
        let mut pair = Pair::new(setup, at_once);
        for step in &script {
            pair.run(step);
        }
        pair.wait(60_000);
    }
}
