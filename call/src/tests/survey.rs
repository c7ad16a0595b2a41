//! Sentences about the survey after a call.

use super::*;
use domain::{FlowId, QuestionId};

fn how() -> FlowId {
    "how".parse().unwrap()
}

fn surveyed() -> QueueRules {
    QueueRules { survey: Some(how()), ..rules() }
}

fn question() -> QuestionId {
    "satisfaction".parse().unwrap()
}

fn enqueue(queue: QueueRules) -> Fact {
    let (priority, requirement, language) = (Priority(0), None, Language::EN);
    Fact::Flow(FlowFact::Enqueue { queue, priority, requirement, announce: Vec::new(), language })
}

impl World {
    /// An agent of this queue talks with the customer.
    fn talking_in(queue: QueueRules) -> Self {
        let mut world = Self::in_flow();
        world.tell(enqueue(queue));
        world.joined(OFFER, agent(), AGENT);
        world
    }

    fn joined(&mut self, offer: OfferId, agent: AgentId, leg: LegId) {
        self.reserve(offer, agent, leg);
        self.media(leg, MediaFact::Opened { sdp: "our offer".to_owned() });
        self.leg(leg, LegFact::Answered { sdp: "phone's answer".to_owned() });
        self.tell(Fact::OfferEnded { offer, result: OfferResult::Answered });
        assert_eq!(self.call.phase(), Phase::Connected);
    }
}

fn asks(effects: &[CallEffect]) -> bool {
    has(effects, &Effect::Flow(ToFlow::Survey(how())))
}

fn left(effects: &[CallEffect]) -> Option<EndedBy> {
    events(effects).into_iter().find_map(|kind| match kind {
        ContactEventKind::CustomerLeft { by, .. } => Some(by),
        _ => None,
    })
}

#[test]
fn a_customer_whom_the_agent_lets_go_is_asked_while_the_agent_wraps_up() {
    let mut world = World::talking_in(surveyed());
    let effects = world.wish(Wish::HangUp).unwrap();
    assert!(asks(&effects) && !hung_up(&effects, CUSTOMER) && hung_up(&effects, AGENT), "{effects:?}");
    assert!(has(&effects, &Effect::Line(LineEffect::Finished(agent()))));
    assert!(has(&effects, &Effect::Media(CUSTOMER, MediaEffect::Unbridge)));
    assert!(has(&effects, &Effect::Media(CUSTOMER, MediaEffect::StopRecording(RecordingId::new(5)))));
    assert_eq!((world.call.phase(), world.call.agent()), (Phase::InFlow, None));
    let begun = world.tell(Fact::Survey(Some(how())));
    let interaction = InteractionId::new(u128::from(AGENT.number()));
    assert_eq!(events(&begun), [ContactEventKind::SurveyStarted { flow: how(), interaction, queue: Some(rules().id) }]);
    let answered = world.tell(Fact::Flow(FlowFact::Answered(question(), 5)));
    let (answer, queue) = (5, Some(rules().id));
    let kept = ContactEventKind::SurveyAnswered { question: question(), answer, agent: Some(agent()), queue };
    assert_eq!(events(&answered), [kept]);
    let wrapped_up = world.tell(Fact::WrapUpEnded { agent: agent(), timed_out: true });
    assert!(!events(&wrapped_up).iter().any(|kind| matches!(kind, ContactEventKind::Closed { .. })));
    let ended = world.tell(Fact::Flow(FlowFact::HangUp));
    assert!(hung_up(&ended, CUSTOMER));
    let closed = ContactEventKind::Closed { outcome: Outcome::Answered, by: EndedBy::Flow };
    assert_eq!(events(&ended).last(), Some(&closed));
}

#[test]
fn an_agent_who_hangs_up_the_phone_leads_to_the_survey_too() {
    let mut world = World::talking_in(surveyed());
    let effects = world.leg(AGENT, LegFact::Ended(Cause::Normal));
    assert!(asks(&effects) && left(&effects).is_none());
}

#[test]
fn a_customer_who_hangs_up_is_not_asked() {
    let mut world = World::talking_in(surveyed());
    let effects = world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    assert!(!asks(&effects));
    assert_eq!(left(&effects), Some(EndedBy::Customer));
}

#[test]
fn a_customer_who_hangs_up_instead_of_answering_leaves_a_closed_contact() {
    let mut world = World::talking_in(surveyed());
    world.wish(Wish::HangUp).unwrap();
    let effects = world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    assert_eq!(left(&effects), Some(EndedBy::Customer));
    assert!(has(&effects, &Effect::Flow(ToFlow::Over)));
    let done = world.tell(Fact::WrapUpEnded { agent: agent(), timed_out: true });
    let closed = ContactEventKind::Closed { outcome: Outcome::Answered, by: EndedBy::Customer };
    assert_eq!(events(&done).last(), Some(&closed));
}

#[test]
fn a_queue_without_a_survey_hangs_up_as_ever() {
    let mut world = World::talking_in(rules());
    let effects = world.wish(Wish::HangUp).unwrap();
    assert!(hung_up(&effects, CUSTOMER));
    assert_eq!(left(&effects), Some(EndedBy::Agent));
}

#[test]
fn after_a_transfer_the_last_agents_queue_counts() {
    let ana: AgentId = "ana.ruiz".parse().unwrap();
    for (first, last) in [(surveyed(), rules()), (rules(), surveyed())] {
        let mut world = World::talking_in(first);
        let transferred = world.wish(Wish::TransferToQueue(last.clone(), None)).unwrap();
        assert!(!asks(&transferred), "giving the customer away ends no call");
        world.joined(OTHER_OFFER, ana, OTHER_AGENT);
        let effects = world.leg(OTHER_AGENT, LegFact::Ended(Cause::Normal));
        assert_eq!((asks(&effects), left(&effects).is_none()), (last.survey.is_some(), last.survey.is_some()));
        if last.survey.is_some() {
            let answered = world.tell(Fact::Flow(FlowFact::Answered(question(), 1)));
            let about = |kind: &ContactEventKind| matches!(kind, ContactEventKind::SurveyAnswered { agent, .. } if *agent == Some(ana));
            assert!(events(&answered).iter().all(about) && !events(&answered).is_empty());
        }
    }
}

#[test]
fn a_survey_that_cannot_be_made_ends_the_call_as_the_agent_wished() {
    let mut world = World::talking_in(surveyed());
    world.wish(Wish::HangUp).unwrap();
    let effects = world.tell(Fact::Survey(None));
    assert!(hung_up(&effects, CUSTOMER));
    assert_eq!(left(&effects), Some(EndedBy::Agent));
    assert!(left(&world.tell(Fact::Survey(None))).is_none(), "once");
}

#[test]
fn a_customer_on_hold_hears_no_more_music_in_the_survey() {
    let mut world = World::talking_in(surveyed());
    world.wish(Wish::Hold).unwrap();
    let effects = world.wish(Wish::HangUp).unwrap();
    let stop = Effect::Media(CUSTOMER, MediaEffect::StopPlay);
    let (stops, asked) = (
        effects.iter().position(|e| *e == stop),
        effects.iter().position(|e| *e == Effect::Flow(ToFlow::Survey(how()))),
    );
    assert!(stops.unwrap() < asked.unwrap());
}
