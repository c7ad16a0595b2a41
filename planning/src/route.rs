//! Decision traces: recorded events in, the assignments of the real engine out.
//!
//! One queue that every agent serves; offers are accepted at once; no wrap-up, no cool-downs.

use acd::Engine;
use acd::api::{AgentRule, AgentSetup, Arrival, Command, CoolDowns, Effect, Fact, QueueSetup, Setup};
use core::time::Duration;
use domain::{
    AgentId, Channel, ContactId, Instant, OfferResult, Priority, Proficiency, QueueId, ReasonCode, Requirement, Ring,
    SkillId,
};
use std::collections::BTreeMap;

/// A contact of a trace that asks for an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// The contact.
    pub id: u64,
    /// Its channel.
    pub channel: Channel,
    /// Points.
    pub priority: Priority,
    /// Points per second of age.
    pub age_per_s: u32,
    /// What it needs, as rings; the first holds from the start. None: anybody will do.
    pub rings: Vec<Ring>,
    /// The preferred agent.
    pub sticky: Option<u64>,
}

/// An agent of a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Staff {
    /// The agent.
    pub id: u64,
    /// Skills with levels.
    pub skills: Vec<(SkillId, Proficiency)>,
    /// Contacts of each channel at once; a channel not named: none.
    pub capacity: Vec<(Channel, u8)>,
}

/// What happens in a trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The rule and the sticky window.
    Config(AgentRule, Duration),
    /// An agent signs in, not ready yet. Named again: the agent has these skills and capacities from now on.
    Agent(Staff),
    /// Takes new work.
    Ready(u64),
    /// Takes no new work; work in hand goes on.
    Away(u64),
    /// A contact asks. An id that is waiting or in service is ignored.
    Contact(Asking),
    /// The contact gives up, if it is still waiting.
    Abandon(u64),
    /// The contact's service ends, if it is in service.
    Finish(u64),
    /// The clock goes on.
    Tick,
}

/// An event with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Timed {
    /// Milliseconds since the start.
    pub at_ms: u64,
    /// What happens.
    pub event: Event,
}

/// A contact goes to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Assignment {
    /// Milliseconds since the start.
    pub at_ms: u64,
    /// The contact.
    pub contact: u64,
    /// The agent.
    pub agent: u64,
}

/// Plays a whole trace: its events in the order given, each at its time or, where that is past, at the latest time so
/// far.
#[must_use]
pub fn run(events: &[Timed]) -> Vec<Assignment> {
    let mut runner = Runner::new(events.iter().map(|timed| &timed.event));
    let mut assignments = Vec::new();
    for timed in events {
        runner.step(timed, &mut assignments);
    }
    assignments
}

/// Drives the engine through a trace.
#[derive(Debug)]
pub struct Runner {
    engine: Engine,
    setup: Setup,
    now: Instant,
    /// Agents that the trace has named so far, by the text of their ids.
    staff: BTreeMap<AgentId, u64>,
    waiting: std::collections::BTreeSet<u64>,
    serving: BTreeMap<u64, AgentId>,
    effects: Vec<Effect>,
    configured: bool,
}

