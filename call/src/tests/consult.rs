//! Consult, conference and attended transfer, and who leaves when.

use super::{AGENT, CUSTOMER, World, agent, events, has, hung_up, rules};
use crate::api::{
    Asked, Consultation, Effect, Fact, LegFact, LineEffect, MediaEffect, MediaFact, Phase, Phone, QueueRules, Reserved,
    Wish,
};
use crate::{Call, Effect as CallEffect};
use domain::{
    AgentId, Cause, CommandError, ConsultResult, ConsultStage, ContactEventKind as Kind, DeskBody, Dnis, ExitReason,
    Instant, InteractionId, InteractionPhase, LegId, OfferId, OfferResult, Priority, TransferTarget,
};

pub(super) const HELPER: LegId = LegId::new(20);
pub(super) const HELP_OFFER: OfferId = OfferId::new(77);

pub(super) fn helper() -> AgentId {
    "ana.ruiz".parse().unwrap()
}

pub(super) fn bridge(a: LegId, b: LegId) -> CallEffect {
    Effect::Media(a, MediaEffect::Bridge(b))
}

pub(super) fn ended(effects: &[CallEffect]) -> Option<ConsultResult> {
    events(effects).into_iter().find_map(|kind| match kind {
        Kind::ConsultEnded { result, .. } => Some(result),
        _ => None,
    })
}

fn recorded(effects: &[CallEffect]) -> Option<Option<LegId>> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Media(CUSTOMER, MediaEffect::RecordAgent { agent, .. }) => Some(*agent),
        _ => None,
    })
}

pub(super) fn plays_music(effects: &[CallEffect], leg: LegId) -> bool {
    effects.iter().any(|e| matches!(e, Effect::Media(of, MediaEffect::Play { repeat: true, .. }) if *of == leg))
}

fn support() -> QueueRules {
    QueueRules { id: "support".parse().unwrap(), ..rules() }
}

pub(super) fn by_name() -> Wish {
    Wish::Consult(Box::new(Consultation {
        target: TransferTarget::Agent(helper()),
        ask: Asked::Agent(Box::new(Reserved {
            offer: HELP_OFFER,
            interaction: InteractionId::new(20),
            agent: helper(),
            leg: HELPER,
            phone: Phone::Registered("ana.ruiz".to_owned()),
            browser: false,
            queue: None,
            lead: core::time::Duration::ZERO,
            deadline: Instant::from_millis(60_000),
            why: None,
            dial: None,
        })),
        second: None,
    }))
}

pub(super) fn by_queue() -> Wish {
    let target = TransferTarget::Queue(support().id);
    Wish::Consult(Box::new(Consultation { target, ask: Asked::Queue(support()), second: None }))
}

pub(super) fn by_number() -> Wish {
    let phone = Phone::Trunk("carrier".parse().unwrap(), "5551".to_owned());
    let target = TransferTarget::Number(Dnis::new("5551"));
    Wish::Consult(Box::new(Consultation { target, ask: Asked::Number(HELPER, phone), second: None }))
}

pub(super) fn rings(world: &mut World) {
    world.media(HELPER, MediaFact::Opened { sdp: "our offer".to_owned() });
}

pub(super) fn answers(world: &mut World) -> Vec<CallEffect> {
    world.leg(HELPER, LegFact::Answered { sdp: "answer".to_owned() })
}

/// The agent talks with another one, who was asked by name; the customer hears music.
fn consulting() -> World {
    let mut world = World::talking();
    world.wish(by_name()).unwrap();
    rings(&mut world);
    answers(&mut world);
    world
}

pub(super) fn phase(call: &Call, agent: AgentId) -> Option<InteractionPhase> {
    call.view_for(agent).map(|view| view.phase)
}

#[test]
fn the_one_asked_sees_who_asks_before_the_phone_rings_and_the_customer_hears_music() {
    let mut world = World::talking();
    let effects = world.wish(by_name()).unwrap();
    let desk = effects.iter().position(|effect| match effect {
        Effect::Desk(of, DeskBody::Offered(offer)) => *of == helper() && offer.consulted_by == Some(agent()),
        _ => false,
    });
    let opened = effects.iter().position(|e| matches!(e, Effect::Media(HELPER, MediaEffect::Open { .. })));
    assert!(desk.unwrap() < opened.unwrap());
    assert!(has(&effects, &Effect::Media(CUSTOMER, MediaEffect::Unbridge)) && plays_music(&effects, CUSTOMER));
    assert_eq!(recorded(&effects), Some(None), "what the customer does not hear is not recorded");
    assert_eq!(phase(&world.call, agent()), Some(InteractionPhase::Consulting));
}

