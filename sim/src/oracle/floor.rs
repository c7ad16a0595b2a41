//! The floor: everybody who waits, everybody who works, and the rule as it is written.

use super::{Assignment, Customer, Event, Rule, Worker};
use core::cmp::Reverse;
use domain::Channel;

/// An agent with a past.
#[derive(Clone, Debug)]
struct Seat {
    worker: Worker,
    ready: bool,
    /// Contacts in hand, with their channels.
    hands: Vec<(u64, Channel)>,
    /// When the agent was last ready with nothing in hand for the first time.
    idle_ms: u64,
    assigned_ms: u64,
    busy_ms: u64,
    on_ms: u64,
}

/// A contact that waits.
#[derive(Clone, Debug)]
struct Waiting {
    customer: Customer,
    since_ms: u64,
}

/// The whole floor at one moment.
#[derive(Clone, Debug)]
pub struct Floor {
    now_ms: u64,
    rule: Rule,
    sticky_ms: u64,
    seats: Vec<Seat>,
    line: Vec<Waiting>,
}

impl Default for Floor {
    /// Nobody is there, and nothing has happened.
    fn default() -> Self {
        Self { now_ms: 0, rule: Rule::LongestIdle, sticky_ms: 0, seats: Vec::new(), line: Vec::new() }
    }
}

impl Seat {
    fn level_sum(&self, need: &[(usize, u8)]) -> u64 {
        need.iter().filter(|(_, least)| *least > 0).map(|(skill, _)| u64::from(self.worker.levels[*skill])).sum()
    }

    fn has_unit(&self, channel: Channel) -> bool {
        let used = self.hands.iter().filter(|(_, in_hand)| *in_hand == channel).count();
        let alone = self.hands.is_empty();
        let on_a_call = self.hands.iter().any(|(_, in_hand)| *in_hand == Channel::Voice);
        used < usize::from(self.worker.capacity[channel as usize]) && !on_a_call && (alone || channel != Channel::Voice)
    }
}

impl Waiting {
    fn need(&self, now_ms: u64) -> &[(usize, u8)] {
        let waited = now_ms - self.since_ms;
        let later = self.customer.steps.iter().skip(1).rfind(|step| step.after_ms <= waited);
        later.or(self.customer.steps.first()).map_or(&[], |step| &step.need)
    }

    fn score(&self, now_ms: u64) -> i64 {
        1_000 * self.customer.priority + self.customer.age_per_s * (now_ms - self.since_ms) as i64
    }
}

