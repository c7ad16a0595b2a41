//! A desk phone that makes a second call while the customer is on hold, and who leaves when; a phone that takes the
//! call of another one over.

use super::consult::{HELPER, answers, bridge, by_name, by_number, by_queue, ended, helper, phase, plays_music, rings};
use super::{AGENT, CUSTOMER, World, agent, events, has, hung_up};
use crate::Effect as CallEffect;
use crate::api::{Effect, Fact, LegEffect, LegFact, LineEffect, MediaEffect, MediaFact, Phase, SecondCall, Wish};
use domain::{
    Cause, CommandError, ConsultResult, ConsultStage, ContactEventKind as Kind, InteractionPhase, LegId, OfferResult,
};

const SECOND: LegId = LegId::new(30);
const OTHER_PHONE: LegId = LegId::new(31);

fn second_call(leg: LegId) -> SecondCall {
    SecondCall { leg, browser: false, offer: Some("phone's offer".to_owned()) }
}

/// The same wish, made by a second call of the phone.
fn by_phone(wish: Wish) -> Wish {
    let Wish::Consult(mut consultation) = wish else { panic!("{wish:?} is no consult") };
    consultation.second = Some(second_call(SECOND));
    Wish::Consult(consultation)
}

fn holds(world: &mut World, leg: LegId, held: bool) -> Vec<CallEffect> {
    world.media(leg, MediaFact::Reanswered { sdp: "answer".to_owned(), held })
}

fn opened(world: &mut World, leg: LegId) -> Vec<CallEffect> {
    world.media(leg, MediaFact::Opened { sdp: "our answer".to_owned() })
}

fn answer(leg: LegId) -> CallEffect {
    Effect::Leg(leg, LegEffect::Answer("our answer".to_owned()))
}

fn refused(effects: &[CallEffect], leg: LegId) -> Option<Cause> {
    effects.iter().find_map(|effect| match effect {
        Effect::Leg(of, LegEffect::HangUp(cause)) if *of == leg => Some(*cause),
        _ => None,
    })
}

fn stage(world: &World) -> Option<ConsultStage> {
    world.call.view_for(agent())?.consult.map(|consult| consult.stage)
}

/// The phone holds the customer and calls somebody, who rings.
fn asking(wish: Wish) -> World {
    let mut world = World::talking();
    holds(&mut world, AGENT, true);
    world.wish(by_phone(wish)).unwrap();
    opened(&mut world, SECOND);
    rings(&mut world);
    world
}

/// The phone talks with the one whom its second call asked.
fn consulting() -> World {
    let mut world = asking(by_name());
    answers(&mut world);
    world
}

#[test]
fn the_second_call_rings_until_the_one_asked_answers_and_then_joins_the_two() {
    let mut world = World::talking();
    holds(&mut world, AGENT, true);
    let asked = world.wish(by_phone(by_name())).unwrap();
    assert!(has(&asked, &Effect::Leg(SECOND, LegEffect::Ring)));
    assert!(!events(&asked).iter().any(|kind| matches!(kind, Kind::Held { .. })), "it was told already");
    assert!(!plays_music(&asked, AGENT), "the phone makes the ringing itself");
    assert_eq!(stage(&world), Some(ConsultStage::Asking));
    assert!(!has(&opened(&mut world, SECOND), &answer(SECOND)));
    rings(&mut world);
    let effects = answers(&mut world);
    assert!(has(&effects, &answer(SECOND)) && has(&effects, &bridge(SECOND, HELPER)));
    assert!(events(&effects).iter().any(|kind| matches!(kind, Kind::ConsultAnswered { .. })));
    assert_eq!(
        (stage(&world), phase(&world.call, agent())),
        (Some(ConsultStage::Consulting), Some(InteractionPhase::Consulting))
    );
    assert!(world.call.legs().contains(&SECOND));
}

#[test]
fn a_phone_whose_media_is_late_is_answered_and_joined_when_it_is_open() {
    let mut world = World::talking();
    world.wish(by_phone(by_name())).unwrap();
    rings(&mut world);
    let early = answers(&mut world);
    assert!(!has(&early, &answer(SECOND)) && !has(&early, &bridge(SECOND, HELPER)));
    let effects = opened(&mut world, SECOND);
    assert!(has(&effects, &answer(SECOND)) && has(&effects, &bridge(SECOND, HELPER)));
}