#[test]
fn a_consult_joins_the_two_agents_and_nobody_else() {
    let mut world = World::talking();
    world.wish(by_name()).unwrap();
    rings(&mut world);
    let effects = answers(&mut world);
    assert!(has(&effects, &bridge(AGENT, HELPER)));
    assert!(has(&effects, &Effect::Line(LineEffect::Occupied(helper(), Some(rules().id)))), "its wrap-up rule holds");
    assert!(events(&effects).iter().any(|kind| matches!(kind, Kind::ConsultAnswered { .. })));
    assert!(!events(&effects).iter().any(|kind| matches!(kind, Kind::Connected { .. })));
    assert_eq!(phase(&world.call, helper()), Some(InteractionPhase::Consulting));
    assert_eq!(world.call.agent(), Some(agent()), "who serves the customer is still the first");
}

#[test]
fn completing_joins_the_customer_with_the_one_consulted_and_the_first_agent_wraps_up() {
    let mut world = consulting();
    let effects = world.wish(Wish::CompleteTransfer).unwrap();
    assert!(has(&effects, &bridge(CUSTOMER, HELPER)) && hung_up(&effects, AGENT) && !hung_up(&effects, HELPER));
    assert_eq!((ended(&effects), recorded(&effects)), (Some(ConsultResult::Completed), Some(Some(HELPER))));
    let kinds = events(&effects);
    let place = |wanted: fn(&Kind) -> bool| kinds.iter().position(wanted).unwrap();
    assert!(
        place(|kind| matches!(kind, Kind::InteractionEnded { .. }))
            < place(|kind| matches!(kind, Kind::Connected { .. })),
        "the customer is never with two agents at once"
    );
    assert_eq!(phase(&world.call, agent()), Some(InteractionPhase::WrapUp));
    assert_eq!((phase(&world.call, helper()), world.call.agent()), (Some(InteractionPhase::Talking), Some(helper())));
}

#[test]
fn swapping_gives_the_agent_the_one_and_the_other_music() {
    let mut world = consulting();
    let to_customer = world.wish(Wish::Swap).unwrap();
    assert!(has(&to_customer, &bridge(CUSTOMER, AGENT)) && plays_music(&to_customer, HELPER));
    assert_eq!(recorded(&to_customer), Some(Some(AGENT)));
    let back = world.wish(Wish::Swap).unwrap();
    assert!(has(&back, &bridge(AGENT, HELPER)) && plays_music(&back, CUSTOMER));
    assert_eq!(recorded(&back), Some(None));
}

#[test]
fn a_conference_joins_all_three_and_may_be_left_for_the_consult_again() {
    let mut world = consulting();
    let effects = world.wish(Wish::Conference).unwrap();
    let all = MediaEffect::Mix { legs: vec![CUSTOMER, AGENT, HELPER], gains: Vec::new() };
    assert!(has(&effects, &Effect::Media(CUSTOMER, all)));
    assert_eq!(phase(&world.call, helper()), Some(InteractionPhase::Conference));
    assert_eq!(world.wish(Wish::Conference), Err(CommandError::WrongState));
    assert!(plays_music(&world.wish(Wish::Swap).unwrap(), CUSTOMER));
    assert_eq!(phase(&world.call, agent()), Some(InteractionPhase::Consulting));
}

#[test]
fn giving_a_consult_up_lets_the_other_wrap_up_and_takes_the_customer_back() {
    let mut world = consulting();
    let effects = world.wish(Wish::CancelConsult).unwrap();
    assert!(hung_up(&effects, HELPER) && has(&effects, &bridge(CUSTOMER, AGENT)));
    assert!(has(&effects, &Effect::Line(LineEffect::Finished(helper()))));
    assert_eq!(phase(&world.call, helper()), Some(InteractionPhase::WrapUp));
    assert_eq!(phase(&world.call, agent()), Some(InteractionPhase::Talking));
}

#[test]
fn one_who_declines_is_busy_or_does_not_answer_gives_the_customer_back() {
    for (cause, result) in [
        (Cause::Declined, ConsultResult::Declined),
        (Cause::Busy, ConsultResult::Busy),
        (Cause::Unreachable, ConsultResult::Unreachable),
    ] {
        let mut world = World::talking();
        world.wish(by_name()).unwrap();
        rings(&mut world);
        let effects = world.leg(HELPER, LegFact::Failed(cause));
        assert_eq!(ended(&effects), Some(result));
        assert!(has(&effects, &bridge(CUSTOMER, AGENT)));
        assert!(has(&effects, &Effect::Line(LineEffect::Finished(helper()))), "free again");
        assert!(world.call.view_for(helper()).is_none());
    }
}

