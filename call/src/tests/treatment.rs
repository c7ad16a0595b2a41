//! Sentences about what waiting callers are told.

use super::*;
use crate::api::{Message, Place, Reason, Say, Treatment};
use core::time::Duration;
use domain::{NodeId, PlayId};
use std::sync::Arc;

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn prompt(name: &str) -> Say {
    Say::Prompt(name.parse().unwrap())
}

fn node(name: &str) -> NodeId {
    name.parse().unwrap()
}

fn told() -> Treatment {
    Treatment { position: true, wait: true, repeat: seconds(30), messages: Vec::new() }
}

fn message(after_s: u64, every_s: Option<u64>) -> Message {
    Message { after: seconds(after_s), every: every_s.map(seconds), say: vec![prompt("patience")] }
}

fn treated(treatment: Treatment) -> QueueRules {
    QueueRules { treatment: Arc::new(treatment), ..rules() }
}

fn enqueue(queue: QueueRules, announce: Vec<Say>) -> Fact {
    let (priority, requirement, language) = (Priority(0), None, Language::EN);
    Fact::Flow(FlowFact::Enqueue { queue, priority, requirement, announce, language })
}

impl World {
    fn waiting(treatment: Treatment) -> Self {
        let mut world = Self::in_flow();
        world.tell(enqueue(treated(treatment), Vec::new()));
        world
    }

    fn place(&mut self, position: u32, wait_s: Option<u64>) -> Vec<CallEffect> {
        self.tell(Fact::Place(Place { position: Some(position), wait: wait_s.map(seconds) }))
    }

    /// Goes on to the deadline and ticks.
    fn tick(&mut self) -> (Option<Reason>, Vec<CallEffect>) {
        let Some((at, reason)) = self.call.deadline() else { return (None, Vec::new()) };
        self.effects.clear();
        self.now = at;
        self.call.handle(at, Fact::Tick, &mut self.effects);
        (Some(reason), self.effects.clone())
    }

    fn play_done(&mut self, effects: &[CallEffect]) -> Vec<CallEffect> {
        let play = played(effects).map(|(play, _)| play).expect("something was played");
        self.media(CUSTOMER, MediaFact::PlayDone(play))
    }

    /// In line, with a key of the queue pressed that leads to the node `choices`.
    fn aside() -> Self {
        let mut world = Self::waiting(told());
        world.place(3, None);
        world.tell(Fact::Flow(FlowFact::Key('1', node("choices"))));
        world
    }
}

/// What is played to the customer last, unless it repeats for ever.
fn played(effects: &[CallEffect]) -> Option<(PlayId, Vec<Say>)> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Media(CUSTOMER, MediaEffect::Play { play, items, repeat: false, .. }) => Some((*play, items.clone())),
        _ => None,
    })
}

fn music(effects: &[CallEffect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Media(CUSTOMER, MediaEffect::Play { repeat: true, .. })))
}

fn announced(effects: &[CallEffect]) -> Option<(Option<u32>, Option<u32>)> {
    events(effects).into_iter().find_map(|kind| match kind {
        ContactEventKind::Announced { position, wait_s } => Some((position, wait_s)),
        _ => None,
    })
}

fn asks_place(effects: &[CallEffect]) -> bool {
    has(effects, &Effect::Line(LineEffect::AskPlace))
}

#[test]
fn place_and_wait_are_told_with_the_announcement_and_then_there_is_music() {
    let mut world = World::in_flow();
    let effects = world.tell(enqueue(treated(told()), vec![prompt("please-hold")]));
    let asks = effects.iter().position(|effect| matches!(effect, Effect::Line(LineEffect::Ask { .. })));
    let place = effects.iter().position(|effect| *effect == Effect::Line(LineEffect::AskPlace));
    assert!(asks.unwrap() < place.unwrap(), "one must be in line to have a place in it");
    assert_eq!(played(&effects), None);
    let effects = world.place(3, Some(290));
    let said = vec![
        prompt("please-hold"),
        prompt("queue-position"),
        Say::Number(3),
        prompt("queue-position-end"),
        prompt("queue-wait"),
        Say::Wait(seconds(300)),
    ];
    assert_eq!(played(&effects).unwrap().1, said);
    assert_eq!(announced(&effects), Some((Some(3), Some(290))));
    assert!(music(&world.play_done(&effects)));
}

#[test]
fn one_who_is_put_through_at_once_is_told_nothing_of_waiting() {
    let mut world = World::waiting(told());
    let effects = world.tell(Fact::Place(Place::default()));
    assert_eq!(announced(&effects), None);
    assert_eq!(played(&effects), None);
    assert!(music(&effects), "music until the agent answers");
}

#[test]
fn an_unknown_wait_is_not_told() {
    let mut world = World::waiting(told());
    let effects = world.place(2, None);
    assert_eq!(announced(&effects), Some((Some(2), None)));
    assert!(!played(&effects).unwrap().1.contains(&prompt("queue-wait")));
}