#[test]
fn completing_hangs_both_calls_of_the_phone_up_and_joins_the_others() {
    let mut world = consulting();
    assert_eq!(world.call.agent_on_both(AGENT, SECOND), Some(agent()));
    assert_eq!(world.call.agent_on_both(SECOND, AGENT), Some(agent()));
    assert_eq!(world.call.agent_on_both(SECOND, HELPER), None);
    assert!(world.call.consult_of(agent()).is_some_and(|(_, answered)| answered));
    let effects = world.wish(Wish::CompleteTransfer).unwrap();
    assert!(has(&effects, &bridge(CUSTOMER, HELPER)));
    assert!(hung_up(&effects, AGENT) && hung_up(&effects, SECOND) && !hung_up(&effects, HELPER));
    assert_eq!(ended(&effects), Some(ConsultResult::Completed));
    assert_eq!(world.call.agent(), Some(helper()));
    assert!(!world.call.legs().contains(&SECOND));
}

#[test]
fn a_customer_who_leaves_during_the_second_call_ends_it_for_everybody() {
    for mut world in [asking(by_name()), consulting()] {
        let effects = world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
        assert!([AGENT, SECOND, HELPER].into_iter().all(|leg| hung_up(&effects, leg)));
        assert_eq!((ended(&effects), world.call.legs()), (Some(ConsultResult::CustomerLeft), Vec::new()));
    }
}

#[test]
fn the_phone_is_told_why_nobody_answers_and_the_customer_waits_for_it() {
    for (told, cause, result) in [
        (Cause::Declined, Cause::Declined, ConsultResult::Declined),
        (Cause::Busy, Cause::Busy, ConsultResult::Busy),
        (Cause::Unreachable, Cause::Unreachable, ConsultResult::Unreachable),
    ] {
        let mut world = asking(by_name());
        let effects = world.leg(HELPER, LegFact::Failed(cause));
        assert_eq!((refused(&effects, SECOND), ended(&effects)), (Some(told), Some(result)));
        assert_eq!(phase(&world.call, agent()), Some(InteractionPhase::Held), "the phone holds the customer");
        let back = holds(&mut world, AGENT, false);
        assert!(has(&back, &bridge(CUSTOMER, AGENT)));
    }
    let mut world = asking(by_number());
    let (at, _) = world.call.deadline().unwrap();
    let mut effects = Vec::new();
    world.call.handle(at, Fact::Tick, &mut effects);
    assert_eq!((refused(&effects, SECOND), ended(&effects)), (Some(Cause::NoAnswer), Some(ConsultResult::NoAnswer)));
}

#[test]
fn a_phone_that_gives_its_second_call_up_has_the_customer_on_hold() {
    for (mut world, leg_fact) in
        [(asking(by_name()), LegFact::Ended(Cause::Cancelled)), (consulting(), LegFact::Ended(Cause::Normal))]
    {
        let effects = world.leg(SECOND, leg_fact);
        assert!(hung_up(&effects, HELPER) && !hung_up(&effects, AGENT) && !hung_up(&effects, CUSTOMER));
        assert_eq!(ended(&effects), Some(ConsultResult::Cancelled));
        assert_eq!(phase(&world.call, agent()), Some(InteractionPhase::Held));
        assert!(has(&holds(&mut world, AGENT, false), &bridge(CUSTOMER, AGENT)));
    }
}

#[test]
fn one_consulted_who_hangs_up_ends_the_second_call() {
    let mut world = consulting();
    let effects = world.leg(HELPER, LegFact::Ended(Cause::Normal));
    assert!(hung_up(&effects, SECOND) && !hung_up(&effects, AGENT));
    assert_eq!(ended(&effects), Some(ConsultResult::Left));
}

