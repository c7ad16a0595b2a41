//! Sentences about when a call back is offered.

use crate::callback::{CapacityTest, Load, Standing};
use core::time::Duration;
use domain::CallbackRefusal::{Backlog, Load as TooLoaded, ManyOpen, NoAgents, ShortWait};
use domain::Instant;

const TEST: CapacityTest = CapacityTest {
    min_wait: Duration::from_secs(60),
    most_open: 10,
    within: Duration::from_secs(600),
    most_load_percent: 95,
};

const BUSY: Standing = Standing { staffed: 4, expected_s: Some(60.0), open: 5, handle_s: Some(300.0), rate: 0.012 };

#[test]
fn a_call_back_is_offered_where_the_wait_is_worth_it_and_there_is_room() {
    assert_eq!(TEST.offers(&BUSY), Ok(()));
    assert_eq!(TEST.offers(&Standing { expected_s: Some(59.0), ..BUSY }), Err(ShortWait));
    assert_eq!(TEST.offers(&Standing { expected_s: None, ..BUSY }), Err(ShortWait), "an unknown wait is not worth it");
    assert_eq!(TEST.offers(&Standing { staffed: 0, ..BUSY }), Err(NoAgents));
    assert_eq!(TEST.offers(&Standing { open: 10, handle_s: Some(1.0), ..BUSY }), Err(ManyOpen));
    assert_eq!(TEST.offers(&Standing { open: 7, ..BUSY }), Ok(()), "eight of 300 s by four agents last 600 s");
    assert_eq!(TEST.offers(&Standing { open: 8, ..BUSY }), Err(Backlog));
    let loaded = Standing { rate: 0.0128, ..BUSY };
    assert_eq!(TEST.offers(&loaded), Err(TooLoaded), "0.96 of the agents' time is for live callers");
}

#[test]
fn the_load_is_the_rate_of_the_last_quarter_of_an_hour() {
    let mut load = Load::default();
    for n in 0..720 {
        load.arrived(Instant::from_millis(10_000 * n));
    }
    let end = Instant::from_millis(7_190_000);
    assert!((load.rate(end) - 0.1).abs() < 0.001, "{}", load.rate(end));
    assert!((load.rate(end + Duration::from_secs(900)) - 0.0368).abs() < 0.001);
}
