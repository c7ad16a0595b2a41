//! Sentences about customers whom an agent lends to a flow.

use super::*;
use domain::{ContactEventKind as Kind, FlowId, SecureEntry};

fn card() -> FlowId {
    "card".parse().unwrap()
}

fn secured() -> QueueRules {
    QueueRules { secure_entry: Some(card()), ..rules() }
}

const PART: InteractionId = InteractionId::new(2);

impl World {
    /// An agent of a queue with secure entry talks with the customer.
    fn secured() -> Self {
        let mut world = Self::in_flow();
        let (priority, requirement, language) = (Priority(0), None, Language::EN);
        let queue = secured();
        world.tell(Fact::Flow(FlowFact::Enqueue { queue, priority, requirement, announce: Vec::new(), language }));
        world.reserve(OFFER, agent(), AGENT);
        world.media(AGENT, MediaFact::Opened { sdp: "our offer".to_owned() });
        world.leg(AGENT, LegFact::Answered { sdp: "phone's answer".to_owned() });
        world.tell(Fact::OfferEnded { offer: OFFER, result: OfferResult::Answered });
        world
    }

    fn lent() -> (Self, Vec<CallEffect>) {
        let mut world = Self::secured();
        let effects = world.wish(Wish::SecureEntry).unwrap();
        (world, effects)
    }

    fn entry(&self) -> Option<SecureEntry> {
        self.call.view_for(agent()).unwrap().secure_entry
    }

    fn flow(&mut self, fact: FlowFact) -> Vec<CallEffect> {
        self.tell(Fact::Flow(fact))
    }
}

fn bridged(effects: &[CallEffect]) -> bool {
    let to = |leg, other| Effect::Media(leg, MediaEffect::Bridge(other));
    has(effects, &to(CUSTOMER, AGENT)) || has(effects, &to(AGENT, CUSTOMER))
}

#[test]
fn the_customer_is_parted_from_the_agent_and_the_recording_runs_on() {
    let (world, effects) = World::lent();
    for leg in [CUSTOMER, AGENT] {
        assert!(has(&effects, &Effect::Media(leg, MediaEffect::Unbridge)), "{effects:?}");
    }
    assert!(has(&effects, &Effect::Flow(ToFlow::Lent(card()))));
    assert_eq!(events(&effects), [Kind::SecureEntryStarted { flow: card(), interaction: PART }]);
    let stops = |effect: &CallEffect| matches!(effect, Effect::Media(_, MediaEffect::StopRecording(_)));
    assert!(!effects.iter().any(stops));
    assert_eq!((world.call.phase(), world.entry()), (Phase::InFlow, Some(SecureEntry::Running)));
    assert!(world.call.serves(agent()), "it is the agent's customer all the time");
}

#[test]
fn a_flow_that_returns_gives_the_customer_back_done_and_one_that_ends_gives_back_failed() {
    let away = |world: &mut World| {
        world.media(CUSTOMER, MediaFact::Digit('1'));
        FlowFact::HangUp
    };
    let back = |_: &mut World| FlowFact::Returned;
    type Way = fn(&mut World) -> FlowFact;
    let ways: [(Way, SecureEntry); 2] = [(back, SecureEntry::Done), (away, SecureEntry::Failed)];
    for (way, expected) in ways {
        let (mut world, _) = World::lent();
        let fact = way(&mut world);
        let effects = world.flow(fact);
        assert!(bridged(&effects) && has(&effects, &Effect::Flow(ToFlow::GivenBack)), "{effects:?}");
        assert!(!hung_up(&effects, CUSTOMER) && !hung_up(&effects, AGENT));
        let done = expected == SecureEntry::Done;
        assert_eq!(events(&effects), [Kind::SecureEntryEnded { interaction: PART, done }]);
        assert_eq!((world.call.phase(), world.entry()), (Phase::Connected, Some(expected)));
        assert!(world.wish(Wish::SecureEntry).is_ok(), "it may be tried again");
    }
}

#[test]
fn what_leads_away_from_the_agent_leads_back() {
    let (mut world, _) = World::lent();
    let effects = world.flow(FlowFact::Resume);
    assert!(bridged(&effects));
    assert_eq!(world.entry(), Some(SecureEntry::Failed));
}

#[test]
fn the_customer_is_masked_while_keying_and_two_seconds_into_the_talk() {
    let (mut world, _) = World::lent();
    let begun = world.flow(FlowFact::Mask(true));
    let pause = |paused| Effect::Media(CUSTOMER, MediaEffect::PauseRecording(RecordingId::new(5), paused));
    assert!(has(&begun, &Effect::Media(CUSTOMER, MediaEffect::Mute(true))) && has(&begun, &pause(true)));
    let taken = world.wish(Wish::Resume).unwrap();
    assert!(bridged(&taken), "the agent may take the customer back at any time");
    assert!(!has(&taken, &Effect::Media(CUSTOMER, MediaEffect::Mute(false))));
    assert_eq!(world.entry(), Some(SecureEntry::Failed));
    world.tell(Fact::Tick);
    let heard = world.tell(Fact::Tick);
    assert!(has(&heard, &Effect::Media(CUSTOMER, MediaEffect::Mute(false))) && has(&heard, &pause(false)));
}

#[test]
fn a_lent_customer_is_neither_held_nor_sent_on() {
    let (mut world, _) = World::lent();
    let refused =
        [Wish::Hold, Wish::SecureEntry, Wish::TransferToQueue(rules(), None), Wish::SendDigits("1".to_owned())];
    for wish in refused {
        assert_eq!(world.wish(wish), Err(CommandError::WrongState));
    }
    assert_eq!(world.call.may_transfer(agent()), Err(CommandError::WrongState));
    assert_eq!(world.call.may_consult(agent()), Err(CommandError::WrongState));
}

#[test]
fn only_a_queue_with_a_flow_for_it_lets_an_agent_lend_the_customer() {
    let mut world = World::talking();
    assert_eq!(world.wish(Wish::SecureEntry), Err(CommandError::WrongState));
    assert_eq!(world.entry(), None);
    let mut held = World::secured();
    assert_eq!(held.entry(), Some(SecureEntry::Ready));
    held.wish(Wish::Hold).unwrap();
    assert_eq!(held.wish(Wish::SecureEntry), Err(CommandError::WrongState));
}

#[test]
fn whoever_hangs_up_meanwhile_ends_the_call_as_ever() {
    let (mut world, _) = World::lent();
    let gone = world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    assert!(hung_up(&gone, AGENT));
    assert!(events(&gone).contains(&Kind::SecureEntryEnded { interaction: PART, done: false }));

    let (mut world, _) = World::lent();
    let gone = world.leg(AGENT, LegFact::Ended(Cause::Normal));
    assert!(hung_up(&gone, CUSTOMER));
    assert!(events(&gone).contains(&Kind::SecureEntryEnded { interaction: PART, done: false }));

    let (mut world, _) = World::lent();
    let lost = world.media(AGENT, MediaFact::Silent);
    assert_eq!(world.call.phase(), Phase::Queued, "a lost agent's customer goes back into the line");
    assert!(!hung_up(&lost, CUSTOMER));
}

#[test]
fn a_flow_that_is_no_more_gives_the_customer_back_at_once() {
    let (mut world, _) = World::lent();
    let effects = world.tell(Fact::NotLent);
    assert!(bridged(&effects));
    assert_eq!(world.entry(), Some(SecureEntry::Failed));
}