impl Runner {
    /// A floor on which nothing has happened yet, with everybody who appears in these events: agents are known from the
    /// start and sign in at their own time.
    pub fn new<'a>(events: impl IntoIterator<Item = &'a Event>) -> Self {
        let (mut rule, mut agents) = (None, BTreeMap::new());
        for event in events {
            match event {
                Event::Config(agent_rule, sticky) => rule = rule.or(Some((*agent_rule, *sticky))),
                Event::Agent(staff) => {
                    agents.entry(staff.id).or_insert_with(|| agent_setup(staff));
                }
                _ => {}
            }
        }
        let (rule, sticky) = rule.unwrap_or_default();
        let setup =
            Setup { queues: vec![queue(rule)], agents: agents.into_values().collect(), sticky, ..Setup::default() };
        let mut engine = Engine::new(setup.clone(), 1);
        engine.accept_at_once();
        Self {
            engine,
            setup,
            now: Instant::ZERO,
            staff: BTreeMap::new(),
            waiting: std::collections::BTreeSet::new(),
            serving: BTreeMap::new(),
            effects: Vec::new(),
            configured: false,
        }
    }

    /// Plays one event, after all that is due before it, and appends the assignments in the order made.
    pub fn step(&mut self, timed: &Timed, assignments: &mut Vec<Assignment>) {
        let at = Instant::from_millis(timed.at_ms).max(self.now);
        while let Some((due, _)) = self.engine.deadline().filter(|(due, _)| *due < at) {
            self.now = due.max(self.now);
            self.engine.handle(self.now, Fact::Tick, &mut self.effects);
            self.note(assignments);
        }
        self.now = at;
        self.play(&timed.event);
        self.note(assignments);
    }

    /// An event that no longer matters moves the clock all the same: what falls due at its time is matched after it.
    fn play(&mut self, event: &Event) {
        match event {
            Event::Config(rule, sticky) => self.configure(*rule, *sticky),
            Event::Agent(staff) => self.appear(staff),
            Event::Ready(agent) => self.wish(*agent, Command::Ready),
            Event::Away(agent) => self.wish(*agent, |agent| Command::NotReady(agent, away())),
            Event::Contact(asking) => self.ask(asking),
            Event::Abandon(contact) => {
                let left = Fact::Left { contact: contact_id(*contact), result: OfferResult::CustomerLeft };
                let matters = self.waiting.remove(contact);
                self.tell(if matters { left } else { Fact::Tick });
            }
            Event::Finish(contact) => {
                let finished = |agent| Fact::Finished { contact: contact_id(*contact), agent };
                let fact = self.serving.remove(contact).map_or(Fact::Tick, finished);
                self.tell(fact);
            }
            Event::Tick => self.tell(Fact::Tick),
        }
    }

    /// The first configuration has been in force from the start.
    fn configure(&mut self, rule: AgentRule, sticky: Duration) {
        if core::mem::replace(&mut self.configured, true) {
            self.setup.sticky = sticky;
            self.setup.queues = vec![queue(rule)];
            self.tell(Fact::Reconfigured(Box::new(self.setup.clone())));
        } else {
            self.tell(Fact::Tick);
        }
    }

    fn appear(&mut self, staff: &Staff) {
        let id = agent_id(staff.id);
        if self.staff.insert(id, staff.id).is_some() {
            if let Some(setup) = self.setup.agents.iter_mut().find(|agent| agent.id == id) {
                *setup = agent_setup(staff);
            }
            self.tell(Fact::Reconfigured(Box::new(self.setup.clone())));
        } else {
            self.wish(staff.id, |agent| Command::SignIn(agent, away()));
        }
    }

    fn ask(&mut self, asking: &Asking) {
        if self.serving.contains_key(&asking.id) || !self.waiting.insert(asking.id) {
            return self.tell(Fact::Tick);
        }
        self.tell(Fact::Arrived(Arrival {
            channel: asking.channel,
            priority: asking.priority,
            age_per_s: Some(asking.age_per_s),
            requirement: Some(requirement(&asking.rings)),
            sticky: asking.sticky.map(agent_id),
            ..Arrival::new(contact_id(asking.id), queue_id())
        }));
    }

    fn tell(&mut self, fact: Fact) {
        self.engine.handle(self.now, fact, &mut self.effects);
    }

    /// A wish of an agent who has not signed in only moves the clock.
    fn wish(&mut self, agent: u64, command: impl Fn(AgentId) -> Command) {
        if self.engine.command(self.now, command(agent_id(agent)), &mut self.effects).is_err() {
            self.tell(Fact::Tick);
        }
    }

    fn note(&mut self, assignments: &mut Vec<Assignment>) {
        for effect in self.effects.drain(..) {
            let Effect::Offer { contact, agent, .. } = effect else { continue };
            let Ok(number) = u64::try_from(contact.number()) else { continue };
            self.waiting.remove(&number);
            self.serving.insert(number, agent);
            if let Some(agent) = self.staff.get(&agent).copied() {
                assignments.push(Assignment { at_ms: self.now.as_millis(), contact: number, agent });
            }
        }
    }
}

/// The ids of one length sort as their numbers do, and shorter ones go first.
fn agent_id(number: u64) -> AgentId {
    number.to_string().parse().expect("a number of at most 20 digits is an id")
}

fn contact_id(number: u64) -> ContactId {
    ContactId::new(number.into())
}

fn queue_id() -> QueueId {
    "trace".parse().expect("a constant slug")
}

fn away() -> ReasonCode {
    "away".parse().expect("a constant slug")
}

fn queue(agent_rule: AgentRule) -> QueueSetup {
    let cool_downs = CoolDowns {
        declined: Duration::ZERO,
        busy: Duration::ZERO,
        unreachable: Duration::ZERO,
        no_answer: Duration::ZERO,
        no_answer_limit: 0,
    };
    QueueSetup { agent_rule, cool_downs, ..QueueSetup::new(queue_id()) }
}