#[test]
fn a_phone_that_never_held_the_customer_talks_with_the_customer_again() {
    let mut world = World::talking();
    let asked = world.wish(by_phone(by_name())).unwrap();
    assert!(events(&asked).iter().any(|kind| matches!(kind, Kind::Held { .. })) && plays_music(&asked, CUSTOMER));
    rings(&mut world);
    let effects = world.leg(HELPER, LegFact::Failed(Cause::Busy));
    assert!(has(&effects, &bridge(CUSTOMER, AGENT)));
    // One that holds only now has to take the customer back.
    let mut late = World::talking();
    late.wish(by_phone(by_name())).unwrap();
    rings(&mut late);
    holds(&mut late, AGENT, true);
    late.leg(HELPER, LegFact::Failed(Cause::Busy));
    assert_eq!(phase(&late.call, agent()), Some(InteractionPhase::Held));
    assert!(has(&holds(&mut late, AGENT, false), &bridge(CUSTOMER, AGENT)));
}

#[test]
fn a_customer_whom_the_console_holds_stays_on_hold_after_the_second_call() {
    let mut world = World::talking();
    world.wish(Wish::Hold).unwrap();
    let asked = world.wish(by_phone(by_name())).unwrap();
    assert!(!has(&asked, &Effect::Media(AGENT, MediaEffect::MakeOffer { hold: false })), "the first call rests");
    world.wish(Wish::CancelConsult).unwrap();
    assert_eq!(phase(&world.call, agent()), Some(InteractionPhase::Held));
    assert!(has(&world.wish(Wish::Resume).unwrap(), &bridge(CUSTOMER, AGENT)));
}

#[test]
fn hanging_the_first_call_up_hands_the_customer_on_or_back_to_the_line() {
    let mut world = consulting();
    let effects = world.leg(AGENT, LegFact::Ended(Cause::Normal));
    assert!(has(&effects, &bridge(CUSTOMER, HELPER)) && hung_up(&effects, SECOND));
    assert_eq!(ended(&effects), Some(ConsultResult::Completed));
    let mut world = asking(by_name());
    let effects = world.leg(AGENT, LegFact::Ended(Cause::Normal));
    assert!(hung_up(&effects, SECOND) && hung_up(&effects, HELPER) && !hung_up(&effects, CUSTOMER));
    assert_eq!((world.call.phase(), ended(&effects)), (Phase::Queued, Some(ConsultResult::Cancelled)));
}

#[test]
fn a_phone_that_goes_away_leaves_the_customer_with_the_other_or_at_the_head_of_the_line() {
    let lost = Effect::Line(LineEffect::AgentLost(agent()));
    let mut world = consulting();
    let effects = world.media(SECOND, MediaFact::Silent);
    assert!(has(&effects, &lost) && has(&effects, &bridge(CUSTOMER, HELPER)));
    // The 200 that nobody acknowledges.
    let mut world = consulting();
    let effects = world.leg(SECOND, LegFact::Ended(Cause::Unreachable));
    assert!(has(&effects, &lost) && has(&effects, &bridge(CUSTOMER, HELPER)));
    let mut world = asking(by_name());
    let effects = world.leg(SECOND, LegFact::Ended(Cause::Unreachable));
    assert!(has(&effects, &lost) && world.call.phase() == Phase::Queued);
    // Nothing is said on a call that rests.
    let mut world = consulting();
    holds(&mut world, SECOND, true);
    assert!(world.media(SECOND, MediaFact::Silent).is_empty());
    let mut world = World::talking();
    holds(&mut world, AGENT, true);
    assert!(world.media(AGENT, MediaFact::Silent).is_empty());
    let mut world = consulting();
    assert!(world.media(AGENT, MediaFact::Silent).is_empty());
}

#[test]
fn the_phone_turns_from_the_one_to_the_other_by_holding_and_joins_them_by_holding_neither() {
    let mut world = consulting();
    let away = holds(&mut world, SECOND, true);
    assert!(plays_music(&away, HELPER) && has(&away, &Effect::Media(SECOND, MediaEffect::Unbridge)));
    let swapped = holds(&mut world, AGENT, false);
    assert!(has(&swapped, &bridge(CUSTOMER, AGENT)));
    assert_eq!(
        (stage(&world), phase(&world.call, agent())),
        (Some(ConsultStage::Customer), Some(InteractionPhase::Talking))
    );
    let joined = holds(&mut world, SECOND, false);
    assert!(has(&joined, &bridge(SECOND, HELPER)) && !has(&joined, &Effect::Media(CUSTOMER, MediaEffect::Unbridge)));
    assert!(events(&joined).iter().any(|kind| matches!(kind, Kind::ConferenceStarted { .. })));
    assert_eq!(stage(&world), Some(ConsultStage::Conference));
    let back = holds(&mut world, AGENT, true);
    assert!(plays_music(&back, CUSTOMER));
    assert_eq!(stage(&world), Some(ConsultStage::Consulting));
    for swap in [Wish::Swap, Wish::Conference] {
        assert_eq!(world.wish(swap), Err(CommandError::WrongState), "the phone decides");
    }
    assert!(has(&world.wish(Wish::CompleteTransfer).unwrap(), &bridge(CUSTOMER, HELPER)));
}

