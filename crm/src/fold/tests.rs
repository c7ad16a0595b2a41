use super::*;
use crate::codec::encode;
use domain::{
    Ani, Cause, Channel, ConsultResult, DispositionBy, Dnis, EndedBy, ExitReason, LegRole, Monitor, OfferResult,
    Priority,
};
use proptest::prelude::*;

const CONTACT: ContactId = ContactId::new(1);
const PART: InteractionId = InteractionId::new(5);

fn agent(name: &str) -> AgentId {
    name.parse().unwrap()
}

fn started() -> Kind {
    Kind::Started {
        channel: Channel::Voice,
        ani: Ani::new("+493023125042"),
        caller_name: Redacted::from("Marta"),
        dnis: Dnis::new("6000"),
        entry_point: Some("main".parse().unwrap()),
        trunk: None,
        dialled_by: None,
    }
}

/// Events with the second at which each happened.
fn told(events: &[(i64, Kind)]) -> Fold {
    let mut fold = Fold::new(CONTACT);
    for (seq, (second, kind)) in (1u32..).zip(events) {
        fold.apply(seq, WallTime::from_micros(second * 1_000_000), kind);
    }
    fold
}

fn offered(part: InteractionId, name: &str) -> Kind {
    Kind::Offered {
        offer: OfferId::new(part.number() as u64),
        interaction: part,
        agent: agent(name),
        queue: "support".parse().unwrap(),
        why: "longest idle".to_owned(),
        decision: None,
    }
}

fn offer_ended(part: InteractionId, name: &str, result: OfferResult) -> Kind {
    Kind::OfferEnded { offer: OfferId::new(part.number() as u64), agent: agent(name), result }
}

fn overflowed(to: &str) -> Kind {
    Kind::Overflowed { from: "support".parse().unwrap(), to: to.parse().unwrap(), reason: ExitReason::LongestWait }
}

fn leg(agent: AgentId, lost: u64) -> LegQuality {
    LegQuality {
        role: LegRole::Agent,
        agent: Some(agent),
        codec: "opus".to_owned(),
        received: 100,
        lost,
        peer_lost: 4,
        jitter_mean_us: 2_000,
        jitter_max_us: 5_000,
        round_trip_us: None,
        mos_hundredths: Some(410),
    }
}

fn queued() -> Kind {
    Kind::Queued { queue: "support".parse().unwrap(), priority: Priority(0) }
}

#[test]
fn a_whole_call_becomes_one_row_with_its_times() {
    let (other, wei) = (InteractionId::new(4), agent("wei"));
    let fold = told(&[
        (0, started()),
        (1, Kind::NodeEntered { node: "welcome".parse().unwrap() }),
        (4, Kind::NodeEntered { node: "menu".parse().unwrap() }),
        (10, queued()),
        (20, offered(other, "ann")),
        (35, offer_ended(other, "ann", OfferResult::NoAnswer)),
        (36, offered(PART, "wei")),
        (40, offer_ended(PART, "wei", OfferResult::Answered)),
        (40, Kind::Connected { interaction: PART, agent: wei }),
        (100, Kind::Held { interaction: PART }),
        (130, Kind::Resumed { interaction: PART }),
        (160, Kind::CustomerLeft { by: EndedBy::Customer, cause: Cause::Normal }),
        (160, Kind::InteractionEnded { interaction: PART, agent: wei }),
        (165, Kind::NotesSaved { interaction: PART, text: Redacted::from("late delivery") }),
        (170, Kind::DispositionSet { interaction: PART, code: "resolved".parse().unwrap(), by: DispositionBy::Agent }),
        (172, Kind::WrapUpEnded { interaction: PART, agent: wei }),
        (172, Kind::Closed { outcome: Outcome::Answered, by: EndedBy::Customer }),
    ]);
    let row = &fold.row;
    let times = [row.wait_ms, row.ring_ms, row.talk_ms, row.hold_ms, row.wrap_up_ms];
    assert_eq!(times, [30_000, 4_000, 90_000, 30_000, 12_000]);
    assert_eq!((row.path.join(","), row.notes.0.as_str()), ("welcome,menu".to_owned(), "late delivery"));
    assert_eq!((row.agent, row.outcome.as_deref()), (Some(wei), Some("answered")));
    assert_eq!(row.ended, Some(WallTime::from_micros(160_000_000)));
    assert_eq!(row.events, 17);
    let results: Vec<_> = fold.parts.iter().map(|part| part.row.result.as_deref()).collect();
    assert_eq!(results, [Some("no_answer"), Some("answered")]);
    assert_eq!(fold.parts[0].row.answered, None);
}