/// Nothing named means no capacity in a trace; to the engine it would mean one call.
fn agent_setup(staff: &Staff) -> AgentSetup {
    let mut capacity = staff.capacity.clone();
    if !capacity.iter().any(|(channel, _)| *channel == Channel::Voice) {
        capacity.push((Channel::Voice, 0));
    }
    AgentSetup {
        id: agent_id(staff.id),
        name: String::new(),
        skills: staff.skills.clone(),
        queues: vec![queue_id().into()],
        capacity,
    }
}

/// The first ring holds from the start, whatever its time.
fn requirement(rings: &[Ring]) -> Requirement {
    let mut rings = rings.to_vec();
    rings.sort_by_key(|ring| ring.after);
    if let Some(first) = rings.first_mut() {
        first.after = Duration::ZERO;
    }
    Requirement::new(rings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(level: u8) -> Proficiency {
        Proficiency::new(level).unwrap()
    }

    fn skill() -> SkillId {
        "s1".parse().unwrap()
    }

    fn staff(id: u64) -> Event {
        Event::Agent(Staff { id, skills: vec![(skill(), level(5))], capacity: vec![(Channel::Voice, 1)] })
    }

    fn asking(id: u64) -> Asking {
        Asking { id, channel: Channel::Voice, priority: Priority(0), age_per_s: 1, rings: Vec::new(), sticky: None }
    }

    fn played(events: Vec<(u64, Event)>) -> Vec<(u64, u64, u64)> {
        let events: Vec<Timed> = events.into_iter().map(|(at_ms, event)| Timed { at_ms, event }).collect();
        run(&events).into_iter().map(|done| (done.at_ms, done.contact, done.agent)).collect()
    }

    #[test]
    fn a_contact_without_rings_goes_to_anybody_as_soon_as_somebody_appears() {
        let events = vec![
            (0, Event::Contact(asking(41))),
            (5, Event::Ready(7)),
            (10, staff(7)),
            (20, Event::Ready(7)),
            (20, Event::Ready(7)),
        ];
        assert_eq!(played(events), [(20, 41, 7)]);
    }

    #[test]
    fn events_that_no_longer_matter_are_ignored() {
        let events = vec![
            (0, staff(7)),
            (0, Event::Ready(7)),
            (0, Event::Finish(1)),
            (0, Event::Abandon(1)),
            (1, Event::Away(99)),
            (2, Event::Contact(asking(1))),
            (3, Event::Contact(asking(1))),
            (4, Event::Contact(asking(2))),
            (5, Event::Finish(2)),
            (6, Event::Abandon(1)),
            (7, Event::Finish(1)),
            (8, Event::Abandon(2)),
        ];
        assert_eq!(played(events), [(2, 1, 7), (7, 2, 7)]);
    }

    #[test]
    fn no_capacity_named_means_none() {
        let none = Event::Agent(Staff { id: 7, skills: vec![], capacity: vec![] });
        let events = vec![(0, none), (0, Event::Ready(7)), (1, Event::Contact(asking(1)))];
        assert_eq!(played(events), []);
    }

    #[test]
    fn the_first_ring_holds_from_the_start_and_the_next_widens_between_events() {
        let ring = |after, need| Ring { after: Duration::from_millis(after), need };
        let hard = Asking {
            rings: vec![ring(20_000, vec![(skill(), level(4))]), ring(5_000, vec![(skill(), level(9))])],
            ..asking(1)
        };
        let events = vec![(0, staff(7)), (0, Event::Ready(7)), (1_000, Event::Contact(hard)), (60_000, Event::Tick)];
        assert_eq!(played(events), [(21_000, 1, 7)]);
    }

    #[test]
    fn agents_tie_by_number_not_by_text() {
        let mut events: Vec<_> = [10, 9, 2].map(|id| (0, staff(id))).into();
        events.extend([10, 9, 2].map(|id| (0, Event::Ready(id))));
        events.extend([3, 2, 1].map(|id| (1, Event::Contact(asking(id)))));
        assert_eq!(played(events), [(1, 3, 2), (1, 2, 9), (1, 1, 10)]);
    }

    #[test]
    fn a_time_in_the_past_is_taken_for_now() {
        let events = vec![(0, staff(7)), (10, Event::Ready(7)), (5, Event::Contact(asking(1)))];
        assert_eq!(played(events), [(10, 1, 7)]);
    }
}