#[test]
fn a_queue_may_be_asked_by_phone_and_its_agent_answers_the_second_call() {
    let mut world = World::talking();
    holds(&mut world, AGENT, true);
    world.wish(by_phone(by_queue())).unwrap();
    opened(&mut world, SECOND);
    world.reserve(super::consult::HELP_OFFER, helper(), HELPER);
    rings(&mut world);
    answers(&mut world);
    let joined = world.tell(Fact::OfferEnded { offer: super::consult::HELP_OFFER, result: OfferResult::Answered });
    assert!(has(&joined, &answer(SECOND)) && has(&joined, &bridge(SECOND, HELPER)));
}

#[test]
fn a_phone_asks_one_at_a_time() {
    let mut world = consulting();
    assert_eq!(world.call.may_consult_by_phone(agent()), Err(CommandError::WrongState));
    assert_eq!(
        world.call.may_consult_by_phone(helper()),
        Err(CommandError::WrongState),
        "the one consulted has nobody"
    );
    assert_eq!(world.wish(by_phone(by_number())), Err(CommandError::WrongState));
    let mut waiting = World::queued();
    assert_eq!(waiting.wish(by_phone(by_name())), Err(CommandError::NotYourContact));
}

#[test]
fn a_second_call_without_a_common_codec_is_refused_and_the_consult_is_over() {
    let mut world = World::talking();
    holds(&mut world, AGENT, true);
    world.wish(by_phone(by_name())).unwrap();
    let effects = world.media(SECOND, MediaFact::Refused);
    assert_eq!((refused(&effects, SECOND), ended(&effects)), (Some(Cause::NoCodec), Some(ConsultResult::Cancelled)));
}

#[test]
fn an_agent_who_is_mute_is_so_on_both_calls() {
    let mut world = consulting();
    let muted = world.wish(Wish::Mute(true)).unwrap();
    assert!([AGENT, SECOND].into_iter().all(|leg| has(&muted, &Effect::Media(leg, MediaEffect::Mute(true)))));
}

fn takes_over(world: &mut World, old: LegId) -> Result<Vec<CallEffect>, CommandError> {
    world.effects.clear();
    world.call.take_over(old, second_call(OTHER_PHONE), &mut world.effects)?;
    Ok(world.effects.clone())
}

#[test]
fn another_phone_takes_the_agents_leg_over_and_the_recording_goes_on() {
    let mut world = World::talking();
    assert_eq!(world.call.agent_of_leg(AGENT), Some(agent()));
    assert_eq!(world.call.agent_of_leg(CUSTOMER), None);
    let asked = takes_over(&mut world, AGENT).unwrap();
    assert!(!hung_up(&asked, AGENT), "not before the other one is there");
    assert_eq!(takes_over(&mut world, AGENT), Err(CommandError::WrongState), "one at a time");
    let effects = opened(&mut world, OTHER_PHONE);
    assert!(has(&effects, &answer(OTHER_PHONE)) && has(&effects, &bridge(CUSTOMER, OTHER_PHONE)));
    assert!(hung_up(&effects, AGENT) && has(&effects, &Effect::Media(AGENT, MediaEffect::Close)));
    assert!(effects.iter().any(|effect| matches!(
        effect,
        Effect::Media(CUSTOMER, MediaEffect::RecordAgent { agent: Some(OTHER_PHONE), .. })
    )));
    assert_eq!(events(&effects), [], "nothing happened to the contact");
    assert!(world.leg(AGENT, LegFact::Ended(Cause::Normal)).is_empty(), "the old phone has no part any more");
    assert!(hung_up(&world.leg(OTHER_PHONE, LegFact::Ended(Cause::Normal)), CUSTOMER));
}

