//! What is counted of contacts, and every ratio that is read from it.

use crate::api::{Ratio, ServiceLevel, Thresholds};
use domain::{QueueExit, Visit};

/// Counters and sums of a set of visits. Adding visits and merging sets commute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Figures {
    /// Contacts that entered; live also those still waiting.
    pub offered: u64,
    /// Contacts that an agent answered.
    pub answered: u64,
    /// Contacts whose customer left while waiting.
    pub abandoned: u64,
    /// Contacts that went elsewhere unanswered.
    pub flowed_out: u64,
    /// Answered with a wait of at most T.
    pub answered_within: u64,
    /// Abandoned with a wait of at most T.
    pub abandoned_within: u64,
    /// Flowed out with a wait of at most T.
    pub flowed_out_within: u64,
    /// Abandoned with a wait of at most S.
    pub short_abandons: u64,
    /// Sum of the waits of the answered, in milliseconds.
    pub wait_answered_ms: u128,
    /// Sum of the waits of the abandoned, in milliseconds.
    pub wait_abandoned_ms: u128,
    /// The longest wait of the answered and the abandoned, in milliseconds.
    pub longest_wait_ms: u64,
    /// Sum of the talk times of the answered, in milliseconds.
    pub talk_ms: u128,
    /// Sum of their hold times, in milliseconds.
    pub hold_ms: u128,
    /// Sum of their after-contact work, in milliseconds.
    pub acw_ms: u128,
}

impl Figures {
    /// Counts a finished visit: it entered, left and was handled.
    pub fn add(&mut self, visit: &Visit, thresholds: Thresholds) {
        self.count_entry();
        self.count_exit(visit.exit, visit.wait_ms(), thresholds);
        if visit.exit == QueueExit::Answered {
            self.count_handling(visit.talk_ms, visit.hold_ms, visit.acw_ms);
        }
    }

    /// Counts an entry into the queue.
    pub fn count_entry(&mut self) {
        self.offered += 1;
    }

    /// Counts an exit from the queue after a wait in milliseconds.
    pub fn count_exit(&mut self, exit: QueueExit, wait_ms: u64, thresholds: Thresholds) {
        let within = u64::from(wait_ms <= thresholds.within_ms);
        if exit != QueueExit::FlowedOut {
            self.longest_wait_ms = self.longest_wait_ms.max(wait_ms);
        }
        match exit {
            QueueExit::Answered => {
                self.answered += 1;
                self.answered_within += within;
                self.wait_answered_ms += u128::from(wait_ms);
            }
            QueueExit::Abandoned => {
                self.abandoned += 1;
                self.abandoned_within += within;
                self.short_abandons += u64::from(wait_ms <= thresholds.short_abandon_ms);
                self.wait_abandoned_ms += u128::from(wait_ms);
            }
            QueueExit::FlowedOut => {
                self.flowed_out += 1;
                self.flowed_out_within += within;
            }
        }
    }

    /// Counts handling time of an answered contact, in milliseconds.
    pub fn count_handling(&mut self, talk_ms: u64, hold_ms: u64, acw_ms: u64) {
        self.talk_ms += u128::from(talk_ms);
        self.hold_ms += u128::from(hold_ms);
        self.acw_ms += u128::from(acw_ms);
    }

    /// Adds the counts of another set.
    pub fn merge(&mut self, other: &Self) {
        self.offered += other.offered;
        self.answered += other.answered;
        self.abandoned += other.abandoned;
        self.flowed_out += other.flowed_out;
        self.answered_within += other.answered_within;
        self.abandoned_within += other.abandoned_within;
        self.flowed_out_within += other.flowed_out_within;
        self.short_abandons += other.short_abandons;
        self.wait_answered_ms += other.wait_answered_ms;
        self.wait_abandoned_ms += other.wait_abandoned_ms;
        self.longest_wait_ms = self.longest_wait_ms.max(other.longest_wait_ms);
        self.talk_ms += other.talk_ms;
        self.hold_ms += other.hold_ms;
        self.acw_ms += other.acw_ms;
    }

    /// The service level in one variant.
    #[must_use]
    pub fn service_level(&self, variant: ServiceLevel) -> Ratio {
        let within = self.answered_within;
        let (part, whole) = match variant {
            ServiceLevel::Offered => (within, self.offered),
            ServiceLevel::Answered => (within, self.answered),
            ServiceLevel::NoShort => (within, self.offered.saturating_sub(self.short_abandons)),
            ServiceLevel::NoEarly => (within, self.offered.saturating_sub(self.abandoned_within)),
            ServiceLevel::AnsweredAbandoned => (within, self.answered + self.abandoned),
            ServiceLevel::Positive => (within + self.abandoned_within, self.offered),
            ServiceLevel::Removed => (within + self.abandoned_within + self.flowed_out_within, self.offered),
        };
        ratio(part.into(), whole)
    }

    /// Average speed of answer: mean wait of the answered, in milliseconds.
    #[must_use]
    pub fn asa_ms(&self) -> Ratio {
        ratio(self.wait_answered_ms, self.answered)
    }

    /// Abandoned over all that entered.
    #[must_use]
    pub fn abandon_rate(&self) -> Ratio {
        ratio(self.abandoned.into(), self.offered)
    }

    /// Abandoned over those who stayed on the line: answered or abandoned. Who took a call back, left a message or was sent
    /// elsewhere is in neither.
    #[must_use]
    pub fn abandon_rate_live(&self) -> Ratio {
        ratio(self.abandoned.into(), self.answered + self.abandoned)
    }

    /// Abandoned later than S over those that entered but for short abandons.
    #[must_use]
    pub fn abandon_rate_no_short(&self) -> Ratio {
        ratio(
            self.abandoned.saturating_sub(self.short_abandons).into(),
            self.offered.saturating_sub(self.short_abandons),
        )
    }

    /// Average handling time: talk, hold and after-contact work of the answered, in milliseconds.
    #[must_use]
    pub fn aht_ms(&self) -> Ratio {
        ratio(self.talk_ms + self.hold_ms + self.acw_ms, self.answered)
    }

    /// The three parts of [`Self::aht_ms`]: talk, hold, after-contact work.
    #[must_use]
    pub fn aht_parts_ms(&self) -> [Ratio; 3] {
        [self.talk_ms, self.hold_ms, self.acw_ms].map(|sum| ratio(sum, self.answered))
    }
}

fn ratio(part: u128, whole: u64) -> Ratio {
    Ratio { part, whole: whole.into() }
}
