//! Opening hours.

use domain::{ClosedWhy as Why, ScheduleView, WallTime};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Schedules of opening hours.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Schedules {
    /// In order of id.
    pub items: Vec<Schedule>,
}

/// A schedule of opening hours.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Schedule {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// Its time zone, such as `Europe/Berlin`.
    pub zone: String,
    /// It is open.
    pub open: bool,
    /// Why it is closed; null: it is open.
    pub why: Option<ClosedWhy>,
    /// The name of the holiday, if it has one.
    pub holiday: Option<String>,
    /// When its hours change next; null: not for a month.
    pub next_change_at: Option<i64>,
    /// Since when a person has closed it.
    pub emergency_since_at: Option<i64>,
    /// What callers are told meanwhile.
    pub emergency_prompt: Option<String>,
    /// When its hours are open in the next 14 days.
    pub openings: Vec<Opening>,
}

/// Why a schedule is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ClosedWhy {
    /// It is not the time.
    Hours,
    /// It is a holiday.
    Holiday,
    /// A person closed it.
    Emergency,
}

/// A stretch of being open.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct Opening {
    /// From then on.
    pub from_at: i64,
    /// Up to then.
    pub to_at: i64,
}

/// Closes a schedule at once, or lets it go by its hours again.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EmergencyWish {
    /// Closed.
    pub closed: bool,
    /// A prompt that callers are told.
    #[serde(default)]
    pub prompt: Option<String>,
}

fn ms(at: WallTime) -> i64 {
    at.as_micros().div_euclid(1_000)
}

impl From<&ScheduleView> for Schedule {
    fn from(view: &ScheduleView) -> Self {
        let why = view.closed.as_ref().map(|why| match why {
            Why::Hours => ClosedWhy::Hours,
            Why::Holiday(_) => ClosedWhy::Holiday,
            Why::Emergency => ClosedWhy::Emergency,
        });
        let holiday = match &view.closed {
            Some(Why::Holiday(name)) if !name.is_empty() => Some(name.clone()),
            _ => None,
        };
        let emergency = view.emergency.as_ref();
        let opening = |(from, to): &(WallTime, WallTime)| Opening { from_at: ms(*from), to_at: ms(*to) };
        Self {
            id: view.id.to_string(),
            name: view.name.clone(),
            zone: view.zone.clone(),
            open: view.closed.is_none(),
            why,
            holiday,
            next_change_at: view.next_change.map(ms),
            emergency_since_at: emergency.map(|emergency| ms(emergency.since)),
            emergency_prompt: emergency.and_then(|emergency| emergency.prompt).map(|prompt| prompt.to_string()),
            openings: view.openings.iter().map(opening).collect(),
        }
    }
}
