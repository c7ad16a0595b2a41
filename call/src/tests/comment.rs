//! Sentences about comments that a caller speaks in a flow.

use super::*;
use crate::api::FinishedRecording;
use domain::{ContactEventKind as Kind, NodeId};

const COMMENT: RecordingId = RecordingId::new(77);

fn node() -> NodeId {
    "comment".parse().unwrap()
}

fn stops(effects: &[CallEffect]) -> bool {
    has(effects, &Effect::Media(CUSTOMER, MediaEffect::StopRecording(COMMENT)))
}

fn kept() -> Fact {
    let finished = FinishedRecording {
        path: "2026/11/22/c.wav".to_owned(),
        duration_ms: 9_000,
        sha256: "ab".to_owned(),
        gap_ms: 0,
        voiced_ms: 4_000,
    };
    Fact::CommentKept(COMMENT, Some(finished))
}

fn speaking() -> World {
    let mut world = World::in_flow();
    let begun = world.tell(Fact::Flow(FlowFact::Comment { node: node(), recording: COMMENT, silence: None }));
    assert_eq!(events(&begun), [Kind::CommentStarted { node: node(), recording: COMMENT }]);
    assert!(has(
        &begun,
        &Effect::Media(CUSTOMER, MediaEffect::Record { recording: COMMENT, agent: None, silence: None })
    ));
    world
}

#[test]
fn a_comment_is_a_recording_of_the_contact_and_not_the_one_of_its_talk() {
    let mut world = speaking();
    assert!(stops(&world.tell(Fact::Flow(FlowFact::CommentEnd))));
    let told = world.tell(kept());
    assert!(matches!(&events(&told)[..], [Kind::RecordingFinished { recording: COMMENT, duration_ms: 9_000, .. }]));
    assert!(events(&world.tell(kept())).is_empty(), "once");
}

#[test]
fn a_caller_who_hangs_up_has_spoken_and_the_call_is_over_when_the_comment_stands() {
    let mut world = speaking();
    let gone = world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    assert!(stops(&gone));
    assert!(matches!(events(&gone).last(), Some(Kind::Closed { .. })));
    assert!(!world.call.is_over());
    world.tell(kept());
    assert!(world.call.is_over());
}

#[test]
fn a_comment_that_fails_is_stopped_by_nobody() {
    let mut world = speaking();
    assert!(events(&world.tell(Fact::CommentKept(COMMENT, None))).is_empty());
    assert!(!stops(&world.tell(Fact::Flow(FlowFact::CommentEnd))));
    world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    assert!(world.call.is_over());
}

#[test]
fn an_agent_who_takes_the_caller_ends_the_comment_before_the_talk_is_recorded() {
    let mut world = World::queued();
    world.tell(Fact::Flow(FlowFact::Key('1', node())));
    world.tell(Fact::Flow(FlowFact::Comment { node: node(), recording: COMMENT, silence: None }));
    world.reserve(OFFER, agent(), AGENT);
    world.media(AGENT, MediaFact::Opened { sdp: "our offer".to_owned() });
    world.leg(AGENT, LegFact::Answered { sdp: "phone's answer".to_owned() });
    let joined = world.tell(Fact::OfferEnded { offer: OFFER, result: OfferResult::Answered });
    let place = |what: fn(&MediaEffect) -> bool| {
        joined.iter().position(|effect| matches!(effect, Effect::Media(_, of) if what(of)))
    };
    let stop = place(|of| matches!(of, MediaEffect::StopRecording(COMMENT)));
    let record = place(|of| matches!(of, MediaEffect::Record { .. }));
    assert!(stop.unwrap() < record.unwrap());
}
