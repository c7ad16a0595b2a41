//! A floor in virtual time on the real engine, on which predictors are measured against the offered wait.

use super::{Predictor, Scene, Seen};
use acd::Engine;
use acd::api::{AgentSetup, Arrival, Command, Effect, Fact, QueueSetup, Setup};
use acd::forecast::{Kind, Rank};
use domain::{
    AgentId, AgentState, ContactId, Instant, OfferResult, Priority, Proficiency, QueueId, ReasonCode, Requirement,
    SkillId,
};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};

/// Contacts of one kind: a Poisson stream.
#[derive(Clone, Debug, PartialEq)]
pub struct Kindred {
    /// Arrivals per second.
    pub rate_per_s: f64,
    /// Mean handling time in seconds.
    pub handle_s: f64,
    /// Handling time: standard deviation over mean; 1: exponential, else lognormal.
    pub handle_cv: f64,
    /// Mean patience in seconds, exponential; `None`: endless.
    pub patience_s: Option<f64>,
    /// Points.
    pub priority: i32,
}

/// A floor.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// What asks.
    pub kinds: Vec<Kindred>,
    /// For each agent the kinds taken, the preferred one first.
    pub agents: Vec<Vec<u16>>,
    /// At most so many contacts waiting or served; others are turned away.
    pub lines: Option<usize>,
    /// Contacts in all.
    pub contacts: u32,
    /// Contacts to learn from before quotes count.
    pub learning: u32,
    /// The seed.
    pub seed: u64,
}

/// How good a predictor was over the contacts that had to wait.
#[derive(Clone, Debug, PartialEq)]
pub struct Score {
    /// The predictor.
    pub name: String,
    /// Contacts.
    pub count: u64,
    /// Mean offered wait in seconds.
    pub mean_wait_s: f64,
    /// Root of the mean squared error, in seconds.
    pub rms_error_s: f64,
    /// Mean of quote − wait, over the mean wait.
    pub bias: f64,
    /// The bias of the kind where it is largest.
    pub worst_kind_bias: f64,
    /// Share of waits within the quoted 90th percentile; `None` without one.
    pub covered: Option<f64>,
}

impl World {
    /// The agents with what they take.
    pub fn staff(&self) -> impl Iterator<Item = (AgentId, Vec<Kind>)> {
        let kinds = |taken: &[u16]| taken.iter().map(|kind| Kind(*kind)).collect();
        self.agents.iter().enumerate().map(move |(at, taken)| (number(at), kinds(taken)))
    }

    fn setup(&self) -> Setup {
        let queue = |kind: usize| QueueSetup {
            base_priority: Priority(self.kinds[kind].priority),
            requirement: Requirement::fixed(vec![(number::<SkillId>(kind), level(1))]),
            ..QueueSetup::new(number(kind))
        };
        let agent = |(at, taken): (usize, &Vec<u16>)| AgentSetup {
            id: number(at),
            name: String::new(),
            skills: taken
                .iter()
                .enumerate()
                .map(|(rank, kind)| (number((*kind).into()), level(10 - rank.min(9))))
                .collect(),
            queues: taken.iter().map(|kind| number::<QueueId>((*kind).into()).into()).collect(),
            capacity: Vec::new(),
        };
        Setup {
            queues: (0..self.kinds.len()).map(queue).collect(),
            agents: self.agents.iter().enumerate().map(agent).collect(),
            ..Setup::default()
        }
    }
}

/// Ids whose text is a number.
fn number<T: core::str::FromStr>(number: usize) -> T {
    let id = number.to_string().parse();
    id.unwrap_or_else(|_| unreachable!("a number of at most 20 digits is an id"))
}

fn level(level: usize) -> Proficiency {
    u8::try_from(level).ok().and_then(Proficiency::new).unwrap_or_else(|| unreachable!("levels are 1 to 10"))
}

/// Numbers from a seed (SplitMix64).
#[derive(Clone, Copy, Debug)]
struct Dice(u64);

impl Dice {
    /// Between 0 and 1, both excluded.
    fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64 + 1.0 / (1_u64 << 54) as f64
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        -mean * libm::log(self.uniform())
    }

    fn handling(&mut self, kindred: &Kindred) -> f64 {
        if kindred.handle_cv == 1.0 {
            return self.exponential(kindred.handle_s);
        }
        let variance = libm::log1p(kindred.handle_cv * kindred.handle_cv);
        let radius = (-2.0 * libm::log(self.uniform())).sqrt();
        let normal = radius * libm::cos(core::f64::consts::TAU * self.uniform());
        kindred.handle_s * libm::exp(variance.sqrt() * normal - variance / 2.0)
    }
}

/// What is to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Next {
    Arrives(u16),
    LosesPatience(u64),
    Ends(u64),
}

/// A contact in the world.
#[derive(Clone, Copy, Debug)]
struct Contact {
    kind: Kind,
    entered: Instant,
    rank: Rank,
    agent: Option<AgentId>,
    handled_s: f64,
}

/// Quotes made for a contact that waits.
#[derive(Clone, Debug)]
struct Pending {
    kind: Kind,
    entered: Instant,
    quotes: Vec<super::Quote>,
}