#[test]
fn who_gives_up_in_line_has_waited_until_then() {
    let fold = told(&[
        (0, started()),
        (5, queued()),
        (65, Kind::CustomerLeft { by: EndedBy::Customer, cause: Cause::Cancelled }),
        (65, Kind::Closed { outcome: Outcome::Abandoned, by: EndedBy::Customer }),
    ]);
    assert_eq!((fold.row.wait_ms, fold.row.talk_ms), (60_000, 0));
}

#[test]
fn a_contact_cut_off_by_a_crash_counts_only_what_was_seen() {
    let recording = RecordingId::new(3);
    let fold = told(&[
        (0, started()),
        (1, queued()),
        (2, offered(PART, "wei")),
        (4, Kind::Connected { interaction: PART, agent: agent("wei") }),
        (4, Kind::RecordingStarted { recording }),
        (30, Kind::Held { interaction: PART }),
        (9_000, Kind::Closed { outcome: Outcome::System, by: EndedBy::System }),
    ]);
    assert_eq!((fold.row.talk_ms, fold.row.hold_ms), (26_000, 0));
    assert_eq!(fold.row.ended, Some(WallTime::from_micros(30_000_000)));
    assert_eq!(fold.row.closed, Some(WallTime::from_micros(9_000_000_000)));
    assert!(fold.parts[0].row.ended.is_some() && fold.parts[0].row.wrapped_up.is_some());
    assert_eq!(fold.recordings[0].state, "lost");
}

#[test]
fn an_unknown_event_is_counted_and_changes_nothing_else() {
    let mut fold = told(&[(0, started())]);
    let before = fold.row.clone();
    assert!(fold.apply_stored(2, WallTime::from_micros(9), "teleported", "{}").is_err());
    assert_eq!(ContactRow { events: 1, ..fold.row.clone() }, before);
}

#[test]
fn a_contact_that_moves_on_to_another_queue_goes_on_waiting() {
    let left = Kind::QueueLeft { queue: "billing".parse().unwrap(), reason: ExitReason::Full };
    let fold = told(&[
        (0, started()),
        (5, queued()),
        (25, overflowed("billing")),
        (30, left),
        (60, queued()),
        (61, started()),
    ]);
    assert_eq!((fold.row.queue, fold.row.wait_ms), (Some("support".parse().unwrap()), 25_000));
    assert_eq!(fold.queues.len(), 2);
}

#[test]
fn a_consult_is_talk_with_the_customer_from_its_completion_on() {
    let (helper, offer) = (InteractionId::new(9), OfferId::new(9));
    let fold = told(&[
        (0, started()),
        (1, queued()),
        (2, offered(PART, "wei")),
        (4, Kind::Connected { interaction: PART, agent: agent("wei") }),
        (10, Kind::Held { interaction: PART }),
        (10, Kind::ConsultOffered { offer, interaction: helper, agent: agent("ann"), queue: None, by: agent("wei") }),
        (15, Kind::OfferEnded { offer, agent: agent("ann"), result: OfferResult::Answered }),
        (15, Kind::ConsultAnswered { interaction: helper, agent: agent("ann") }),
        (35, Kind::Transferred { interaction: PART, to: "agent:ann".to_owned() }),
        (35, Kind::InteractionEnded { interaction: PART, agent: agent("wei") }),
        (35, Kind::Connected { interaction: helper, agent: agent("ann") }),
        (45, Kind::CustomerLeft { by: EndedBy::Customer, cause: Cause::Normal }),
        (45, Kind::InteractionEnded { interaction: helper, agent: agent("ann") }),
    ]);
    assert_eq!((fold.row.talk_ms, fold.row.hold_ms, fold.row.ring_ms), (16_000, 25_000, 2_000));
    assert_eq!(
        (fold.row.agent, fold.parts[1].row.answered),
        (Some(agent("ann")), Some(WallTime::from_micros(15_000_000)))
    );
}

