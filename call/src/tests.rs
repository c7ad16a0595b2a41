//! Sentences about calls.

mod comment;
mod consult;
mod entry;
mod masked;
mod monitor;
mod second;
mod survey;
mod treatment;

use crate::api::{
    Effect, Fact, FlowFact, Incoming, LegEffect, LegFact, LineEffect, MediaEffect, MediaFact, Outgoing, Phase, Phone,
    QueueRules, Reserved, ToFlow, Wish,
};
use crate::{Call, Effect as CallEffect};
use domain::{
    AgentId, Ani, Cause, CommandError, ContactEventKind, ContactId, Customer, Decision, DeskBody, Dnis, EndedBy,
    ExitReason, Instant, InteractionId, Language, LegId, OfferId, OfferResult, Outcome, Priority, RecordingId,
    Redacted, RoutingRule,
};

const CUSTOMER: LegId = LegId::new(1);
const AGENT: LegId = LegId::new(2);
const OFFER: OfferId = OfferId::new(9);
const OTHER_AGENT: LegId = LegId::new(4);
const OTHER_OFFER: OfferId = OfferId::new(10);

struct World {
    call: Call,
    now: Instant,
    effects: Vec<CallEffect>,
}

fn agent() -> AgentId {
    "li.wei".parse().unwrap()
}

fn rules() -> QueueRules {
    QueueRules {
        id: "billing".parse().unwrap(),
        music: "music".parse().unwrap(),
        treatment: std::sync::Arc::default(),
        record: true,
        default_disposition: Some("done".parse().unwrap()),
        disposition_required: true,
        survey: None,
        secure_entry: None,
    }
}

impl World {
    fn dialling() -> Self {
        let outgoing = Outgoing {
            contact: ContactId::new(1),
            interaction: InteractionId::new(3),
            agent: agent(),
            agent_leg: AGENT,
            agent_phone: Phone::Registered("li.wei".to_owned()),
            agent_browser: false,
            leg: CUSTOMER,
            phone: Phone::Trunk("carrier".parse().unwrap(), "5551".to_owned()),
            recording: RecordingId::new(5),
            first_play: 100,
            dnis: Dnis::new("5551"),
        };
        let mut effects = Vec::new();
        let call = Call::outgoing(Instant::ZERO, outgoing, &mut effects);
        Self { call, now: Instant::ZERO, effects }
    }

    fn arriving() -> Self {
        let incoming = Incoming {
            contact: ContactId::new(1),
            leg: CUSTOMER,
            browser: false,
            sdp: Some("offer".to_owned()),
            recording: RecordingId::new(5),
            first_play: 100,
            ani: Ani::new("+4930"),
            caller_name: Redacted::from("Marta"),
            dnis: Dnis::new("8000"),
            entry_point: "main".parse().unwrap(),
            trunk: None,
            flow: "demo".parse().unwrap(),
            language: Language::EN,
            signalled: domain::Signalled::default(),
            carried: Vec::new(),
        };
        let mut effects = Vec::new();
        let call = Call::incoming(Instant::ZERO, incoming, &mut effects);
        Self { call, now: Instant::ZERO, effects }
    }

    fn in_flow() -> Self {
        let mut world = Self::arriving();
        world.media(CUSTOMER, MediaFact::Opened { sdp: "answer".to_owned() });
        world.tell(Fact::Stored);
        world.leg(CUSTOMER, LegFact::Acked { sdp: None });
        world
    }

    fn queued() -> Self {
        let mut world = Self::in_flow();
        let queue = FlowFact::Enqueue {
            queue: rules(),
            priority: Priority(0),
            requirement: None,
            announce: Vec::new(),
            language: Language::EN,
        };
        world.tell(Fact::Flow(queue));
        world
    }

    fn ringing() -> Self {
        let mut world = Self::queued();
        world.reserve(OFFER, agent(), AGENT);
        world
    }

