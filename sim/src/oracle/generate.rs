//! Random traces: a day on the floor, with services and patience drawn as it goes.

use super::settings::{CHANNELS, Settings};
use super::{Customer, Event, Floor, Step};
use crate::dice::Dice;
use std::collections::BTreeMap;

/// More contacts than this in line, and the next ones give up at once: the line stays short enough to look at.
const LONG_LINE: usize = 60;

/// A random trace with so many contacts.
#[must_use]
pub fn generate(seed: u64, contacts: u64) -> Vec<(u64, Event)> {
    let mut dice = Dice::new(seed);
    let settings = Settings::new(seed, &mut dice);
    let mut day = Day { settings, dice, floor: Floor::default(), coming: BTreeMap::new(), trace: Vec::new() };
    day.open();
    for pair in 0..contacts.div_ceil(2) {
        day.arrivals(2 * pair, contacts);
    }
    day.close();
    day.trace
}

struct Day {
    settings: Settings,
    dice: Dice,
    floor: Floor,
    /// What will happen, by time and then by lot.
    coming: BTreeMap<(u64, u64), Event>,
    trace: Vec<(u64, Event)>,
}

impl Day {
    fn plan(&mut self, at_ms: u64, event: Event) {
        let lot = self.dice.below(u64::MAX);
        self.coming.insert((at_ms, lot), event);
    }

    /// Lets happen what happens up to this time.
    fn play_to(&mut self, until_ms: u64) {
        while let Some(entry) = self.coming.first_entry().filter(|entry| entry.key().0 <= until_ms) {
            let ((at_ms, _), event) = entry.remove_entry();
            self.happen(at_ms, event);
        }
    }

    fn happen(&mut self, at_ms: u64, event: Event) {
        for made in self.floor.step(at_ms, &event) {
            let service = self.settings.about(self.settings.service_ms, &mut self.dice);
            self.plan(made.at_ms.max(at_ms) + service, Event::Finish(made.contact));
        }
        self.trace.push((at_ms, event));
    }

    fn open(&mut self) {
        self.happen(0, Event::Config(self.settings.rule, self.settings.sticky_ms));
        for id in 0..self.settings.agents {
            let worker = self.settings.worker(id, &mut self.dice);
            let late = if self.dice.percent(10) {
                self.settings.about(4 * self.settings.service_ms, &mut self.dice)
            } else {
                0
            };
            self.plan(late, Event::Agent(worker));
            let more = self.settings.about(2_000, &mut self.dice);
            self.plan(late + more + 1, Event::Ready(id));
        }
        self.play_to(0);
    }

    fn now(&self) -> u64 {
        self.trace.last().map_or(0, |(at_ms, _)| *at_ms)
    }

    /// Two contacts, often at the same time and with the lower id last.
    fn arrivals(&mut self, first: u64, end: u64) {
        let mut ids = [first, first + 1];
        if self.dice.percent(30) {
            ids.reverse();
        }
        for id in ids.into_iter().filter(|id| *id < end) {
            let at_ms = self.now() + self.settings.about(self.settings.between_ms, &mut self.dice);
            self.play_to(at_ms);
            let customer = self.customer(id);
            let patience = if self.floor.waiting() < LONG_LINE { self.patience() } else { Some(0) };
            self.happen(at_ms, Event::Contact(customer));
            if let Some(patience) = patience {
                self.plan(at_ms + patience, Event::Abandon(id));
            }
            self.noise(at_ms, id);
        }
    }

    fn patience(&mut self) -> Option<u64> {
        let mean = self.settings.service_ms;
        self.dice.percent(90).then(|| self.settings.about(mean, &mut self.dice))
    }

    fn customer(&mut self, id: u64) -> Customer {
        let (settings, dice) = (&self.settings, &mut self.dice);
        let prefers = settings.sticky_one_in > 0 && dice.below(settings.sticky_one_in) == 0;
        let channel = dice.pick(&CHANNELS);
        let priority = dice.below(settings.top_priority) as i64;
        let age_per_s = dice.pick(settings.ages);
        let sticky = prefers.then(|| dice.below(settings.agents + 2));
        Customer { id, channel, priority, age_per_s, steps: self.steps(), sticky }
    }

    /// One to four rings, each easier than the one before.
    fn steps(&mut self) -> Vec<Step> {
        let (settings, dice) = (&self.settings, &mut self.dice);
        let mut need = BTreeMap::new();
        for _ in 0..dice.below(3) {
            need.insert(dice.below(settings.skills as u64) as usize, 1 + dice.below(settings.top_level) as u8);
        }
        let mut after_ms = 0;
        let mut steps = Vec::new();
        for _ in 0..=dice.below(4) {
            steps.push(Step { after_ms, need: need.iter().map(|(skill, level)| (*skill, *level)).collect() });
            after_ms += dice.pick(&[0, 5_000, 10_000, 20_000]);
            let less = dice.below(4) as u8;
            need.values_mut().for_each(|level| *level = level.saturating_sub(less));
        }
        steps
    }

    /// Breaks, and events that no longer or do not yet matter.
    fn noise(&mut self, at_ms: u64, id: u64) {
        let agent = self.dice.below(self.settings.agents + 1);
        let other = id.saturating_sub(self.dice.below(40));
        let soon = at_ms + self.settings.about(10_000, &mut self.dice);
        let event = match self.dice.below(40) {
            0 | 1 => Event::Ready(agent),
            2 => Event::Finish(other),
            3 => Event::Abandon(other),
            4 | 5 => Event::Tick,
            6..9 => {
                let back = soon + self.settings.about(self.settings.service_ms, &mut self.dice);
                self.plan(back, Event::Ready(agent));
                Event::Away(agent)
            }
            _ => return,
        };
        self.plan(soon, event);
    }

    /// The rest of what is planned, and time for the last rings.
    fn close(&mut self) {
        self.play_to(u64::MAX);
        let end = self.now() + 120_000;
        self.happen(end, Event::Tick);
        self.play_to(u64::MAX);
    }
}