fn answered(agent: Option<AgentId>, answer: u8) -> Kind {
    let queue = agent.map(|_| "support".parse().unwrap());
    Kind::SurveyAnswered { question: "satisfaction".parse().unwrap(), answer, agent, queue }
}

#[test]
fn answers_are_kept_with_whom_they_are_about_and_the_talk_ends_before_the_questions() {
    let wei = agent("wei");
    let fold = told(&[
        (0, started()),
        (5, queued()),
        (8, offered(PART, "wei")),
        (10, Kind::Connected { interaction: PART, agent: wei }),
        (30, Kind::InteractionEnded { interaction: PART, agent: wei }),
        (30, Kind::SurveyStarted { flow: "how".parse().unwrap(), interaction: PART, queue: None }),
        (35, Kind::WrapUpEnded { interaction: PART, agent: wei }),
        (40, answered(Some(wei), 4)),
        (44, Kind::CustomerLeft { by: EndedBy::Flow, cause: Cause::Normal }),
        (44, Kind::Closed { outcome: Outcome::Answered, by: EndedBy::Flow }),
    ]);
    let given = SurveyAnswer {
        question: "satisfaction".parse().unwrap(),
        answer: 4,
        agent: Some(wei),
        queue: Some("support".parse().unwrap()),
        at: WallTime::from_micros(40_000_000),
    };
    assert_eq!(fold.survey, [(8, given)]);
    assert_eq!((fold.row.talk_ms, fold.row.wrap_up_ms), (20_000, 5_000));
    assert_eq!(fold.row.ended, Some(WallTime::from_micros(44_000_000)));
    assert_eq!(fold.row.ended_by.as_deref(), Some("agent"), "the flow ended the questions, and not the talk");
}

#[test]
fn a_talk_after_the_survey_is_ended_by_whoever_ends_it() {
    let wei = agent("wei");
    let fold = told(&[
        (0, started()),
        (10, Kind::Connected { interaction: PART, agent: wei }),
        (30, Kind::SurveyStarted { flow: "how".parse().unwrap(), interaction: PART, queue: None }),
        (50, Kind::Connected { interaction: PART, agent: wei }),
        (60, Kind::CustomerLeft { by: EndedBy::Customer, cause: Cause::Normal }),
    ]);
    assert_eq!(fold.row.ended_by.as_deref(), Some("customer"));
}

#[test]
fn an_answer_that_is_no_digit_is_no_event() {
    let fields = r#"{"question":"satisfaction","answer":10,"agent":null,"queue":null}"#;
    assert_eq!(decode("survey_answered", fields), Err(DecodeError::BadField("answer")));
}

fn of_the_caller(which: u8, interaction: InteractionId, agent: AgentId) -> Kind {
    match which {
        31 => Kind::Announced { position: Some(3), wait_s: None },
        32 => Kind::QueueKey { digit: '1', node: "leave-message".parse().unwrap() },
        33 => Kind::QueueResumed { queue: "billing".parse().unwrap() },
        34 => {
            Kind::SurveyStarted { flow: "how".parse().unwrap(), interaction, queue: Some("support".parse().unwrap()) }
        }
        35 => answered(Some(agent), 5),
        39 => Kind::SecureEntryStarted { flow: "card".parse().unwrap(), interaction },
        40 => Kind::SecureEntryEnded { interaction, done: true },
        41 => Kind::CommentStarted { node: "menu".parse().unwrap(), recording: RecordingId::new(8) },
        37 => Kind::MaskingStarted { recording: None },
        38 => Kind::MaskingEnded { recording: Some(RecordingId::new(7)) },
        _ => answered(None, 1),
    }
}

