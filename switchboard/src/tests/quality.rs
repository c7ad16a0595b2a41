//! How legs sounded.

use super::{Bench, Event, Input, Media};
use crate::Effect;
use core::time::Duration;
use domain::{AgentId, ContactEventKind as Kind, LegId, LegQuality, LegRole};
use media::api::{LegStats, MediaError};
use media::codec::Codec;

const CLEAN: LegStats = LegStats {
    received: 1_000,
    sent: 990,
    lost: 0,
    jitter_us: 2_000,
    jitter_max_us: 7_000,
    peer_lost: 3,
    peer_jitter_us: 1_000,
    round_trip_us: 40_000,
    mos_permille: 4_396,
    codec: Some(Codec::Pcma),
};

fn figures(leg: LegId, stats: LegStats) -> Input {
    Input::Media(Event::Stats { leg, stats })
}

fn agent() -> AgentId {
    "li.wei".parse().unwrap()
}

/// A caller who talks with the agent; both legs.
fn talking(bench: &mut Bench) -> (LegId, LegId) {
    bench.call("a");
    let customer = bench.leg_opened(0);
    let phone = bench.opened();
    bench.agent_answers();
    bench.tell(Input::Media(Event::RemoteSet { leg: phone }));
    assert!(bench.events().iter().any(|kind| matches!(kind, Kind::Connected { .. })));
    (customer, phone)
}

impl Bench {
    fn leg_opened(&self, nth: usize) -> LegId {
        let opened = |effect: &Effect| match effect {
            Effect::Media(Media::Open { leg, .. }) => Some(*leg),
            _ => None,
        };
        self.log.iter().filter_map(opened).nth(nth).expect("so many sessions are opened")
    }

    /// The figures that contacts keep, with the number of their events.
    fn kept(&self) -> Vec<(u32, LegQuality)> {
        let kept = |effect: &Effect| match effect {
            Effect::Store(event) => match &event.kind {
                Kind::LegQuality(quality) => Some((event.seq, quality.clone())),
                _ => None,
            },
            _ => None,
        };
        self.log.iter().filter_map(kept).collect()
    }

    fn last_number(&self) -> u32 {
        let numbers = |effect: &Effect| if let Effect::Store(event) = effect { Some(event.seq) } else { None };
        self.log.iter().filter_map(numbers).next_back().unwrap()
    }
}

#[test]
fn a_contact_keeps_how_each_leg_sounded_and_who_was_on_it() {
    let mut bench = Bench::new(10);
    let (customer, phone) = talking(&mut bench);
    bench.hang_up("a");
    bench.tell(figures(customer, LegStats { lost: 10, mos_permille: 4_301, ..CLEAN }));
    bench.tell(figures(phone, LegStats { round_trip_us: 0, mos_permille: 0, received: 0, ..CLEAN }));
    let kept: Vec<LegQuality> = bench.kept().into_iter().map(|(_, quality)| quality).collect();
    let expected = LegQuality {
        role: LegRole::Customer,
        agent: None,
        codec: "PCMA".to_owned(),
        received: 1_000,
        lost: 10,
        peer_lost: 3,
        jitter_mean_us: 2_000,
        jitter_max_us: 7_000,
        round_trip_us: Some(40_000),
        mos_hundredths: Some(430),
    };
    assert_eq!(kept[0], expected);
    let one_way = LegQuality {
        role: LegRole::Agent,
        agent: Some(agent()),
        received: 0,
        lost: 0,
        round_trip_us: None,
        mos_hundredths: None,
        ..expected
    };
    assert_eq!(kept[1..], [one_way], "an agent of whom nothing was heard stands there too");
}

#[test]
fn figures_that_come_after_the_end_are_the_contacts_next_events() {
    let mut bench = Bench::new(10);
    bench.call("a");
    let customer = bench.leg_opened(0);
    let phone = bench.opened();
    bench.hang_up("a");
    assert_eq!(bench.board.calls(), 0);
    let last = bench.last_number();
    bench.tell(figures(phone, LegStats::default()));
    assert_eq!(bench.kept(), [], "a phone that only rang has nothing to tell");
    bench.tell(figures(customer, CLEAN));
    assert_eq!(
        bench.kept().iter().map(|(seq, of)| (*seq, of.role)).collect::<Vec<_>>(),
        [(last + 1, LegRole::Customer)]
    );
    bench.tell(figures(customer, CLEAN));
    assert_eq!(bench.kept().len(), 1, "figures come once");
}

#[test]
fn figures_of_legs_that_nobody_knows_are_no_events() {
    let mut bench = Bench::new(10);
    bench.tell(figures(LegId::new(77), CLEAN));
    bench.call("a");
    let phone = bench.leg_opened(1);
    bench.tell(Input::Media(Event::OpenFailed { leg: phone, why: MediaError::NoPort }));
    bench.tell(figures(phone, CLEAN));
    assert_eq!(bench.kept(), []);
}

#[test]
fn the_floor_shows_how_the_last_seconds_of_a_call_were() {
    let mut bench = Bench::new(10);
    let (customer, phone) = talking(&mut bench);
    let legs = |bench: &Bench| bench.board.floor(bench.now).agents[0].legs.clone();
    assert_eq!(legs(&bench), []);
    let bad = LegStats { received: 200, lost: 50, mos_permille: 2_120, ..CLEAN };
    bench.tell(Input::Media(Event::LiveStats(vec![(customer, bad), (phone, CLEAN), (LegId::new(77), CLEAN)])));
    let shown = legs(&bench);
    assert_eq!(shown.iter().map(|leg| leg.role).collect::<Vec<_>>(), [LegRole::Customer, LegRole::Agent]);
    assert_eq!((shown[0].mos_hundredths, shown[0].lost_permille()), (Some(212), 200));
    assert_eq!((shown[1].mos_hundredths, shown[1].agent), (Some(440), Some(agent())));
    bench.hang_up("a");
    bench.tell(figures(customer, CLEAN));
    bench.tell(figures(phone, CLEAN));
    assert_eq!(legs(&bench), [], "legs that are over are not shown");
    assert_eq!(bench.kept().len(), 2);
}

#[test]
fn contacts_whose_figures_never_come_are_forgotten_one_day() {
    let mut bench = Bench::new(10);
    for n in 0..2_100 {
        bench.call(&format!("c{n}"));
        bench.hang_up(&format!("c{n}"));
        bench.pass(Duration::from_millis(50));
    }
    assert!(bench.board.quality.awaits() <= 1_024, "{}", bench.board.quality.awaits());
}
