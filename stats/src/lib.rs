//! The one fold of contacts and agents into figures: service level in every variant, speed of answer, abandon rate,
//! handling time, occupancy. Live figures, history and the command line use this code and no other.
//!
//! It never reads a clock or a file, and counts in whole numbers: a ratio is formed when it is read, so that folds can
//! be merged in any order and intervals always add up to the day.
//!
//! ```
//! use domain::{QueueExit, Visit};
//! use stats::{Fold, Grid, ServiceLevel, Thresholds};
//! let mut fold = Fold::new(Thresholds { within_ms: 20_000, short_abandon_ms: 5_000 }, Grid::every(900_000));
//! fold.add(&Visit { enter_ms: 0, exit_ms: 12_000, exit: QueueExit::Answered, talk_ms: 90_000, hold_ms: 0, acw_ms: 8_000 });
//! fold.add(&Visit { enter_ms: 5, exit_ms: 30_005, exit: QueueExit::Abandoned, talk_ms: 0, hold_ms: 0, acw_ms: 0 });
//! assert_eq!(fold.whole().service_level(ServiceLevel::Offered).value(), Some(0.5));
//! assert_eq!(fold.whole().asa_ms().value(), Some(12_000.0));
//! ```

mod api;
mod aside;
mod callback;
mod day;
mod figures;
mod fold;
mod grid;
mod staff;
mod story;
mod survey;
mod zone;

pub use api::{Attribution, Ratio, ServiceLevel, Span, Thresholds};
pub use aside::{AsideFigures, MessageFigures, SurveyFigures, aside_steps};
pub use callback::{CallbackFigures, callback_steps};
pub use day::Day;
pub use figures::Figures;
pub use fold::{Clipped, Fold};
pub use grid::Grid;
pub use staff::{Presence, Staff, Work};
pub use story::{Step, Story, visits};
pub use survey::{Score, Surveys};
pub use zone::Zone;

#[cfg(test)]
mod tests;