#[test]
fn a_call_on_hold_is_taken_back_by_the_phone_that_takes_it_over() {
    let mut world = World::talking();
    holds(&mut world, AGENT, true);
    takes_over(&mut world, AGENT).unwrap();
    assert!(has(&opened(&mut world, OTHER_PHONE), &bridge(CUSTOMER, OTHER_PHONE)));
    assert_eq!(phase(&world.call, agent()), Some(InteractionPhase::Talking));
}

#[test]
fn a_call_that_rings_is_picked_up_by_another_phone() {
    let mut world = World::ringing();
    world.media(AGENT, MediaFact::Opened { sdp: "our offer".to_owned() });
    takes_over(&mut world, AGENT).unwrap();
    let effects = opened(&mut world, OTHER_PHONE);
    assert!(has(&effects, &answer(OTHER_PHONE)) && hung_up(&effects, AGENT));
    assert!(has(&effects, &Effect::Line(LineEffect::OfferEnded(super::OFFER, OfferResult::Answered))));
    let joined = world.tell(Fact::OfferEnded { offer: super::OFFER, result: OfferResult::Answered });
    assert!(has(&joined, &bridge(CUSTOMER, OTHER_PHONE)));
}

#[test]
fn an_agent_who_dialled_may_move_while_the_customer_is_rung_once() {
    let mut world = World::dialling();
    world.tell(Fact::Stored);
    world.media(AGENT, MediaFact::Opened { sdp: "our offer".to_owned() });
    let dials = world.leg(AGENT, LegFact::Answered { sdp: "answer".to_owned() });
    let opens = |effects: &[CallEffect]| {
        has(effects, &Effect::Media(CUSTOMER, MediaEffect::Open { browser: false, offer: None }))
    };
    assert!(opens(&dials));
    takes_over(&mut world, AGENT).unwrap();
    let effects = opened(&mut world, OTHER_PHONE);
    assert!(!opens(&effects) && plays_music(&effects, OTHER_PHONE) && hung_up(&effects, AGENT));
    opened(&mut world, CUSTOMER);
    let joined = world.leg(CUSTOMER, LegFact::Answered { sdp: "answer".to_owned() });
    assert!(has(&joined, &bridge(CUSTOMER, OTHER_PHONE)));
}

#[test]
fn a_phone_that_cannot_take_over_leaves_everything_as_it_was() {
    for fact in [Fact::Media(OTHER_PHONE, MediaFact::Refused), Fact::Leg(OTHER_PHONE, LegFact::Ended(Cause::Cancelled))]
    {
        let mut world = World::talking();
        takes_over(&mut world, AGENT).unwrap();
        let effects = world.tell(fact);
        assert!(hung_up(&effects, OTHER_PHONE) && !hung_up(&effects, AGENT));
        assert!(has(&effects, &Effect::Media(OTHER_PHONE, MediaEffect::Close)));
        takes_over(&mut world, AGENT).unwrap();
    }
    let mut world = World::talking();
    takes_over(&mut world, AGENT).unwrap();
    let effects = world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    assert!(hung_up(&effects, OTHER_PHONE), "nothing is left to be taken over");
    assert!(world.call.legs().is_empty());
    assert_eq!(takes_over(&mut world, AGENT), Err(CommandError::WrongState));
}

#[test]
fn a_first_call_that_is_moved_has_the_customer_while_the_second_goes_on() {
    let mut world = consulting();
    takes_over(&mut world, AGENT).unwrap();
    assert!(has(&opened(&mut world, OTHER_PHONE), &bridge(CUSTOMER, OTHER_PHONE)));
    assert_eq!(stage(&world), Some(ConsultStage::Conference));
    assert_eq!(world.call.agent_on_both(OTHER_PHONE, SECOND), Some(agent()));
    let effects = world.wish(Wish::CompleteTransfer).unwrap();
    assert!(hung_up(&effects, OTHER_PHONE) && hung_up(&effects, SECOND));
}