fn any_kind() -> impl Strategy<Value = Kind> {
    let part = (0u128..3).prop_map(InteractionId::new);
    let name = prop::sample::select(vec!["ann", "wei"]).prop_map(agent);
    let ends = vec![EndedBy::Customer, EndedBy::Agent, EndedBy::Flow, EndedBy::System];
    let results = vec![OfferResult::Answered, OfferResult::NoAnswer, OfferResult::CustomerLeft];
    let outcomes = vec![Outcome::Answered, Outcome::Abandoned, Outcome::System];
    (
        0..43u8,
        part,
        name,
        ".*",
        prop::sample::select(ends),
        prop::sample::select(results),
        prop::sample::select(outcomes),
    )
        .prop_map(|(which, interaction, agent, text, by, result, outcome)| {
            let recording = RecordingId::new(interaction.number());
            let offer = OfferId::new(interaction.number() as u64);
            match which {
                0 => started(),
                1 => Kind::NodeEntered { node: "menu".parse().unwrap() },
                2 => Kind::DigitsCollected { node: "menu".parse().unwrap(), digits: Redacted(text) },
                3 | 4 => queued(),
                5 => offered(interaction, agent.as_str()),
                6 => Kind::Ringing { offer, agent },
                7 => Kind::OfferEnded { offer, agent, result },
                8 => Kind::Connected { interaction, agent },
                9 => Kind::Held { interaction },
                10 => Kind::Resumed { interaction },
                11 => Kind::Transferred { interaction, to: text },
                12 => Kind::RecordingStarted { recording },
                13 => Kind::RecordingFinished { recording, path: text, duration_ms: 5, sha256: "ab".into(), gap_ms: 0 },
                14 => Kind::CustomerLeft { by, cause: Cause::Normal },
                15 => Kind::InteractionEnded { interaction, agent },
                16 => Kind::NotesSaved { interaction, text: Redacted(text) },
                17 => overflowed("billing"),
                18 => Kind::QueueLeft { queue: "support".parse().unwrap(), reason: ExitReason::Full },
                19 => Kind::Reprioritised { priority: Some(Priority(3)), age_per_s: None },
                20 => Kind::ConsultStarted { interaction, to: text },
                21 => Kind::ConsultOffered {
                    offer,
                    interaction,
                    agent,
                    queue: Some("support".parse().unwrap()),
                    by: agent,
                },
                22 => Kind::ConsultOffered { offer, interaction, agent, queue: None, by: agent },
                23 => Kind::ConsultAnswered { interaction, agent },
                24 => Kind::ConferenceStarted { interaction },
                25 => Kind::ConsultEnded { interaction, result: ConsultResult::Completed },
                26 => Kind::Monitored { agent, mode: Monitor::Whisper },
                27 => Kind::MonitorEnded { agent },
                28 => Kind::RecordingPaused { recording, agent },
                29 => Kind::RecordingResumed { recording, agent },
                31..=41 => of_the_caller(which, interaction, agent),
                30 => Kind::LegQuality(leg(agent, interaction.number() as u64)),
                _ => Kind::Closed { outcome, by },
            }
        })
}

fn any_story() -> impl Strategy<Value = Vec<(i64, Kind)>> {
    prop::collection::vec((0i64..5_000_000, any_kind()), 1..40).prop_map(|steps| {
        let mut at = 1_700_000_000_000_000;
        let mut story = vec![(at, started())];
        for (pause, kind) in steps {
            at += pause;
            story.push((at, kind));
        }
        story
    })
}

proptest! {
    #[test]
    fn folding_one_by_one_equals_recomputing_from_what_is_stored(story in any_story(), forget in 0usize..40) {
        let stored: Vec<EventRow> = (1u32..).zip(&story).map(|(seq, (at, kind))| EventRow {
            seq,
            at: WallTime::from_micros(*at),
            kind: kind.as_str().to_owned(),
            fields_json: encode(kind),
        }).collect();
        // The writer forgets its folds after a failure and reads them again: at any point that must not matter.
        let mut fold = recompute(CONTACT, &stored[..forget.min(stored.len())]);
        for event in stored.iter().skip(forget) {
            prop_assert!(fold.apply_stored(event.seq, event.at, &event.kind, &event.fields_json).is_ok());
        }
        prop_assert_eq!(&fold, &recompute(CONTACT, &stored));
        prop_assert_eq!(fold.row.events as usize, story.len());
        let total = fold.row.talk_ms + fold.row.hold_ms;
        let span = u64::try_from((story[story.len() - 1].0 - story[0].0) / 1_000).unwrap();
        prop_assert!(total <= (span + 1) * fold.parts.len().max(1) as u64);
    }

    #[test]
    fn every_event_is_read_back_as_it_was_written(kind in any_kind()) {
        let again = decode(kind.as_str(), &encode(&kind)).unwrap();
        prop_assert_eq!(encode(&again), encode(&kind));
    }
}
