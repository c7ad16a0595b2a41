//! Sentences about what a customer keys and nobody is to hear or see.

use super::*;
use crate::api::Reason;
use domain::ContactEventKind as Kind;

const RECORDING: RecordingId = RecordingId::new(5);

fn mask(masked: bool) -> Fact {
    Fact::Flow(FlowFact::Mask(masked))
}

fn muted(muted: bool) -> CallEffect {
    Effect::Media(CUSTOMER, MediaEffect::Mute(muted))
}

fn silent(paused: bool) -> CallEffect {
    Effect::Media(CUSTOMER, MediaEffect::PauseRecording(RECORDING, paused))
}

/// The agent gave the customer back to the line, where a key led into the flow; the recording runs.
fn recorded_in_flow() -> World {
    let mut world = World::talking();
    world.wish(Wish::TransferToQueue(rules(), None)).unwrap();
    world.tell(Fact::Flow(FlowFact::Key('1', "card".parse().unwrap())));
    world
}

impl World {
    /// Lets the time of the deadline come, which has this reason.
    fn due(&mut self, why: Reason) -> Vec<CallEffect> {
        let (at, reason) = self.call.deadline().expect("a deadline");
        assert_eq!(reason, why);
        self.now = at;
        self.effects.clear();
        self.call.handle(at, Fact::Tick, &mut self.effects);
        self.effects.clone()
    }
}

#[test]
fn while_a_masked_entry_lasts_nobody_hears_the_customer_and_the_recording_goes_on_in_silence() {
    let mut world = recorded_in_flow();
    let begun = world.tell(mask(true));
    assert_eq!(begun, [begun[0].clone(), muted(true), silent(true)]);
    assert_eq!(events(&begun), [Kind::MaskingStarted { recording: Some(RECORDING) }]);
    assert!(world.tell(mask(true)).is_empty(), "it is masked already");
    assert!(world.tell(mask(false)).is_empty(), "the last key may be held");
    let ended = world.due(Reason::Masked);
    assert_eq!(events(&ended), [Kind::MaskingEnded { recording: Some(RECORDING) }]);
    assert!(has(&ended, &muted(false)) && has(&ended, &silent(false)));
    assert_eq!(world.call.deadline(), None);
    assert!(!ended.iter().any(|effect| matches!(effect, Effect::Media(_, MediaEffect::StopRecording(_)))));
}

#[test]
fn a_masked_entry_right_after_another_is_one_stretch() {
    let mut world = recorded_in_flow();
    world.tell(mask(true));
    world.tell(mask(false));
    assert!(world.tell(mask(true)).is_empty());
    assert_eq!(world.call.deadline(), None);
    world.tell(mask(false));
    assert_eq!(events(&world.due(Reason::Masked)).len(), 1);
}

#[test]
fn without_a_recording_the_leg_is_masked_all_the_same() {
    let mut world = World::in_flow();
    let begun = world.tell(mask(true));
    assert_eq!(begun[1..], [muted(true)]);
    assert_eq!(events(&begun), [Kind::MaskingStarted { recording: None }]);
    world.tell(mask(false));
    let ended = world.due(Reason::Masked);
    assert_eq!(ended[1..], [muted(false)]);
}

#[test]
fn an_agent_who_takes_the_caller_out_of_a_masked_entry_hears_and_records_nothing_of_its_rest() {
    let mut world = World::queued();
    world.tell(Fact::Flow(FlowFact::Key('1', "card".parse().unwrap())));
    world.tell(mask(true));
    world.reserve(OFFER, agent(), AGENT);
    world.media(AGENT, MediaFact::Opened { sdp: "our offer".to_owned() });
    world.leg(AGENT, LegFact::Answered { sdp: "phone's answer".to_owned() });
    let joined = world.tell(Fact::OfferEnded { offer: OFFER, result: OfferResult::Answered });
    let place = |wanted: &CallEffect| joined.iter().position(|effect| effect == wanted);
    let record =
        Effect::Media(CUSTOMER, MediaEffect::Record { recording: RECORDING, agent: Some(AGENT), silence: None });
    assert!(place(&record).unwrap() < place(&silent(true)).unwrap(), "{joined:?}");
    assert!(has(&joined, &Effect::Flow(ToFlow::Taken)) && !has(&joined, &muted(false)));
    world.tell(mask(false));
    let ended = world.due(Reason::Masked);
    assert!(has(&ended, &muted(false)) && has(&ended, &silent(false)));
}

#[test]
fn a_customer_who_hangs_up_in_a_masked_entry_ends_the_marked_stretch() {
    let mut world = recorded_in_flow();
    world.tell(mask(true));
    let gone = world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    assert!(events(&gone).contains(&Kind::MaskingEnded { recording: Some(RECORDING) }));
    assert!(!has(&gone, &silent(false)) && !has(&gone, &muted(false)), "what is left of it stays silent");
    assert!(world.tell(mask(false)).is_empty());
    assert_eq!(world.call.deadline(), None);
}

#[test]
fn a_recording_that_an_agent_paused_stays_paused_after_a_masked_entry() {
    let mut world = World::talking();
    world.wish(Wish::PauseRecording(true)).unwrap();
    world.wish(Wish::TransferToQueue(rules(), None)).unwrap();
    world.tell(Fact::Flow(FlowFact::Key('1', "card".parse().unwrap())));
    world.tell(mask(true));
    world.tell(mask(false));
    let ended = world.due(Reason::Masked);
    assert!(has(&ended, &muted(false)) && !has(&ended, &silent(false)));
}