#[test]
fn a_phone_that_rings_too_long_is_given_up() {
    for wish in [by_name(), by_number()] {
        let mut world = World::talking();
        world.wish(wish).unwrap();
        rings(&mut world);
        let (at, _) = world.call.deadline().unwrap();
        let mut effects = Vec::new();
        world.call.handle(at, Fact::Tick, &mut effects);
        assert_eq!(ended(&effects), Some(ConsultResult::NoAnswer));
        assert!(hung_up(&effects, HELPER) && has(&effects, &bridge(CUSTOMER, AGENT)));
        assert_eq!(world.call.deadline(), None);
    }
}

#[test]
fn a_customer_who_leaves_ends_the_consult_for_everybody() {
    let mut asked = World::talking();
    asked.wish(by_name()).unwrap();
    let effects = asked.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    assert!(hung_up(&effects, HELPER) && hung_up(&effects, AGENT));
    assert_eq!((ended(&effects), asked.call.legs()), (Some(ConsultResult::CustomerLeft), Vec::new()));
    let mut world = consulting();
    world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    assert_eq!(phase(&world.call, helper()), Some(InteractionPhase::WrapUp));
    world.tell(Fact::WrapUpEnded { agent: helper(), timed_out: true });
    let effects = world.tell(Fact::WrapUpEnded { agent: agent(), timed_out: true });
    assert!(matches!(events(&effects).last(), Some(Kind::Closed { .. })));
}

#[test]
fn one_consulted_who_hangs_up_gives_the_customer_back() {
    let mut world = consulting();
    let effects = world.leg(HELPER, LegFact::Ended(Cause::Normal));
    assert_eq!(ended(&effects), Some(ConsultResult::Left));
    assert!(has(&effects, &bridge(CUSTOMER, AGENT)) && !hung_up(&effects, CUSTOMER));
    let mut conference = consulting();
    conference.wish(Wish::Conference).unwrap();
    let effects = conference.leg(HELPER, LegFact::Ended(Cause::Normal));
    assert!(has(&effects, &bridge(CUSTOMER, AGENT)) && !hung_up(&effects, CUSTOMER));
}

#[test]
fn an_agent_who_hangs_up_in_a_consult_has_handed_the_customer_on() {
    for swaps in 0..2 {
        let mut world = consulting();
        for _ in 0..swaps {
            world.wish(Wish::Swap).unwrap();
        }
        let effects = world.leg(AGENT, LegFact::Ended(Cause::Normal));
        assert!(has(&effects, &bridge(CUSTOMER, HELPER)), "after {swaps} swaps");
        assert_eq!(ended(&effects), Some(ConsultResult::Completed));
    }
    let mut world = consulting();
    assert_eq!(ended(&world.wish(Wish::HangUp).unwrap()), Some(ConsultResult::Completed));
}

#[test]
fn an_agent_who_hangs_up_before_the_answer_leaves_the_customer_at_the_head_of_the_line() {
    let mut world = World::talking();
    let queued = world.call.pop().queued.unwrap();
    world.wish(by_name()).unwrap();
    let effects = world.leg(AGENT, LegFact::Ended(Cause::Normal));
    let asks = |effect: &CallEffect| matches!(effect, Effect::Line(LineEffect::Ask { since, .. }) if *since == queued);
    assert!(effects.iter().any(asks) && hung_up(&effects, HELPER) && !hung_up(&effects, CUSTOMER));
    assert_eq!((world.call.phase(), ended(&effects)), (Phase::Queued, Some(ConsultResult::Cancelled)));
}

#[test]
fn an_agent_whose_audio_is_lost_in_a_consult_leaves_the_customer_with_the_other() {
    let mut world = consulting();
    let effects = world.media(AGENT, MediaFact::Silent);
    assert!(has(&effects, &Effect::Line(LineEffect::AgentLost(agent()))));
    assert!(has(&effects, &bridge(CUSTOMER, HELPER)));
}

#[test]
fn a_consult_to_a_queue_goes_by_the_acd_with_the_age_and_priority_of_the_customer() {
    let mut world = World::talking();
    let queued = world.call.pop().queued.unwrap();
    let effects = world.wish(by_queue()).unwrap();
    let queue = support().id;
    let ask = LineEffect::Ask {
        queue,
        channel: domain::Channel::Voice,
        priority: Priority(0),
        requirement: None,
        since: queued,
        sticky: None,
    };
    assert!(has(&effects, &Effect::Line(ask)));
    assert!(world.call.consults_a_queue() && world.call.phase() == Phase::Connected);
    world.reserve(HELP_OFFER, helper(), HELPER);
    assert_eq!(world.call.phase(), Phase::Connected);
    rings(&mut world);
    let answered = answers(&mut world);
    assert!(has(&answered, &Effect::Line(LineEffect::OfferEnded(HELP_OFFER, OfferResult::Answered))));
    let joined = world.tell(Fact::OfferEnded { offer: HELP_OFFER, result: OfferResult::Answered });
    assert!(has(&joined, &bridge(AGENT, HELPER)));
    world.wish(Wish::CompleteTransfer).unwrap();
    assert_eq!(world.call.pop().queue, Some(queue));
}

