//! A second, independent reading of the rules: every event looks at every waiting contact and every agent.
//!
//! It shares nothing with the simulator: own clock (seconds as floats), own generator, no routing engine.

/// A type of contacts.
#[derive(Clone, Debug)]
pub struct Kind {
    pub rate: f64,
    pub patience: Option<f64>,
    pub priority: f64,
    pub age_per_s: f64,
    /// From this age on, these levels of these skills.
    pub rings: Vec<(f64, Vec<(usize, u8)>)>,
}

/// Identical agents: level by skill, mean service and delay by type.
#[derive(Clone, Debug)]
pub struct Pool {
    pub agents: usize,
    pub levels: Vec<u8>,
    pub service: Vec<f64>,
    pub delay: Vec<f64>,
}

/// Virtual hold: offered from so many seconds of forecast on.
#[derive(Clone, Copy, Debug)]
pub struct Hold {
    pub offer_at: f64,
    pub accept: f64,
    pub aht: f64,
    pub dial: f64,
    pub answer: f64,
    pub no_answer: f64,
}

/// A centre.
#[derive(Clone, Debug, Default)]
pub struct Floor {
    pub kinds: Vec<Kind>,
    pub pools: Vec<Pool>,
    pub best_level: bool,
    pub hold: Option<Hold>,
}

/// What was counted of a type.
#[derive(Clone, Debug, Default)]
pub struct Counts {
    pub offered: f64,
    pub waited: f64,
    pub answered: f64,
    pub abandoned: f64,
    pub wait_answered: f64,
    pub wait_abandoned: f64,
    pub answered_in: f64,
    pub live_answered: f64,
    pub live_wait: f64,
    pub virtuals: f64,
    pub virtual_wait: f64,
    pub unreached: f64,
    pub served_by: Vec<f64>,
}

#[derive(Clone, Debug)]
struct Waiting {
    kind: usize,
    since: f64,
    gives_up: f64,
    number: u64,
    is_virtual: bool,
}

#[derive(Clone, Debug)]
struct Agent {
    pool: usize,
    free_at: f64,
    idle_since: f64,
}

/// Marsaglia's xorshift64*.
struct Generator(u64);

impl Generator {
    fn unit(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
    }

    fn exp(&mut self, mean: f64) -> f64 {
        -mean * self.unit().ln()
    }
}

struct World<'f> {
    floor: &'f Floor,
    draw: Generator,
    now: f64,
    line: Vec<Waiting>,
    agents: Vec<Agent>,
    arrivals: Vec<f64>,
    counts: Vec<Counts>,
    warmup: u64,
    threshold: f64,
}

