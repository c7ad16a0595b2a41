//! Two endpoints against each other: everything that can cross, crosses.

use super::net::{Pair, Weather};
use super::*;
use domain::Cause;
use proptest::prelude::*;

/// More than any transaction lingers.
const LONG: Duration = Duration::from_secs(40);

fn talk(pair: &mut Pair) -> LegId {
    pair.call();
    pair.pass(Duration::from_millis(100));
    let leg = pair.incoming().expect("the INVITE arrives");
    pair.command(1, Command::Ring { leg, sdp: None });
    pair.pass(Duration::from_millis(100));
    pair.command(1, Command::Answer { leg, sdp: ANSWER.to_owned() });
    pair.pass(Duration::from_millis(100));
    leg
}

#[test]
fn two_endpoints_talk_and_either_hangs_up() {
    for side in [0, 1] {
        let mut pair = Pair::new(1, Weather::FINE);
        let leg = talk(&mut pair);
        let legs = [LEG, leg];
        assert!(pair.has(0, |effect| matches!(effect, Effect::Answered { .. })));
        assert!(pair.has(1, |effect| matches!(effect, Effect::Acked { sdp: None, .. })));
        pair.command(side, Command::HangUp { leg: legs[side], cause: Cause::Declined });
        pair.pass(Duration::from_millis(50));
        let ended = Effect::Ended { leg: legs[1 - side], cause: Cause::Declined };
        assert!(pair.has(1 - side, |effect| *effect == ended), "the other side is told why");
        assert_eq!((pair.ends(0, LEG), pair.ends(1, leg)), (1, 1));
        pair.pass(LONG);
        assert!(pair.is_clean());
    }
}

#[test]
fn offers_that_cross_are_both_answered_in_the_end() {
    let mut pair = Pair::new(2, Weather::FINE);
    let leg = talk(&mut pair);
    pair.command(0, Command::Reinvite { leg: LEG, sdp: HOLD.to_owned() });
    pair.command(1, Command::Reinvite { leg, sdp: HOLD.replace("o=a", "o=b") });
    let legs = [LEG, leg];
    let mut answered = [0, 0];
    for _ in 0..100 {
        pair.pass(Duration::from_millis(100));
        for side in [0, 1] {
            for effect in core::mem::take(&mut pair.sides[side].told) {
                match effect {
                    Effect::Reinvited { sdp: Some(sdp), .. } => {
                        let sdp = sdp.replace("sendonly", "recvonly");
                        pair.command(side, Command::AnswerReinvite { leg: legs[side], sdp });
                    }
                    Effect::ReinviteAnswered { .. } => answered[side] += 1,
                    _ => {}
                }
            }
        }
    }
    assert_eq!(answered, [1, 1]);
}

#[test]
fn of_a_thousand_calls_with_a_tenth_of_all_datagrams_lost_none_fails_and_none_stays_behind() {
    let mut failed = 0;
    for number in 0..1_000_u32 {
        let seed = u8::try_from(number % 250).unwrap();
        let delay_ms = (5, 20 + u64::from(number / 250) * 40);
        let mut pair = Pair::new(seed, Weather { loss: 10, copies: 2, delay_ms });
        pair.call();
        pair.pass(Duration::from_secs(8));
        let Some(leg) = pair.incoming() else {
            failed += 1;
            continue;
        };
        let early = (number % 3 == 0).then(|| ANSWER.to_owned());
        pair.command(1, Command::Ring { leg, sdp: early });
        pair.pass(Duration::from_secs(number.into()).min(Duration::from_secs(20)));
        pair.command(1, Command::Answer { leg, sdp: ANSWER.to_owned() });
        pair.pass(Duration::from_secs(20));
        let answered = pair.has(0, |effect| matches!(effect, Effect::Answered { sdp, .. } if sdp == ANSWER));
        let acked = pair.has(1, |effect| matches!(effect, Effect::Acked { .. }));
        failed += u32::from(!answered || !acked);
        pair.command(
            usize::try_from(number % 2).unwrap(),
            Command::HangUp { leg: if number % 2 == 0 { LEG } else { leg }, cause: Cause::Normal },
        );
        pair.pass(Duration::from_secs(120));
        assert_eq!((pair.ends(0, LEG), pair.ends(1, leg)), (1, 1), "call {number}");
        assert!(pair.is_clean(), "call {number}");
    }
    assert!(failed <= 1, "{failed} of 1000 failed");
}

#[test]
fn the_same_seed_and_inputs_give_the_same_bytes() {
    let run = |seed| {
        let mut pair = Pair::new(seed, Weather { loss: 20, copies: 10, delay_ms: (0, 300) });
        pair.call();
        pair.pass(Duration::from_secs(2));
        if let Some(leg) = pair.incoming() {
            pair.command(1, Command::Answer { leg, sdp: ANSWER.to_owned() });
        }
        pair.pass(Duration::from_secs(3));
        pair.command(0, Command::HangUp { leg: LEG, cause: Cause::Normal });
        pair.pass(LONG);
        pair.log
    };
    assert_eq!(run(5), run(5));
    assert_ne!(run(5), run(6));
}

/// What a side may do in a race, and when.
#[derive(Clone, Copy, Debug)]
enum Move {
    Ring,
    Media,
    Answer,
    Reject,
    HangUpThere,
    HangUpHere,
    OfferHere,
    OfferThere,
}

