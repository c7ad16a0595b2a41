//! Opening hours: what schedules say, the switch that closes at once, and queues that keep hours.

use crate::api::Effect;
use crate::engine::{Job, Switchboard};
use core::time::Duration;
use domain::{ClosedWhy, CommandError, Emergency, Instant, PromptId, QueueId, ScheduleId, ScheduleView, WallTime};
use hours::{Hours, Schedule, State, Why};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How far ahead openings are shown.
const SHOWN: Duration = Duration::from_secs(14 * 86_400);

/// Schedules, and those that a person closed.
#[derive(Default)]
pub(crate) struct Timetable {
    hours: BTreeMap<ScheduleId, Hours>,
    emergencies: BTreeMap<ScheduleId, Emergency>,
    /// Queues that turn new contacts away.
    shut: Vec<QueueId>,
    /// When a schedule changes next.
    changes: Option<WallTime>,
}

impl Timetable {
    pub(crate) fn new(
        schedules: &[Arc<Schedule>],
        emergencies: BTreeMap<ScheduleId, Emergency>,
        now: WallTime,
    ) -> Self {
        let mut timetable = Self { emergencies, ..Self::default() };
        timetable.set(schedules, now);
        timetable
    }

    fn set(&mut self, schedules: &[Arc<Schedule>], now: WallTime) {
        let hours = |schedule: &Arc<Schedule>| (schedule.id(), Hours::new(Arc::clone(schedule), now));
        self.hours = schedules.iter().map(hours).collect();
    }

    /// What a flow reads of a schedule.
    pub(crate) fn standing(&self, schedule: ScheduleId, now: WallTime) -> ivr::api::Standing {
        use ivr::api::Standing;
        let Some(hours) = self.hours.get(&schedule) else { return Standing::Unknown };
        let local = |at: Option<WallTime>| at.map(|at| hours.schedule().local(at));
        match (self.emergencies.get(&schedule), hours.state(now)) {
            (Some(emergency), _) => Standing::Emergency { prompt: emergency.prompt },
            (None, State::Open { .. }) => Standing::Open,
            (None, State::Closed { next, why: Why::Hours }) => Standing::Closed { next: local(next) },
            (None, State::Closed { next, why: Why::Holiday(_) }) => Standing::Holiday { next: local(next) },
        }
    }

    fn is_open(&self, schedule: ScheduleId, now: WallTime) -> bool {
        let hours = self.hours.get(&schedule);
        hours.is_none_or(|hours| hours.state(now).is_open()) && !self.emergencies.contains_key(&schedule)
    }

    /// Everything, as people see it.
    pub(crate) fn views(&self, now: WallTime) -> Vec<ScheduleView> {
        let view = |hours: &Hours| {
            let (schedule, state) = (hours.schedule(), hours.state(now));
            let emergency = self.emergencies.get(&schedule.id()).cloned();
            let why = match (&emergency, &state) {
                (Some(_), _) => Some(ClosedWhy::Emergency),
                (None, State::Open { .. }) => None,
                (None, State::Closed { why: Why::Hours, .. }) => Some(ClosedWhy::Hours),
                (None, State::Closed { why: Why::Holiday(name), .. }) => Some(ClosedWhy::Holiday(name.clone())),
            };
            ScheduleView {
                id: schedule.id(),
                name: schedule.name().to_owned(),
                zone: schedule.zone().to_owned(),
                closed: why,
                next_change: state.changes(),
                emergency,
                openings: hours.openings(now, later(now, SHOWN)),
            }
        };
        self.hours.values().map(view).collect()
    }
}

fn later(at: WallTime, by: Duration) -> WallTime {
    WallTime::from_micros(at.as_micros().saturating_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX)))
}

impl Switchboard {
    /// Opens and shuts the doors of queues that keep hours, if a schedule has changed.
    pub(crate) fn turn_hours(&mut self, now: Instant) {
        let wall = self.wall_at_start.at(now);
        self.timetable.hours.values_mut().for_each(|hours| hours.turn(wall));
        if self.timetable.changes.is_some_and(|at| at <= wall) {
            self.set_doors(now);
        }
    }

    /// When a schedule changes next.
    pub(crate) fn hours_change(&self) -> Option<Instant> {
        let left = self.timetable.changes?.as_micros().saturating_sub(self.wall_at_start.as_micros());
        Some(Instant::from_micros(u64::try_from(left).unwrap_or(0)))
    }

    /// Schedules and queues are these from now on.
    pub(crate) fn set_schedules(&mut self, now: Instant) {
        let wall = self.wall_at_start.at(now);
        self.timetable.set(&self.rules.schedules, wall);
        self.set_doors(now);
    }

    /// Tells the ACD which queues turn new contacts away.
    pub(crate) fn set_doors(&mut self, now: Instant) {
        let wall = self.wall_at_start.at(now);
        let states = self.timetable.hours.values().map(|hours| hours.state(wall));
        self.timetable.changes = states.filter_map(|state| state.changes()).min();
        let is_shut = |queue: &&crate::api::QueueSetup| {
            queue.hours.is_some_and(|schedule| !self.timetable.is_open(schedule, wall))
        };
        let shut: Vec<QueueId> = self.rules.queues.values().filter(is_shut).map(|queue| queue.rules.id).collect();
        let before = core::mem::replace(&mut self.timetable.shut, shut.clone());
        for queue in self.rules.queues.keys().copied() {
            let admits = !shut.contains(&queue);
            if admits == before.contains(&queue) {
                self.jobs.push_back(Job::Acd(acd::api::Fact::Admits { queue, admits }));
            }
        }
    }

    /// A person closes a schedule at once, or lets it go by its hours again.
    pub(crate) fn close_schedule(
        &mut self,
        now: Instant,
        schedule: ScheduleId,
        closed: bool,
        prompt: Option<PromptId>,
        out: &mut Vec<Effect>,
    ) -> Result<(), CommandError> {
        if !self.timetable.hours.contains_key(&schedule) {
            return Err(CommandError::UnknownSchedule);
        }
        if closed {
            let since = self.wall_at_start.at(now);
            self.timetable.emergencies.insert(schedule, Emergency { prompt, since });
        } else {
            self.timetable.emergencies.remove(&schedule);
        }
        self.set_doors(now);
        out.push(Effect::KeepEmergencies(self.timetable.emergencies.clone()));
        Ok(())
    }
}
