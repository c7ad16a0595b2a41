//! Figures computed by hand, and what days, zones, stories and agents' time mean.

mod aside;
mod callback;
mod figures;
mod staff;
mod story;
mod survey;
mod zones;