#[test]
fn a_queue_whose_agent_does_not_answer_goes_on_looking_for_another() {
    let mut world = World::talking();
    world.wish(by_queue()).unwrap();
    world.reserve(HELP_OFFER, helper(), HELPER);
    let effects = world.tell(Fact::OfferEnded { offer: HELP_OFFER, result: OfferResult::NoAnswer });
    assert!(ended(&effects).is_none() && hung_up(&effects, HELPER) && world.call.consults_a_queue());
    let effects = world.wish(Wish::CancelConsult).unwrap();
    assert!(has(&effects, &Effect::Line(LineEffect::Left(OfferResult::Withdrawn))));
}

#[test]
fn a_queue_that_serves_nobody_gives_the_customer_back() {
    let mut world = World::talking();
    world.wish(by_queue()).unwrap();
    let effects = world.tell(Fact::QueueLeft { queue: support().id, reason: ExitReason::NoAgents });
    assert_eq!(ended(&effects), Some(ConsultResult::Unreachable));
    assert!(has(&effects, &bridge(CUSTOMER, AGENT)));
}

#[test]
fn a_number_is_consulted_and_gets_the_customer() {
    let mut world = World::talking();
    world.wish(by_number()).unwrap();
    rings(&mut world);
    let joined = answers(&mut world);
    assert!(has(&joined, &bridge(AGENT, HELPER)));
    let digits = world.wish(Wish::SendDigits("5".to_owned())).unwrap();
    assert!(has(&digits, &Effect::Media(HELPER, MediaEffect::SendDigits("5".to_owned()))), "to whom the agent talks");
    let effects = world.wish(Wish::CompleteTransfer).unwrap();
    assert!(has(&effects, &bridge(CUSTOMER, HELPER)));
    assert_eq!(recorded(&effects), Some(Some(HELPER)), "one recording goes on");
    let over = world.leg(HELPER, LegFact::Ended(Cause::Normal));
    assert!(hung_up(&over, CUSTOMER));
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut world = World::talking();
    for wish in [Wish::Swap, Wish::Conference, Wish::CompleteTransfer, Wish::CancelConsult] {
        assert_eq!(world.wish(wish), Err(CommandError::WrongState));
    }
    world.wish(by_name()).unwrap();
    for wish in [by_name(), Wish::Swap, Wish::CompleteTransfer, Wish::Hold, Wish::TransferToQueue(rules(), None)] {
        assert_eq!(world.wish(wish), Err(CommandError::WrongState), "nobody has answered");
    }
    rings(&mut world);
    answers(&mut world);
    let mut effects = Vec::new();
    for wish in [Wish::CompleteTransfer, Wish::CancelConsult, by_name()] {
        let refused = world.call.command(world.now, helper(), wish, &mut effects);
        assert_eq!(refused, Err(CommandError::WrongState), "the one consulted does not steer");
    }
    let view = world.call.view_for(helper()).unwrap().consult.unwrap();
    assert_eq!((view.asks, view.agent, view.stage), (false, Some(agent()), ConsultStage::Consulting));
}

#[test]
fn an_answer_that_comes_after_the_consult_is_given_up_joins_nobody() {
    let mut world = World::talking();
    world.wish(by_name()).unwrap();
    rings(&mut world);
    world.wish(Wish::CancelConsult).unwrap();
    assert!(answers(&mut world).is_empty());
}

#[test]
fn a_customer_whom_the_console_holds_stays_with_the_music_and_the_phone_is_taken_back() {
    let mut world = World::talking();
    world.wish(Wish::Hold).unwrap();
    let effects = world.wish(by_name()).unwrap();
    assert!(has(&effects, &Effect::Media(AGENT, MediaEffect::MakeOffer { hold: false })));
    assert!(!events(&effects).iter().any(|kind| matches!(kind, Kind::Held { .. })), "it was told already");
    let mut by_phone = World::talking();
    by_phone.media(AGENT, MediaFact::Reanswered { sdp: "x".to_owned(), held: true });
    assert_eq!(by_phone.wish(by_name()), Err(CommandError::WrongState), "the phone itself holds");
}