    /// Two agents are rung at once.
    fn ringing_both() -> Self {
        let mut world = Self::ringing();
        world.reserve(OTHER_OFFER, "ana.ruiz".parse().unwrap(), OTHER_AGENT);
        world.media(AGENT, MediaFact::Opened { sdp: "our offer".to_owned() });
        world.media(OTHER_AGENT, MediaFact::Opened { sdp: "our offer".to_owned() });
        world
    }

    fn reserve(&mut self, offer: OfferId, agent: AgentId, leg: LegId) -> Vec<CallEffect> {
        let why = Decision {
            score: 0,
            ring: 0,
            rule: RoutingRule::LongestIdle,
            candidates: vec![(agent, 1)],
            passed_over: Vec::new(),
        };
        self.tell(Fact::Reserved(Box::new(Reserved {
            offer,
            interaction: InteractionId::new(u128::from(leg.number())),
            agent,
            leg,
            phone: Phone::Registered(agent.to_string()),
            browser: false,
            queue: Some(rules().id),
            lead: core::time::Duration::ZERO,
            deadline: Instant::from_millis(20_000),
            why: Some(Box::new(why)),
            dial: None,
        })))
    }

    fn talking() -> Self {
        let mut world = Self::ringing();
        world.media(AGENT, MediaFact::Opened { sdp: "our offer".to_owned() });
        world.leg(AGENT, LegFact::Answered { sdp: "phone's answer".to_owned() });
        world.tell(Fact::OfferEnded { offer: OFFER, result: OfferResult::Answered });
        world
    }

    fn tell(&mut self, fact: Fact) -> Vec<CallEffect> {
        self.now = self.now + core::time::Duration::from_millis(1_000);
        self.effects.clear();
        self.call.handle(self.now, fact, &mut self.effects);
        self.effects.clone()
    }

    fn leg(&mut self, leg: LegId, fact: LegFact) -> Vec<CallEffect> {
        self.tell(Fact::Leg(leg, fact))
    }

    fn media(&mut self, leg: LegId, fact: MediaFact) -> Vec<CallEffect> {
        self.tell(Fact::Media(leg, fact))
    }

    fn wish(&mut self, wish: Wish) -> Result<Vec<CallEffect>, CommandError> {
        self.effects.clear();
        self.call.command(self.now, agent(), wish, &mut self.effects)?;
        Ok(self.effects.clone())
    }
}

fn has(effects: &[CallEffect], wanted: &CallEffect) -> bool {
    effects.contains(wanted)
}

fn events(effects: &[CallEffect]) -> Vec<ContactEventKind> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            CallEffect::Event(event) => Some(event.kind.clone()),
            _ => None,
        })
        .collect()
}

#[test]
fn the_call_is_answered_only_when_media_is_open_and_the_contact_is_durable() {
    let answer = Effect::Leg(CUSTOMER, LegEffect::Answer("answer".to_owned()));
    let mut world = World::arriving();
    assert!(!has(&world.media(CUSTOMER, MediaFact::Opened { sdp: "answer".to_owned() }), &answer));
    assert!(has(&world.tell(Fact::Stored), &answer));
    let mut other = World::arriving();
    assert!(!has(&other.tell(Fact::Stored), &answer));
    assert!(has(&other.media(CUSTOMER, MediaFact::Opened { sdp: "answer".to_owned() }), &answer));
}

#[test]
fn the_flow_starts_with_the_acknowledgement_and_only_once() {
    let mut world = World::in_flow();
    assert!(world.effects.contains(&Effect::Flow(ToFlow::Started)));
    assert!(!world.leg(CUSTOMER, LegFact::Acked { sdp: None }).contains(&Effect::Flow(ToFlow::Started)));
}

#[test]
fn without_a_common_codec_the_call_is_refused_and_closed() {
    let mut world = World::arriving();
    let effects = world.media(CUSTOMER, MediaFact::Refused);
    assert!(has(&effects, &Effect::Leg(CUSTOMER, LegEffect::Reject(Cause::NoCodec))));
    let closed = ContactEventKind::Closed { outcome: Outcome::Rejected, by: EndedBy::System };
    assert_eq!(events(&effects).last(), Some(&closed));
    assert!(world.call.is_over());
}