/// Counts by type of the contacts after the warm-up.
pub fn simulate(floor: &Floor, (calls, warmup): (u64, u64), threshold: f64, seed: u64) -> Vec<Counts> {
    let mut draw = Generator(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    // The first numbers after a small seed are not yet mixed.
    (0..20).for_each(|_| {
        draw.unit();
    });
    let arrivals = floor.kinds.iter().map(|kind| draw.exp(1.0 / kind.rate)).collect();
    let agent = |pool: usize| Agent { pool, free_at: f64::NEG_INFINITY, idle_since: 0.0 };
    let agents = floor.pools.iter().enumerate().flat_map(|(pool, of)| vec![agent(pool); of.agents]).collect();
    let counts = vec![Counts { served_by: vec![0.0; floor.pools.len()], ..Counts::default() }; floor.kinds.len()];
    let mut world = World { floor, draw, now: 0.0, line: vec![], agents, arrivals, counts, warmup, threshold };
    let mut number = 0;
    while number < calls || !world.line.is_empty() {
        world.step(&mut number, calls);
    }
    world.counts
}

impl World<'_> {
    fn step(&mut self, number: &mut u64, calls: u64) {
        let now = self.now;
        let mut next = f64::INFINITY;
        if *number < calls {
            next = self.arrivals.iter().copied().fold(next, f64::min);
        }
        next = self.agents.iter().map(|agent| agent.free_at).filter(|at| *at > now).fold(next, f64::min);
        for contact in &self.line {
            next = next.min(contact.gives_up);
            let kind = &self.floor.kinds[contact.kind];
            let changes = kind.rings.iter().map(|(after, _)| *after);
            let delays = self.floor.pools.iter().map(|pool| pool.delay[contact.kind]);
            for age in changes.chain(delays) {
                let at = contact.since + age;
                if at > now {
                    next = next.min(at);
                }
            }
        }
        self.now = next;
        self.agents.iter_mut().filter(|agent| agent.free_at == next).for_each(|agent| agent.idle_since = next);
        self.give_up();
        for kind in 0..self.arrivals.len() {
            if *number < calls && self.arrivals[kind] == next {
                self.arrive(kind, *number);
                *number += 1;
            }
        }
        self.serve();
    }

    fn give_up(&mut self) {
        let now = self.now;
        let gone: Vec<Waiting> = self.line.iter().filter(|contact| contact.gives_up <= now).cloned().collect();
        self.line.retain(|contact| contact.gives_up > now);
        for contact in gone.iter().filter(|contact| contact.number >= self.warmup) {
            let counts = &mut self.counts[contact.kind];
            counts.abandoned += 1.0;
            counts.waited += 1.0;
            counts.wait_abandoned += now - contact.since;
        }
    }

    fn arrive(&mut self, kind: usize, number: u64) {
        let of = &self.floor.kinds[kind];
        self.arrivals[kind] = self.now + self.draw.exp(1.0 / of.rate);
        if number >= self.warmup {
            self.counts[kind].offered += 1.0;
        }
        let gives_up = of.patience.map_or(f64::INFINITY, |mean| self.now + self.draw.exp(mean));
        let ahead = self.line.len() as f64;
        self.line.push(Waiting { kind, since: self.now, gives_up, number, is_virtual: false });
        self.serve();
        let Some(hold) = self.floor.hold else { return };
        let offered = (ahead + 1.0) * hold.aht / self.agents.len() as f64 >= hold.offer_at;
        let accepts = self.draw.unit() < hold.accept;
        if let Some(contact) = self.line.iter_mut().find(|contact| contact.number == number && offered && accepts) {
            contact.is_virtual = true;
            contact.gives_up = f64::INFINITY;
        }
    }

    /// The sum of levels over the needed skills, if the agent may take the contact now.
    fn level(&self, contact: &Waiting, agent: &Agent) -> Option<u32> {
        let pool = &self.floor.pools[agent.pool];
        let age = self.now - contact.since;
        let late = 1e-7;
        let is_idle = agent.free_at <= self.now && age + late >= pool.delay[contact.kind];
        let rings = &self.floor.kinds[contact.kind].rings;
        let need = rings.iter().rev().find(|(after, _)| age + late >= *after).map(|(_, need)| need.as_slice());
        let need = need.unwrap_or(&[]);
        let holds = need.iter().all(|(skill, level)| pool.levels[*skill] >= *level);
        (is_idle && holds).then(|| need.iter().map(|(skill, _)| u32::from(pool.levels[*skill])).sum())
    }

    fn serve(&mut self) {
        while let Some((contact, agent)) = self.best_pair() {
            let contact = self.line.remove(contact);
            self.begin(&contact, agent);
        }
    }

    fn best_pair(&self) -> Option<(usize, usize)> {
        let mut best: Option<(f64, f64, usize, usize)> = None;
        for (at, contact) in self.line.iter().enumerate() {
            let Some(agent) = self.best_agent(contact) else { continue };
            let of = &self.floor.kinds[contact.kind];
            let score = 1_000.0 * of.priority + of.age_per_s * 1_000.0 * (self.now - contact.since);
            let first = best.is_none_or(|(most, since, ..)| score > most || (score == most && contact.since < since));
            if first {
                best = Some((score, contact.since, at, agent));
            }
        }
        best.map(|(_, _, contact, agent)| (contact, agent))
    }

    fn best_agent(&self, contact: &Waiting) -> Option<usize> {
        let mut best: Option<(u32, f64, usize)> = None;
        for (number, agent) in self.agents.iter().enumerate() {
            let Some(level) = self.level(contact, agent) else { continue };
            let level = if self.floor.best_level { level } else { 0 };
            let first = best.is_none_or(|(most, idle, _)| level > most || (level == most && agent.idle_since < idle));
            if first {
                best = Some((level, agent.idle_since, number));
            }
        }
        best.map(|(_, _, agent)| agent)
    }

    fn begin(&mut self, contact: &Waiting, agent: usize) {
        let pool = self.agents[agent].pool;
        let wait = self.now - contact.since;
        let talk = self.draw.exp(self.floor.pools[pool].service[contact.kind]);
        let mut busy = talk;
        let mut reached = true;
        if let Some(hold) = self.floor.hold.filter(|_| contact.is_virtual) {
            reached = self.draw.unit() < hold.answer;
            busy = if reached { hold.dial + talk } else { hold.no_answer };
        }
        self.agents[agent].free_at = self.now + busy;
        if contact.number < self.warmup {
            return;
        }
        let counts = &mut self.counts[contact.kind];
        counts.waited += f64::from(wait > 0.0);
        if contact.is_virtual {
            counts.virtuals += 1.0;
            counts.virtual_wait += wait;
        }
        if !reached {
            counts.unreached += 1.0;
            return;
        }
        counts.answered += 1.0;
        counts.wait_answered += wait;
        counts.answered_in += f64::from(wait <= self.threshold);
        counts.served_by[pool] += 1.0;
        if !contact.is_virtual {
            counts.live_answered += 1.0;
            counts.live_wait += wait;
        }
    }
}
