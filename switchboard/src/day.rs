//! Today's figures of the queues: the fold of every contact's events, begun anew at local midnight.

use crate::api::Setup;
use crate::engine::Switchboard;
use call::api::Phase;
use domain::{
    AsideStep, CallbackCounts, CallbackStep, ContactEvent, Counts, Instant, MessageCounts, QuestionScore, QueueId,
    QueueVisit, SurveyCounts, WallTime,
};
use stats::{CallbackFigures, Day, Figures, SurveyFigures, Thresholds, Zone};
use std::collections::BTreeMap;

fn thresholds(acd: &acd::api::Setup) -> impl Iterator<Item = (QueueId, Thresholds)> + '_ {
    acd.queues.iter().map(|queue| (queue.id, queue.goal.into()))
}

/// The day at the engine's start.
pub(crate) fn begin(now: Instant, setup: &Setup) -> Day {
    let zone = Zone::fixed(setup.rules.utc_offset_s);
    Day::new(zone, setup.wall_at_start.at(now), thresholds(&setup.acd))
}

/// A sum of milliseconds, as the floor shows it.
fn shown(sum_ms: u128) -> u64 {
    u64::try_from(sum_ms).unwrap_or(u64::MAX)
}

fn counts(figures: &Figures) -> Counts {
    Counts {
        offered: figures.offered,
        answered: figures.answered,
        answered_within: figures.answered_within,
        abandoned: figures.abandoned,
        short_abandons: figures.short_abandons,
        flowed_out: figures.flowed_out,
        wait_answered_ms: shown(figures.wait_answered_ms),
    }
}

fn callback_counts(open: u32, figures: &CallbackFigures) -> CallbackCounts {
    CallbackCounts {
        open,
        booked: figures.booked,
        tries: figures.tries,
        reached: figures.reached,
        failed: figures.failed,
        cancelled: figures.cancelled,
        wait_reached_ms: shown(figures.wait_reached_ms),
    }
}

fn survey_counts(figures: &SurveyFigures) -> SurveyCounts {
    let score = |(question, score): (&_, &stats::Score)| QuestionScore {
        question: *question,
        answers: score.answers,
        sum: score.sum,
    };
    SurveyCounts {
        asked: figures.asked,
        answered: figures.answered,
        skipped: figures.skipped,
        questions: figures.scores.iter().map(score).collect(),
    }
}

impl Switchboard {
    /// Takes today's visits from the history, so that figures survive a restart. Others change nothing. Call it once,
    /// before the first call.
    pub fn recall(&mut self, visits: &[QueueVisit]) {
        for visited in visits {
            self.day.recall(visited);
        }
    }

    /// Takes the steps of calls back from the history, those of a contact in order. Call it once, before the first call.
    pub fn recall_callbacks(&mut self, steps: &[CallbackStep]) {
        for step in steps {
            self.day.recall_callback(step);
        }
    }

    /// Takes the steps of messages and surveys from the history, those of a contact in order. Call it once, before the first
    /// call.
    pub fn recall_asides(&mut self, steps: &[AsideStep]) {
        for step in steps {
            self.day.recall_aside(step);
        }
    }

    /// From local midnight to the next, as wall time.
    #[must_use]
    pub fn today(&self) -> (WallTime, WallTime) {
        (WallTime::from_micros(self.day.span().start_ms.saturating_mul(1_000)), self.day.ends())
    }

    /// Counts what an event says.
    pub(crate) fn count(&mut self, event: &ContactEvent) {
        self.day.on_event(event.contact, self.wall_at_start.at(event.at), &event.kind);
    }

    /// The counters of a queue today.
    pub(crate) fn counts(&self, queue: QueueId) -> Counts {
        self.day.figures(queue).map(counts).unwrap_or_default()
    }

    /// The longest wait of today that ended by an answer or by giving up, in milliseconds.
    pub(crate) fn longest_wait_ms(&self, queue: QueueId) -> u64 {
        self.day.figures(queue).map_or(0, |figures| figures.longest_wait_ms)
    }

    /// The counters of a queue's calls back today.
    pub(crate) fn callback_counts(&self, queue: QueueId) -> CallbackCounts {
        let open = self.callbacks.of_queue(queue);
        self.day.callbacks(queue).map(|figures| callback_counts(open, figures)).unwrap_or_default()
    }

    /// The messages that nobody has taken yet, by queue: how many, and when the oldest was left.
    pub(crate) fn messages_waiting(&self) -> BTreeMap<QueueId, (u32, Instant)> {
        let mut waiting = BTreeMap::new();
        for live in self.calls.values().filter(|live| live.call.is_message()) {
            let pop = live.call.pop();
            let unheard = matches!(live.call.phase(), Phase::Pending | Phase::Queued | Phase::Offering);
            let (Some(message), Some(queue)) = (pop.message.as_ref().filter(|_| unheard), pop.queue) else { continue };
            let (n, oldest) = waiting.entry(queue).or_insert((0, message.left));
            *n += 1;
            *oldest = message.left.min(*oldest);
        }
        waiting
    }

    /// The counters of a queue's messages and surveys today, given its messages that wait.
    pub(crate) fn aside_counts(
        &self,
        queue: QueueId,
        waiting: Option<(u32, Instant)>,
    ) -> (MessageCounts, SurveyCounts) {
        let Some(figures) = self.day.asides(queue) else { return Default::default() };
        let messages = MessageCounts {
            waiting: waiting.map_or(0, |(n, _)| n),
            oldest: waiting.map(|(_, oldest)| oldest),
            left: figures.messages.left,
            heard: figures.messages.heard,
            wait_heard_ms: shown(figures.messages.wait_heard_ms),
        };
        (messages, survey_counts(&figures.surveys))
    }

    /// Queues and their goals are these from now on.
    pub(crate) fn count_queues(&mut self, acd: &acd::api::Setup) {
        self.day.set_queues(thresholds(acd));
    }

    /// When the next day begins.
    pub(crate) fn midnight(&self) -> Instant {
        let left = self.day.ends().as_micros().saturating_sub(self.wall_at_start.as_micros());
        Instant::from_micros(u64::try_from(left).unwrap_or(0))
    }

    /// Begins the next day, if it is time.
    pub(crate) fn turn_day(&mut self, now: Instant) {
        if self.day.turn(self.wall_at_start.at(now)) {
            self.acd.restart_counts();
        }
    }
}