impl Floor {
    /// Contacts waiting.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.line.len()
    }

    /// Takes in one line of a trace, after everything that changes before it, and tells the assignments made.
    pub fn step(&mut self, at_ms: u64, event: &Event) -> Vec<Assignment> {
        let mut made = Vec::new();
        while let Some(change) = self.next_change().filter(|change| *change < at_ms) {
            self.pass(change);
            self.match_all(&mut made);
        }
        self.pass(at_ms);
        self.take_in(event);
        self.match_all(&mut made);
        made
    }

    /// When a ring widens or a sticky window closes next.
    fn next_change(&self) -> Option<u64> {
        let changes = self.line.iter().flat_map(|waiting| {
            let window = waiting.customer.sticky.map(|_| self.sticky_ms);
            let rings = waiting.customer.steps.iter().skip(1).map(|step| step.after_ms);
            rings.chain(window).map(|after| waiting.since_ms + after)
        });
        changes.filter(|change| *change > self.now_ms).min()
    }

    fn pass(&mut self, now_ms: u64) {
        let passed = now_ms.saturating_sub(self.now_ms);
        for seat in &mut self.seats {
            seat.busy_ms += if seat.hands.is_empty() { 0 } else { passed };
            seat.on_ms += if seat.ready || !seat.hands.is_empty() { passed } else { 0 };
        }
        self.now_ms += passed;
    }

    fn take_in(&mut self, event: &Event) {
        let now_ms = self.now_ms;
        match event {
            Event::Config(rule, sticky_ms) => (self.rule, self.sticky_ms) = (*rule, *sticky_ms),
            Event::Agent(worker) => self.seats.push(Seat {
                worker: worker.clone(),
                ready: false,
                hands: Vec::new(),
                idle_ms: 0,
                assigned_ms: 0,
                busy_ms: 0,
                on_ms: 0,
            }),
            Event::Ready(agent) => {
                if let Some(seat) = self.seats.iter_mut().find(|seat| seat.worker.id == *agent && !seat.ready) {
                    seat.ready = true;
                    seat.idle_ms = now_ms;
                }
            }
            Event::Away(agent) => {
                if let Some(seat) = self.seats.iter_mut().find(|seat| seat.worker.id == *agent) {
                    seat.ready = false;
                }
            }
            Event::Contact(customer) => {
                self.line.push(Waiting { customer: customer.clone(), since_ms: now_ms });
            }
            Event::Abandon(contact) => self.line.retain(|waiting| waiting.customer.id != *contact),
            Event::Finish(contact) => self.finish(*contact),
            Event::Tick => {}
        }
    }

    fn finish(&mut self, contact: u64) {
        for seat in &mut self.seats {
            let before = seat.hands.len();
            seat.hands.retain(|(in_hand, _)| *in_hand != contact);
            if seat.hands.len() < before && seat.hands.is_empty() {
                seat.idle_ms = self.now_ms;
            }
        }
    }

    fn match_all(&mut self, made: &mut Vec<Assignment>) {
        while let Some((place, seat)) = self.best_pair() {
            let waiting = self.line.remove(place);
            let seat = &mut self.seats[seat];
            seat.hands.push((waiting.customer.id, waiting.customer.channel));
            seat.assigned_ms = self.now_ms;
            made.push(Assignment { at_ms: self.now_ms, contact: waiting.customer.id, agent: seat.worker.id });
        }
    }

    /// The first contact with an eligible agent, and the best of its agents: places in the line and among the seats.
    fn best_pair(&self) -> Option<(usize, usize)> {
        let key = |place: &usize| {
            let waiting = &self.line[*place];
            (Reverse(waiting.score(self.now_ms)), waiting.since_ms, waiting.customer.id)
        };
        let place = (0..self.line.len()).filter(|place| self.eligible(*place).next().is_some()).min_by_key(key)?;
        let seat = self.eligible(place).min_by_key(|seat| self.rank(*seat, place))?;
        Some((place, seat))
    }

    fn eligible(&self, place: usize) -> impl Iterator<Item = usize> {
        let waiting = &self.line[place];
        let need = waiting.need(self.now_ms);
        let only = self.preferred(waiting);
        let seats = self.seats.iter().enumerate().filter(move |(_, seat)| {
            let skilled = need.iter().all(|(skill, least)| seat.worker.levels[*skill] >= *least);
            let wanted = only.is_none_or(|only| seat.worker.id == only);
            seat.ready && wanted && skilled && seat.has_unit(waiting.customer.channel)
        });
        seats.map(|(at, _)| at)
    }

    /// The preferred agent, if nobody else is eligible now.
    fn preferred(&self, waiting: &Waiting) -> Option<u64> {
        let sticky = waiting.customer.sticky?;
        let there = self.seats.iter().any(|seat| seat.worker.id == sticky && seat.ready);
        (there && self.now_ms < waiting.since_ms + self.sticky_ms).then_some(sticky)
    }

    /// The smaller, the better.
    fn rank(&self, seat: usize, place: usize) -> (u64, bool, u64, u64) {
        let seat = &self.seats[seat];
        let figure = match self.rule {
            Rule::LongestIdle => 0,
            Rule::LeastOccupied => seat.busy_ms * (1 << 20) / seat.on_ms.max(1),
            Rule::BestLevel => u64::MAX - seat.level_sum(self.line[place].need(self.now_ms)),
        };
        let loaded = !seat.hands.is_empty();
        let time = if loaded { seat.assigned_ms } else { seat.idle_ms };
        (figure, loaded, time, seat.worker.id)
    }
}