#[test]
fn the_desk_is_told_before_the_phone_rings() {
    let mut world = World::ringing();
    let desk = world.effects.iter().position(|e| matches!(e, Effect::Desk(_, DeskBody::Offered(_))));
    let media = world.effects.iter().position(|e| matches!(e, Effect::Media(AGENT, MediaEffect::Open { .. })));
    assert!(desk.unwrap() < media.unwrap());
    let effects = world.media(AGENT, MediaFact::Opened { sdp: "our offer".to_owned() });
    assert!(matches!(&effects[..], [Effect::Leg(AGENT, LegEffect::Invite { .. })]));
}

#[test]
fn customer_and_agent_are_joined_and_recorded_when_the_acd_accepts_the_answer() {
    let world = World::talking();
    assert_eq!(world.call.phase(), Phase::Connected);
    assert!(has(&world.effects, &Effect::Media(CUSTOMER, MediaEffect::Bridge(AGENT))));
    let record = MediaEffect::Record { recording: RecordingId::new(5), agent: Some(AGENT), silence: None };
    assert!(has(&world.effects, &Effect::Media(CUSTOMER, record)));
}

#[test]
fn a_caller_who_leaves_while_an_agent_rings_leaves_no_leg_behind() {
    let mut world = World::ringing();
    let effects = world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    assert!(has(&effects, &Effect::Leg(AGENT, LegEffect::HangUp(Cause::Cancelled))));
    assert!(has(&effects, &Effect::Media(AGENT, MediaEffect::Close)));
    assert!(has(&effects, &Effect::Line(LineEffect::Left(OfferResult::CustomerLeft))));
    assert!(
        events(&effects).contains(&ContactEventKind::Closed { outcome: Outcome::Abandoned, by: EndedBy::Customer })
    );
    assert!(world.call.is_over() && world.call.legs().is_empty());
}

#[test]
fn a_declined_offer_puts_the_call_back_in_line() {
    let mut world = World::ringing();
    let effects = world.leg(AGENT, LegFact::Failed(Cause::Declined));
    assert!(has(&effects, &Effect::Line(LineEffect::OfferEnded(OFFER, OfferResult::Declined))));
    world.tell(Fact::OfferEnded { offer: OFFER, result: OfferResult::Declined });
    assert_eq!(world.call.phase(), Phase::Queued);
    assert!(world.call.agent().is_none());
}

#[test]
fn an_answer_that_comes_after_the_offer_ended_joins_nobody() {
    let mut world = World::ringing();
    world.media(AGENT, MediaFact::Opened { sdp: "our offer".to_owned() });
    world.tell(Fact::OfferEnded { offer: OFFER, result: OfferResult::NoAnswer });
    assert!(world.leg(AGENT, LegFact::Answered { sdp: "late".to_owned() }).is_empty());
    assert_eq!(world.call.phase(), Phase::Queued);
}

#[test]
fn hold_plays_music_to_the_customer_and_resume_joins_them_again() {
    let mut world = World::talking();
    let held = world.wish(Wish::Hold).unwrap();
    assert!(has(&held, &Effect::Media(CUSTOMER, MediaEffect::Unbridge)));
    assert!(held.iter().any(|e| matches!(e, Effect::Media(CUSTOMER, MediaEffect::Play { repeat: true, .. }))));
    assert!(has(&held, &Effect::Media(AGENT, MediaEffect::MakeOffer { hold: true })));
    assert_eq!(world.wish(Wish::Hold), Err(CommandError::WrongState));
    let resumed = world.wish(Wish::Resume).unwrap();
    assert!(has(&resumed, &Effect::Media(CUSTOMER, MediaEffect::Bridge(AGENT))));
}

#[test]
fn a_phone_that_puts_us_on_hold_gives_the_customer_music() {
    let mut world = World::talking();
    let effects = world.media(AGENT, MediaFact::Reanswered { sdp: "x".to_owned(), held: true });
    assert!(has(&effects, &Effect::Leg(AGENT, LegEffect::AnswerReinvite("x".to_owned()))));
    assert!(events(&effects).iter().any(|e| matches!(e, ContactEventKind::Held { .. })));
    let back = world.media(AGENT, MediaFact::Reanswered { sdp: "y".to_owned(), held: false });
    assert!(has(&back, &Effect::Media(CUSTOMER, MediaEffect::Bridge(AGENT))));
}