#[test]
fn only_what_got_better_is_told_again_and_not_more_often_than_allowed() {
    let mut world = World::waiting(told());
    let first = world.place(3, Some(300));
    let entered = world.now;
    world.play_done(&first);
    let (reason, effects) = world.tick();
    assert_eq!(reason, Some(Reason::Treatment));
    assert!(world.now.since(entered) >= seconds(29), "asked {:?} after it was told", world.now.since(entered));
    assert!(asks_place(&effects));
    // The same, and then a worse one: nothing is said, and the music goes on.
    for (position, wait) in [(3, 300), (4, 400)] {
        let effects = world.place(position, Some(wait));
        assert_eq!((announced(&effects), played(&effects), music(&effects)), (None, None, false));
        world.tick();
    }
    // A better place with a worse wait: the place alone.
    let effects = world.place(2, Some(600));
    assert_eq!(announced(&effects), Some((Some(2), None)));
    world.play_done(&effects);
    world.tick();
    // A wait that is shorter, but is said in the same words.
    assert_eq!(announced(&world.place(2, Some(295))), None);
    world.tick();
    assert_eq!(announced(&world.place(2, Some(110))), Some((None, Some(110))));
}

#[test]
fn messages_come_on_their_schedule_and_the_music_after_them() {
    let messages = vec![message(30, Some(60))];
    let mut world = World::waiting(Treatment { messages, ..Treatment::default() });
    assert!(music(&world.effects));
    let entered = world.now;
    for after in [30, 90, 150] {
        let (reason, effects) = world.tick();
        assert_eq!((reason, world.now), (Some(Reason::Treatment), entered + seconds(after)));
        let (play, items) = played(&effects).unwrap();
        assert_eq!(items, [prompt("patience")]);
        assert_eq!(world.call.deadline(), None, "nothing interrupts a message");
        assert!(music(&world.media(CUSTOMER, MediaFact::PlayDone(play))));
    }
}

#[test]
fn a_message_said_once_is_not_said_again() {
    let mut world = World::waiting(Treatment { messages: vec![message(10, None)], ..Treatment::default() });
    let (_, effects) = world.tick();
    world.play_done(&effects);
    assert_eq!(world.call.deadline(), None);
}

#[test]
fn what_is_said_ends_the_moment_the_agent_answers_and_an_offer_does_not_wait_for_it() {
    let mut world = World::waiting(Treatment { messages: vec![message(10, Some(10))], ..told() });
    let greeting = world.place(1, None);
    assert!(played(&greeting).is_some(), "the announcement plays");
    let effects = world.reserve(OFFER, agent(), AGENT);
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Media(AGENT, MediaEffect::Open { .. }))));
    let effects = world.media(AGENT, MediaFact::Opened { sdp: "our offer".to_owned() });
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Leg(AGENT, LegEffect::Invite { .. }))));
    world.leg(AGENT, LegFact::Answered { sdp: "phone's answer".to_owned() });
    let effects = world.tell(Fact::OfferEnded { offer: OFFER, result: OfferResult::Answered });
    assert!(has(&effects, &Effect::Media(CUSTOMER, MediaEffect::StopPlay)));
    assert_eq!(world.call.deadline(), None);
    let late = world.play_done(&greeting);
    assert!(late.is_empty(), "no music over the talk: {late:?}");
}

#[test]
fn nothing_new_is_said_while_a_phone_rings_and_it_goes_on_after_a_refusal() {
    let mut world = World::waiting(Treatment { messages: vec![message(10, None)], ..Treatment::default() });
    world.reserve(OFFER, agent(), AGENT);
    world.media(AGENT, MediaFact::Opened { sdp: "our offer".to_owned() });
    assert_eq!(world.call.deadline(), None);
    world.tell(Fact::OfferEnded { offer: OFFER, result: OfferResult::Declined });
    let (reason, effects) = world.tick();
    assert_eq!(reason, Some(Reason::Treatment));
    assert!(played(&effects).is_some());
}

#[test]
fn another_queue_tells_nothing_worse_than_the_first_one_did() {
    let mut world = World::waiting(told());
    let effects = world.place(2, Some(120));
    world.play_done(&effects);
    let other = QueueRules { id: "support".parse().unwrap(), ..treated(told()) };
    let (from, reason) = (rules().id, ExitReason::Overflow);
    world.tell(Fact::Overflowed { from, to: Box::new(other), reason });
    let (_, effects) = world.tick();
    assert!(asks_place(&effects), "looked at as soon as it has moved");
    assert_eq!(announced(&world.place(9, Some(500))), None);
    world.tick();
    assert_eq!(announced(&world.place(1, Some(500))), Some((Some(1), None)));
}

#[test]
fn digits_of_those_who_wait_go_to_the_flow() {
    let mut world = World::waiting(told());
    assert!(has(&world.media(CUSTOMER, MediaFact::Digit('1')), &Effect::Flow(ToFlow::Digit('1'))));
    world.reserve(OFFER, agent(), AGENT);
    assert!(has(&world.media(CUSTOMER, MediaFact::Digit('2')), &Effect::Flow(ToFlow::Digit('2'))));
    let mut talking = World::talking();
    assert!(talking.media(CUSTOMER, MediaFact::Digit('1')).is_empty());
}