/// A play of a world.
struct Play<'a, 'b> {
    world: &'a World,
    predictors: &'a mut [Box<dyn Predictor + 'b>],
    engine: Engine,
    able: Vec<Vec<Kind>>,
    dice: Dice,
    next: BinaryHeap<Reverse<(u64, Next)>>,
    contacts: BTreeMap<u64, Contact>,
    /// For each kind those in line, ghosts apart, in order of arrival.
    lines: Vec<VecDeque<u64>>,
    ghosts: Vec<VecDeque<(u64, Rank)>>,
    pending: BTreeMap<u64, Pending>,
    arrived: u64,
    sums: Vec<Sums>,
}

#[derive(Clone, Debug, Default)]
struct Sums {
    count: u64,
    wait: f64,
    error: f64,
    /// Waits and errors by kind.
    kinds: BTreeMap<Kind, (f64, f64)>,
    squared: f64,
    covered: u64,
    with_p90: bool,
}

/// Plays the world and tells how good the predictors' quotes were, over the contacts after those to learn from that had
/// to wait, by the offered wait: a ghost keeps the place of a contact that gives up until an agent would have taken it.
pub fn measure<'b>(world: &World, predictors: &mut [Box<dyn Predictor + 'b>]) -> Vec<Score> {
    let mut engine = Engine::new(world.setup(), 1);
    engine.accept_at_once();
    let sums = vec![Sums::default(); predictors.len()];
    let kinds = world.kinds.len();
    let mut play = Play {
        world,
        predictors,
        engine,
        able: world.staff().map(|(_, kinds)| kinds).collect(),
        dice: Dice(world.seed),
        next: BinaryHeap::new(),
        contacts: BTreeMap::new(),
        lines: vec![VecDeque::new(); kinds],
        ghosts: vec![VecDeque::new(); kinds],
        pending: BTreeMap::new(),
        arrived: 0,
        sums,
    };
    play.open();
    while let Some(Reverse((at, next))) = play.next.pop() {
        play.happens(Instant::from_micros(at), next);
    }
    play.scores()
}

impl Play<'_, '_> {
    fn open(&mut self) {
        let ready: ReasonCode = number(0);
        let mut effects = Vec::new();
        for at in 0..self.world.agents.len() {
            for command in [Command::SignIn(number(at), ready), Command::Ready(number(at))] {
                // Every agent of the setup can sign in and be ready.
                let _ = self.engine.command(Instant::ZERO, command, &mut effects);
            }
        }
        for kind in 0..self.world.kinds.len() {
            self.plan_arrival(Instant::ZERO, kind as u16);
        }
    }

    fn plan(&mut self, now: Instant, after_s: f64, next: Next) {
        self.next.push(Reverse((now.as_micros() + (after_s * 1e6) as u64, next)));
    }

    fn plan_arrival(&mut self, now: Instant, kind: u16) {
        let wait = self.dice.exponential(1.0 / self.world.kinds[usize::from(kind)].rate_per_s);
        self.plan(now, wait, Next::Arrives(kind));
    }

    fn happens(&mut self, now: Instant, next: Next) {
        match next {
            Next::Arrives(kind) => self.arrives(now, kind),
            Next::LosesPatience(id) => self.loses_patience(now, id),
            Next::Ends(id) => self.ends(now, id),
        }
    }

    fn arrives(&mut self, now: Instant, kind: u16) {
        if self.arrived >= u64::from(self.world.contacts) {
            return;
        }
        self.plan_arrival(now, kind);
        let kindred = &self.world.kinds[usize::from(kind)];
        let handled_s = self.dice.handling(kindred);
        let patience = kindred.patience_s.map(|mean| self.dice.exponential(mean));
        if self.world.lines.is_some_and(|lines| self.contacts.len() >= lines) {
            return;
        }
        let id = self.arrived;
        self.arrived += 1;
        let rank = Rank { points: i64::from(kindred.priority) * 1_000, age_per_s: 1, since: now };
        self.contacts.insert(id, Contact { kind: Kind(kind), entered: now, rank, agent: None, handled_s });
        let arrival = Arrival::new(ContactId::new(id.into()), number(kind.into()));
        self.tell(now, Fact::Arrived(arrival));
        if self.contacts.get(&id).is_some_and(|contact| contact.agent.is_none()) {
            if let Some(patience) = patience {
                self.plan(now, patience, Next::LosesPatience(id));
            }
            self.quote(now, id, Kind(kind), rank);
            self.lines[usize::from(kind)].push_back(id);
        }
    }

    fn quote(&mut self, now: Instant, id: u64, kind: Kind, rank: Rank) {
        let waiting: Vec<u32> = self.lines.iter().map(|line| line.len() as u32).collect();
        let age = |id: &u64| self.contacts.get(id).map(|contact| now.since(contact.entered).as_secs_f64());
        let head_s: Vec<Option<f64>> = self.lines.iter().map(|line| line.front().and_then(age)).collect();
        let scene = Scene {
            contact: ContactId::new(id.into()),
            kind,
            rank,
            waiting: &waiting,
            head_s: &head_s,
            able: &self.able,
        };
        let quotes = self.predictors.iter_mut().map(|predictor| predictor.quote(now, &scene)).collect();
        self.pending.insert(id, Pending { kind, entered: now, quotes });
    }