#[test]
fn the_contact_closes_after_the_wrap_up_with_the_disposition() {
    let mut world = World::talking();
    let left = world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    assert!(has(&left, &Effect::Leg(AGENT, LegEffect::HangUp(Cause::Normal))));
    assert!(has(&left, &Effect::Line(LineEffect::Finished(agent()))));
    assert_eq!(world.wish(Wish::FinishWrapUp), Err(CommandError::DispositionMissing));
    world.wish(Wish::SetDisposition("solved".parse().unwrap())).unwrap();
    assert!(world.wish(Wish::FinishWrapUp).is_ok());
    let effects = world.tell(Fact::WrapUpEnded { agent: agent(), timed_out: false });
    let closed = ContactEventKind::Closed { outcome: Outcome::Answered, by: EndedBy::Customer };
    assert_eq!(events(&effects).last(), Some(&closed));
    assert!(!world.call.is_over(), "the recording is still being closed");
    world.tell(Fact::RecordingFinished(None));
    assert!(world.call.is_over());
}

#[test]
fn a_wrap_up_that_runs_out_takes_the_default_disposition() {
    let mut world = World::talking();
    world.leg(AGENT, LegFact::Ended(Cause::Normal));
    let effects = world.tell(Fact::WrapUpEnded { agent: agent(), timed_out: true });
    assert!(events(&effects).iter().any(|e| matches!(e, ContactEventKind::DispositionSet { .. })));
    assert!(events(&effects).contains(&ContactEventKind::Closed { outcome: Outcome::Answered, by: EndedBy::Agent }));
}

#[test]
fn a_transfer_to_a_queue_keeps_the_age_and_ends_the_agents_part() {
    let mut world = World::talking();
    let queued_at = world.call.pop().queued.unwrap();
    let effects = world.wish(Wish::TransferToQueue(rules(), None)).unwrap();
    let asked = effects.iter().find_map(|e| match e {
        Effect::Line(LineEffect::Ask { since, .. }) => Some(*since),
        _ => None,
    });
    assert_eq!(asked, Some(queued_at));
    assert!(has(&effects, &Effect::Line(LineEffect::Finished(agent()))));
    assert_eq!(world.call.phase(), Phase::Queued);
}

#[test]
fn an_agent_whose_audio_is_lost_gives_the_customer_back_to_the_line() {
    let mut world = World::talking();
    let effects = world.media(AGENT, MediaFact::Silent);
    assert!(has(&effects, &Effect::Line(LineEffect::AgentLost(agent()))));
    assert!(effects.iter().any(|e| matches!(e, Effect::Line(LineEffect::Ask { .. }))));
    assert!(!has(&effects, &Effect::Leg(CUSTOMER, LegEffect::HangUp(Cause::Normal))));
}

#[test]
fn a_call_that_never_becomes_durable_is_refused_as_one_too_many() {
    let mut world = World::arriving();
    let (at, _) = world.call.deadline().unwrap();
    let mut effects = Vec::new();
    world.call.handle(at, Fact::Tick, &mut effects);
    assert!(has(&effects, &Effect::Leg(CUSTOMER, LegEffect::Reject(Cause::Overload))));
    let left = ContactEventKind::CustomerLeft { by: EndedBy::System, cause: Cause::Overload };
    let closed = ContactEventKind::Closed { outcome: Outcome::Rejected, by: EndedBy::System };
    assert_eq!(events(&effects), [left, closed]);
}