#[test]
fn a_key_gives_the_flow_the_callers_ear_and_keeps_the_place() {
    let mut world = World::waiting(told());
    world.place(3, None);
    let effects = world.tell(Fact::Flow(FlowFact::Key('1', node("choices"))));
    assert_eq!(events(&effects), [ContactEventKind::QueueKey { digit: '1', node: node("choices") }]);
    assert!(has(&effects, &Effect::Media(CUSTOMER, MediaEffect::StopPlay)));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Line(_))), "{effects:?}");
    assert_eq!(world.call.phase(), Phase::Queued);
    assert_eq!(world.call.deadline(), None, "the flow is not interrupted");
    let play = PlayId::new(7);
    world.tell(Fact::Flow(FlowFact::Play { play, items: vec![prompt("choices")], language: Language::EN }));
    assert!(has(&world.media(CUSTOMER, MediaFact::PlayDone(play)), &Effect::Flow(ToFlow::PlayDone(play))));
    let effects = world.tell(Fact::Flow(FlowFact::Resume));
    assert_eq!(events(&effects), [ContactEventKind::QueueResumed { queue: rules().id }]);
    assert!(music(&effects));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Line(_))), "{effects:?}");
}

#[test]
fn the_same_queue_again_is_going_on_at_the_same_place() {
    let mut world = World::aside();
    let effects = world.tell(enqueue(treated(told()), vec![prompt("please-hold")]));
    assert_eq!(events(&effects), [ContactEventKind::QueueResumed { queue: rules().id }]);
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Line(_))), "{effects:?}");
}

#[test]
fn an_agent_who_answers_meanwhile_takes_the_caller_out_of_the_flow() {
    let mut world = World::aside();
    let effects = world.reserve(OFFER, agent(), AGENT);
    assert!(!effects.is_empty(), "the caller is still in line");
    world.media(AGENT, MediaFact::Opened { sdp: "our offer".to_owned() });
    world.leg(AGENT, LegFact::Answered { sdp: "phone's answer".to_owned() });
    let effects = world.tell(Fact::OfferEnded { offer: OFFER, result: OfferResult::Answered });
    assert!(has(&effects, &Effect::Flow(ToFlow::Taken)));
    assert!(has(&effects, &Effect::Media(CUSTOMER, MediaEffect::StopPlay)));
    let play = FlowFact::Play { play: PlayId::new(7), items: vec![prompt("choices")], language: Language::EN };
    assert!(world.tell(Fact::Flow(play)).is_empty(), "the flow is not heard over the talk");
    assert!(world.tell(Fact::Flow(FlowFact::HangUp)).is_empty(), "nor does it end the talk");
    assert_eq!(world.call.phase(), Phase::Connected);
}

#[test]
fn another_way_gives_the_place_up() {
    let mut world = World::aside();
    world.reserve(OFFER, agent(), AGENT);
    let effects = world.tell(Fact::Flow(FlowFact::HangUp));
    assert!(has(&effects, &Effect::Line(LineEffect::Left(OfferResult::Withdrawn))));
    assert!(!has(&effects, &Effect::Line(LineEffect::Left(OfferResult::CustomerLeft))), "no abandon");
    let told = events(&effects);
    assert!(told.contains(&ContactEventKind::QueueLeft { queue: rules().id, reason: ExitReason::Chosen }));
    assert!(told.contains(&ContactEventKind::OfferEnded {
        offer: OFFER,
        agent: agent(),
        result: OfferResult::Withdrawn
    }));
    assert_eq!(told.last(), Some(&ContactEventKind::Closed { outcome: Outcome::FlowedOut, by: EndedBy::Flow }));
}

#[test]
fn one_who_hangs_up_in_the_flow_with_a_place_in_line_has_abandoned() {
    let mut world = World::aside();
    let effects = world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    assert!(has(&effects, &Effect::Line(LineEffect::Left(OfferResult::CustomerLeft))));
    let closed = ContactEventKind::Closed { outcome: Outcome::Abandoned, by: EndedBy::Customer };
    assert_eq!(events(&effects).last(), Some(&closed));
}

#[test]
fn another_queue_is_entered_with_the_age_kept() {
    let mut world = World::aside();
    let since = world.call.pop().queued;
    let other = QueueRules { id: "support".parse().unwrap(), ..treated(told()) };
    let effects = world.tell(enqueue(other, Vec::new()));
    let asked = effects.iter().find_map(|effect| match effect {
        Effect::Line(LineEffect::Ask { queue, since, .. }) => Some((queue.as_str(), Some(*since))),
        _ => None,
    });
    assert_eq!(asked, Some(("support", since)));
    assert_eq!(events(&effects)[0], ContactEventKind::QueueLeft { queue: rules().id, reason: ExitReason::Chosen });
}

#[test]
fn a_queue_that_sends_the_caller_away_does_not_cut_the_flow_off() {
    let mut world = World::aside();
    let effects = world.tell(Fact::QueueLeft { queue: rules().id, reason: ExitReason::LongestWait });
    assert!(!has(&effects, &Effect::Media(CUSTOMER, MediaEffect::StopPlay)));
    assert_eq!(world.call.phase(), Phase::InFlow);
}