    fn loses_patience(&mut self, now: Instant, id: u64) {
        let Some(contact) = self.contacts.get(&id).copied().filter(|contact| contact.agent.is_none()) else { return };
        self.contacts.remove(&id);
        let kind = usize::from(contact.kind.0);
        self.lines[kind].retain(|waiting| *waiting != id);
        let at = self.ghosts[kind].partition_point(|(other, _)| *other < id);
        self.ghosts[kind].insert(at, (id, contact.rank));
        let contact = ContactId::new(id.into());
        self.see(now, &Seen::Abandoned(contact));
        self.tell(now, Fact::Left { contact, result: OfferResult::CustomerLeft });
    }

    fn ends(&mut self, now: Instant, id: u64) {
        let Some(contact) = self.contacts.remove(&id) else { return };
        let Some(agent) = contact.agent else { return };
        let handled_s = contact.handled_s;
        let contact = ContactId::new(id.into());
        self.see(now, &Seen::Finished { contact, agent, handled_s });
        self.tell(now, Fact::Finished { contact, agent });
        if self.engine.agent_state(agent) == Some(AgentState::Ready) {
            self.see(now, &Seen::Idle(agent));
            self.ghosts_taken(now, agent, i64::MIN);
        }
    }

    fn tell(&mut self, now: Instant, fact: Fact) {
        let mut effects = Vec::new();
        self.engine.handle(now, fact, &mut effects);
        for effect in effects {
            if let Effect::Offer { contact, agent, .. } = effect {
                self.taken(now, contact, agent);
            }
        }
    }

    fn taken(&mut self, now: Instant, id: ContactId, agent: AgentId) {
        let Ok(number) = u64::try_from(id.number()) else { return };
        let Some(contact) = self.contacts.get_mut(&number) else { return };
        contact.agent = Some(agent);
        let contact = *contact;
        self.lines[usize::from(contact.kind.0)].retain(|waiting| *waiting != number);
        self.ghosts_taken(now, agent, contact.rank.score(now));
        let wait_s = now.since(contact.entered).as_secs_f64();
        self.known(now, number);
        self.see(now, &Seen::Answered { contact: id, kind: contact.kind, agent, wait_s });
        self.plan(now, contact.handled_s, Next::Ends(number));
    }

    /// An agent takes those who gave up before anybody behind them, and it takes no time.
    fn ghosts_taken(&mut self, now: Instant, agent: AgentId, score: i64) {
        let Some(able) = agent.as_str().parse().ok().and_then(|at: usize| self.able.get(at)).cloned() else { return };
        for kind in able {
            let line = &mut self.ghosts[usize::from(kind.0)];
            let mut gone = Vec::new();
            while let Some((id, _)) = line.front().filter(|(_, rank)| rank.score(now) >= score) {
                gone.push(*id);
                line.pop_front();
            }
            gone.into_iter().for_each(|id| self.known(now, id));
        }
    }

    fn known(&mut self, now: Instant, id: u64) {
        let Some(Pending { kind, entered, quotes }) = self.pending.remove(&id) else { return };
        let wait_s = now.since(entered).as_secs_f64();
        self.see(now, &Seen::Known { contact: ContactId::new(id.into()), wait_s });
        if id < u64::from(self.world.learning) {
            return;
        }
        for (sums, quote) in self.sums.iter_mut().zip(quotes) {
            let error = quote.mean_s - wait_s;
            sums.count += 1;
            sums.wait += wait_s;
            sums.error += error;
            sums.squared += error * error;
            let of_kind = sums.kinds.entry(kind).or_default();
            *of_kind = (of_kind.0 + wait_s, of_kind.1 + error);
            sums.covered += u64::from(quote.p90_s.is_some_and(|p90| wait_s <= p90));
            sums.with_p90 |= quote.p90_s.is_some();
        }
    }

    fn see(&mut self, now: Instant, seen: &Seen) {
        self.predictors.iter_mut().for_each(|predictor| predictor.note(now, seen));
    }

    fn scores(&self) -> Vec<Score> {
        let score = |(name, sums): (String, &Sums)| {
            let count = sums.count.max(1) as f64;
            let biases = sums.kinds.values().map(|(wait, error)| error / wait.max(f64::MIN_POSITIVE));
            Score {
                name,
                count: sums.count,
                mean_wait_s: sums.wait / count,
                rms_error_s: (sums.squared / count).sqrt(),
                bias: sums.error / sums.wait.max(f64::MIN_POSITIVE),
                worst_kind_bias: biases
                    .fold(0.0, |worst: f64, bias| if bias.abs() > worst.abs() { bias } else { worst }),
                covered: sums.with_p90.then_some(sums.covered as f64 / count),
            }
        };
        let names = self.predictors.iter().map(|predictor| predictor.name());
        names.zip(&self.sums).map(score).collect()
    }
}