#[test]
fn whoever_hangs_up_before_the_flow_begins_was_not_served_by_it() {
    let unacknowledged = || {
        let mut world = World::arriving();
        world.media(CUSTOMER, MediaFact::Opened { sdp: "answer".to_owned() });
        world.tell(Fact::Stored);
        world
    };
    for (mut world, outcome) in [
        (World::arriving(), Outcome::Cancelled),
        (unacknowledged(), Outcome::Cancelled),
        (World::in_flow(), Outcome::SelfServed),
    ] {
        let effects = world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
        let closed = ContactEventKind::Closed { outcome, by: EndedBy::Customer };
        assert_eq!(events(&effects).last(), Some(&closed));
    }
}

#[test]
fn a_dialled_call_that_nobody_answers_is_given_up() {
    let mut world = World::dialling();
    world.tell(Fact::Stored);
    world.media(AGENT, MediaFact::Opened { sdp: "our offer".to_owned() });
    let (at, _) = world.call.deadline().unwrap();
    let mut effects = Vec::new();
    world.call.handle(at, Fact::Tick, &mut effects);
    assert!(has(&effects, &Effect::Leg(AGENT, LegEffect::HangUp(Cause::Normal))));
    assert!(has(&effects, &Effect::Line(LineEffect::Finished(agent()))));
}

#[test]
fn only_sessions_that_were_opened_are_closed() {
    let closes = |effects: &[CallEffect]| effects.iter().any(|e| matches!(e, Effect::Media(_, MediaEffect::Close)));
    let mut world = World::dialling();
    assert!(!closes(&world.wish(Wish::HangUp).unwrap()));
    let mut durable = World::dialling();
    durable.tell(Fact::Stored);
    let effects = durable.wish(Wish::HangUp).unwrap();
    assert!(has(&effects, &Effect::Media(AGENT, MediaEffect::Close)));
    assert!(!has(&effects, &Effect::Media(CUSTOMER, MediaEffect::Close)));
}

#[test]
fn a_customer_found_after_the_end_changes_nothing() {
    let mut world = World::talking();
    world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    world.tell(Fact::WrapUpEnded { agent: agent(), timed_out: true });
    let customer = Customer {
        id: domain::CustomerId::new(7),
        name: Redacted::from("Marta"),
        company: String::new(),
        tier: String::new(),
        account: String::new(),
        language: None,
        notes: String::new(),
        contact_points: Vec::new(),
        last_contacts: Vec::new(),
        contacts_7d: 0,
        contacts_total: 0,
    };
    assert!(world.tell(Fact::Customer(Box::new(customer))).is_empty());
}

fn bridges(effects: &[CallEffect]) -> usize {
    effects.iter().filter(|effect| matches!(effect, Effect::Media(_, MediaEffect::Bridge(_)))).count()
}

fn hung_up(effects: &[CallEffect], leg: LegId) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Leg(of, LegEffect::HangUp(_)) if *of == leg))
}

#[test]
fn of_two_agents_who_are_rung_the_first_to_answer_is_joined_and_the_other_is_let_go() {
    let mut world = World::ringing_both();
    world.leg(OTHER_AGENT, LegFact::Answered { sdp: "answer".to_owned() });
    let joined = world.tell(Fact::OfferEnded { offer: OTHER_OFFER, result: OfferResult::Answered });
    let let_go = world.tell(Fact::OfferEnded { offer: OFFER, result: OfferResult::Withdrawn });
    assert_eq!((bridges(&joined), bridges(&let_go)), (1, 0));
    assert!(hung_up(&let_go, AGENT) && !hung_up(&let_go, OTHER_AGENT));
    assert_eq!((world.call.phase(), world.call.agent()), (Phase::Connected, Some("ana.ruiz".parse().unwrap())));
}

#[test]
fn two_answers_at_once_join_one_agent_only() {
    let mut world = World::ringing_both();
    world.leg(AGENT, LegFact::Answered { sdp: "answer".to_owned() });
    world.leg(OTHER_AGENT, LegFact::Answered { sdp: "answer".to_owned() });
    let mut effects = world.tell(Fact::OfferEnded { offer: OFFER, result: OfferResult::Answered });
    effects.extend(world.tell(Fact::OfferEnded { offer: OTHER_OFFER, result: OfferResult::Withdrawn }));
    assert_eq!(bridges(&effects), 1);
    assert!(hung_up(&effects, OTHER_AGENT));
}