fn play(pair: &mut Pair, step: Move) {
    let incoming = pair.incoming();
    let (side, command) = match (step, incoming) {
        (Move::HangUpHere, _) => (0, Command::HangUp { leg: LEG, cause: Cause::Normal }),
        (Move::OfferHere, _) => (0, Command::Reinvite { leg: LEG, sdp: HOLD.to_owned() }),
        (Move::Ring, Some(leg)) => (1, Command::Ring { leg, sdp: None }),
        (Move::Media, Some(leg)) => (1, Command::Ring { leg, sdp: Some(ANSWER.to_owned()) }),
        (Move::Answer, Some(leg)) => (1, Command::Answer { leg, sdp: ANSWER.to_owned() }),
        (Move::Reject, Some(leg)) => (1, Command::Reject { leg, cause: Cause::Busy, retry_after_s: None }),
        (Move::HangUpThere, Some(leg)) => (1, Command::HangUp { leg, cause: Cause::Normal }),
        (Move::OfferThere, Some(leg)) => (1, Command::Reinvite { leg, sdp: HOLD.to_owned() }),
        (_, None) => return,
    };
    pair.command(side, command);
}

/// The last word: both sides hang up, offers are answered, and everything is over 40 seconds after that.
fn finish(pair: &mut Pair) {
    if let Some(leg) = pair.incoming() {
        pair.command(1, Command::HangUp { leg, cause: Cause::Normal });
    }
    pair.command(0, Command::HangUp { leg: LEG, cause: Cause::Normal });
    pair.pass(Duration::from_secs(33));
    // An INVITE that was delayed for long may have come after the first hang-up.
    if let Some(leg) = pair.incoming() {
        pair.command(1, Command::HangUp { leg, cause: Cause::Normal });
    }
    pair.pass(Duration::from_secs(100));
}

fn moves() -> impl Strategy<Value = Vec<(Move, u64)>> {
    // Answers and hang-ups race most often.
    let step = proptest::sample::select(vec![
        Move::Ring,
        Move::Media,
        Move::Answer,
        Move::Answer,
        Move::Answer,
        Move::Reject,
        Move::HangUpThere,
        Move::HangUpHere,
        Move::HangUpHere,
        Move::OfferHere,
        Move::OfferThere,
    ]);
    proptest::collection::vec((step, 0_u64..120), 1..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn every_leg_reports_its_end_once_and_nothing_stays_behind(
        seed in any::<u8>(), steps in moves(), loss in 0_u64..30, copies in 0_u64..30, delay in 0_u64..200,
    ) {
        let mut pair = Pair::new(seed, Weather { loss, copies, delay_ms: (0, delay) });
        pair.call();
        for (step, wait) in steps {
            pair.pass(Duration::from_millis(wait));
            play(&mut pair, step);
        }
        finish(&mut pair);
        prop_assert_eq!(pair.ends(0, LEG), 1);
        if let Some(leg) = pair.incoming() {
            prop_assert_eq!(pair.ends(1, leg), 1);
        }
        prop_assert!(pair.is_clean(), "{:?} {:?}", pair.sides[0].endpoint, pair.sides[1].endpoint);
    }

    #[test]
    fn cancel_against_answer_leaves_nothing_behind_at_any_point(
        seed in any::<u8>(), answer in 0_u64..80, cancel in 0_u64..80,
    ) {
        let mut pair = Pair::new(seed, Weather::FINE);
        pair.call();
        pair.pass(Duration::from_millis(20));
        let leg = pair.incoming().expect("the INVITE has arrived");
        let first = answer.min(cancel);
        pair.pass(Duration::from_millis(first));
        let order = if answer < cancel { [1, 0] } else { [0, 1] };
        for side in order {
            let command = if side == 0 {
                Command::HangUp { leg: LEG, cause: Cause::Normal }
            } else {
                Command::Answer { leg, sdp: ANSWER.to_owned() }
            };
            pair.command(side, command);
            pair.pass(Duration::from_millis(answer.abs_diff(cancel)));
        }
        pair.pass(LONG);
        prop_assert_eq!((pair.ends(0, LEG), pair.ends(1, leg)), (1, 1));
        prop_assert!(pair.is_clean(), "{:?} {:?}", pair.sides[0].endpoint, pair.sides[1].endpoint);
    }

    #[test]
    fn a_call_is_set_up_and_ended_in_spite_of_loss(seed in any::<u8>(), loss in 0_u64..15) {
        let mut pair = Pair::new(seed, Weather { loss, copies: 5, delay_ms: (0, 100) });
        pair.call();
        pair.pass(Duration::from_secs(10));
        let leg = pair.incoming().expect("six repetitions get through");
        pair.command(1, Command::Answer { leg, sdp: ANSWER.to_owned() });
        pair.pass(Duration::from_secs(20));
        let answered = |effect: &Effect| matches!(effect, Effect::Answered { .. });
        let acked = |effect: &Effect| matches!(effect, Effect::Acked { .. });
        prop_assert!(pair.has(0, answered));
        prop_assert!(pair.has(1, acked));
        pair.command(0, Command::HangUp { leg: LEG, cause: Cause::Normal });
        pair.pass(Duration::from_secs(20));
        prop_assert_eq!((pair.ends(0, LEG), pair.ends(1, leg)), (1, 1));
        pair.pass(Duration::from_secs(60));
        prop_assert!(pair.is_clean());
    }
}
