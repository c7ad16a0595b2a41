//! What a random trace is like as a whole: drawn once, so that traces differ in kind.

use super::{Rule, SKILLS, Worker};
use crate::dice::Dice;
use domain::Channel;

/// Channels that random traces use.
pub(super) const CHANNELS: [Channel; 4] = [Channel::Voice, Channel::Chat, Channel::Email, Channel::Task];

/// The character of a trace.
pub(super) struct Settings {
    pub(super) rule: Rule,
    pub(super) sticky_ms: u64,
    pub(super) agents: u64,
    pub(super) skills: usize,
    /// Highest level of agents and needs: with a low one many are equal.
    pub(super) top_level: u64,
    /// Times are multiples of this: with a coarse one many things happen together.
    pub(super) grain_ms: u64,
    /// Mean time between arrivals.
    pub(super) between_ms: u64,
    /// Mean service time.
    pub(super) service_ms: u64,
    /// Ageing rates that occur.
    pub(super) ages: &'static [i64],
    /// Highest priority.
    pub(super) top_priority: u64,
    /// One contact in so many prefers an agent; 0: none.
    pub(super) sticky_one_in: u64,
}

impl Settings {
    pub(super) fn new(seed: u64, dice: &mut Dice) -> Self {
        let agents = 4 + dice.below(28);
        let service_ms = dice.pick(&[20_000, 60_000, 180_000]);
        let load = dice.pick(&[60, 85, 95, 105]);
        let between_ms = service_ms * 100 / (agents * load);
        let ages: [&'static [i64]; 5] = [&[1], &[0], &[0, 1, 50], &[1, 5], &[0, 0, 1, 2, 3, 1_000]];
        Self {
            rule: [Rule::LongestIdle, Rule::LeastOccupied, Rule::BestLevel][(seed % 3) as usize],
            sticky_ms: dice.pick(&[0, 5_000, 30_000]),
            agents,
            skills: 1 + dice.below(SKILLS as u64 - 1) as usize,
            top_level: dice.pick(&[2, 5, 10]),
            grain_ms: dice.pick(&[1, 100, 1_000, 5_000]).min(between_ms),
            between_ms,
            service_ms,
            ages: dice.pick(&ages),
            top_priority: dice.pick(&[1, 3, 20]),
            sticky_one_in: dice.pick(&[0, 3, 10]),
        }
    }

    pub(super) fn worker(&self, id: u64, dice: &mut Dice) -> Worker {
        let mut levels = [0; SKILLS];
        for level in levels.iter_mut().take(self.skills) {
            *level = if dice.percent(60) { 1 + dice.below(self.top_level) as u8 } else { 0 };
        }
        let mut capacity = [0; 7];
        for channel in CHANNELS {
            capacity[channel as usize] = dice.below(4) as u8;
        }
        capacity[Channel::Voice as usize] = u8::from(dice.percent(90));
        Worker { id, levels, capacity }
    }

    /// A time of about this length, of few different values.
    pub(super) fn about(&self, mean_ms: u64, dice: &mut Dice) -> u64 {
        let ms = mean_ms * dice.pick(&[0, 1, 2, 4, 4, 4, 5, 8, 8]) / 4;
        ms / self.grain_ms * self.grain_ms
    }
}