#[test]
fn a_call_is_in_line_again_only_when_the_last_of_its_offers_has_failed() {
    let mut world = World::ringing_both();
    world.tell(Fact::OfferEnded { offer: OFFER, result: OfferResult::NoAnswer });
    assert_eq!(world.call.phase(), Phase::Offering);
    world.tell(Fact::OfferEnded { offer: OTHER_OFFER, result: OfferResult::Declined });
    assert_eq!(world.call.phase(), Phase::Queued);
}

#[test]
fn a_caller_who_leaves_stops_every_phone_that_rings() {
    let mut world = World::ringing_both();
    let effects = world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    assert!(hung_up(&effects, AGENT) && hung_up(&effects, OTHER_AGENT));
    assert_eq!(world.call.legs(), []);
}

#[test]
fn a_queue_that_does_not_serve_a_call_gives_it_back_to_its_flow() {
    let mut world = World::queued();
    let (queue, reason) = (rules().id, ExitReason::LongestWait);
    let effects = world.tell(Fact::QueueLeft { queue, reason });
    assert!(events(&effects).contains(&ContactEventKind::QueueLeft { queue, reason }));
    assert!(effects.contains(&Effect::Media(CUSTOMER, MediaEffect::StopPlay)));
    assert_eq!(world.call.phase(), Phase::InFlow);
    let ended = world.leg(CUSTOMER, LegFact::Ended(Cause::Normal));
    assert!(
        events(&ended).contains(&ContactEventKind::Closed { outcome: Outcome::FlowedOut, by: EndedBy::Customer }),
        "{ended:?}"
    );
}

#[test]
fn a_call_that_overflows_follows_the_rules_of_its_new_queue() {
    let mut world = World::queued();
    let to = QueueRules { id: "support".parse().unwrap(), music: "jazz".parse().unwrap(), record: false, ..rules() };
    let (from, reason) = (rules().id, ExitReason::Full);
    let effects = world.tell(Fact::Overflowed { from, to: Box::new(to.clone()), reason });
    assert!(events(&effects).contains(&ContactEventKind::Overflowed { from, to: to.id, reason }));
    let plays = |effect: &CallEffect| matches!(effect, Effect::Media(CUSTOMER, MediaEffect::Play { repeat: true, .. }));
    assert!(effects.iter().any(plays), "{effects:?}");
    assert_eq!(world.call.pop().queue, Some(to.id));
    world.reserve(OFFER, agent(), AGENT);
    world.leg(AGENT, LegFact::Answered { sdp: "answer".to_owned() });
    let joined = world.tell(Fact::OfferEnded { offer: OFFER, result: OfferResult::Answered });
    assert!(!events(&joined).iter().any(|kind| matches!(kind, ContactEventKind::RecordingStarted { .. })));
}

#[test]
fn a_dialled_call_that_nobody_answers_is_told_as_such() {
    let mut world = World::dialling();
    world.tell(Fact::Stored);
    let effects = world.leg(AGENT, LegFact::Failed(Cause::NoAnswer));
    let closed = |effects: &[CallEffect]| {
        events(effects).iter().any(|kind| matches!(kind, ContactEventKind::Closed { outcome: Outcome::Unanswered, .. }))
    };
    let after = world.tell(Fact::WrapUpEnded { agent: agent(), timed_out: true });
    assert!(closed(&effects) || closed(&after), "{effects:?} {after:?}");
}

#[test]
fn a_transfer_of_the_flow_that_reaches_nobody_is_the_flows_again() {
    let mut world = World::in_flow();
    let far = LegId::new(7);
    let phone = Phone::Uri("sip:x@127.0.0.1".to_owned());
    world.tell(Fact::Flow(FlowFact::Transfer { leg: far, phone, to: "uri".to_owned() }));
    let effects = world.leg(far, LegFact::Failed(Cause::Busy));
    assert!(effects.contains(&Effect::Flow(ToFlow::TransferFailed)));
    assert!(!hung_up(&effects, CUSTOMER));
}
