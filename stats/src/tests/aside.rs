//! Sentences about the figures of messages and surveys.

use crate::{Day, MessageFigures, SurveyFigures, Thresholds, Zone, aside_steps};
use domain::{
    Channel, ContactEventKind as Kind, ContactId, Dnis, EndedBy, InteractionId, Language, Outcome, Priority, QueueId,
    VoicemailOrder, WallTime,
};

const LIMITS: Thresholds = Thresholds { within_ms: 20_000, short_abandon_ms: 5_000 };
const CONTACT: ContactId = ContactId::new(1);

fn queue() -> QueueId {
    "billing".parse().unwrap()
}

fn at(s: i64) -> WallTime {
    WallTime::from_micros(s * 1_000_000)
}

fn started(channel: Channel) -> Kind {
    Kind::Started {
        channel,
        ani: domain::Ani::default(),
        caller_name: domain::Redacted::default(),
        dnis: Dnis::new(String::new()),
        entry_point: None,
        trunk: None,
        dialled_by: None,
    }
}

fn requested() -> Kind {
    let from = ContactId::new(2);
    let order = VoicemailOrder { queue: queue(), from, priority: Priority(0), language: Language::EN };
    Kind::VoicemailRequested(Box::new(order))
}

fn queued() -> Kind {
    Kind::Queued { queue: queue(), priority: Priority(0) }
}

fn connected() -> Kind {
    Kind::Connected { interaction: InteractionId::new(1), agent: "li".parse().unwrap() }
}

fn asked() -> Kind {
    Kind::SurveyStarted { flow: "how".parse().unwrap(), interaction: InteractionId::new(1), queue: Some(queue()) }
}

fn answers(question: &str, answer: u8) -> Kind {
    let (question, agent) = (question.parse().unwrap(), Some("li".parse().unwrap()));
    Kind::SurveyAnswered { question, answer, agent, queue: Some(queue()) }
}

fn closed() -> Kind {
    Kind::Closed { outcome: Outcome::Answered, by: EndedBy::Agent }
}

fn day() -> Day {
    Day::new(Zone::fixed(0), at(0), [(queue(), LIMITS)])
}

/// The day after these events of one contact, by second.
fn told(mut day: Day, events: &[(i64, Kind)]) -> Day {
    for (s, kind) in events {
        day.on_event(CONTACT, at(*s), kind);
    }
    day
}

fn message() -> Vec<(i64, Kind)> {
    vec![
        (0, started(Channel::Voicemail)),
        (0, requested()),
        (30, queued()),
        (90, Kind::Restored),
        (91, queued()),
        (100, connected()),
        (120, queued()),
        (150, connected()),
        (200, closed()),
    ]
}

fn survey() -> Vec<(i64, Kind)> {
    vec![
        (0, started(Channel::Voice)),
        (10, queued()),
        (20, connected()),
        (100, asked()),
        (110, answers("satisfaction", 4)),
        (120, answers("again", 1)),
        (130, closed()),
    ]
}

#[test]
fn a_message_is_left_once_and_heard_once_whatever_becomes_of_it() {
    let day = told(day(), &message());
    let expected = MessageFigures { left: 1, heard: 1, wait_heard_ms: 70_000 };
    assert_eq!(day.asides(queue()).unwrap().messages, expected);
}

#[test]
fn a_message_without_a_word_is_not_left() {
    let nothing = [(0, started(Channel::Voicemail)), (0, requested()), (9, closed())];
    assert_eq!(told(day(), &nothing).asides(queue()), Some(&Default::default()));
}

#[test]
fn a_survey_counts_who_answered_and_each_question_has_a_score() {
    let day = told(day(), &survey());
    let figures = &day.asides(queue()).unwrap().surveys;
    assert_eq!((figures.asked, figures.answered, figures.skipped), (1, 1, 0));
    let scores: Vec<_> = figures.scores.iter().map(|(of, score)| (of.to_string(), score.answers, score.sum)).collect();
    assert_eq!(scores, [("again".to_owned(), 1, 1), ("satisfaction".to_owned(), 1, 4)]);
}

#[test]
fn who_is_gone_without_an_answer_has_skipped_the_survey() {
    let day = told(day(), &[(0, started(Channel::Voice)), (20, connected()), (30, asked()), (40, closed())]);
    assert_eq!(day.asides(queue()).unwrap().surveys, SurveyFigures { asked: 1, skipped: 1, ..Default::default() });
}

#[test]
fn questions_that_no_queue_is_asked_about_are_not_counted() {
    let of_nobody = Kind::SurveyAnswered { question: "q".parse().unwrap(), answer: 3, agent: None, queue: None };
    let day = told(day(), &[(0, started(Channel::Voice)), (20, of_nobody), (30, closed())]);
    assert_eq!(day.asides(queue()), Some(&Default::default()));
}

#[test]
fn a_restart_in_the_middle_changes_no_figure() {
    for events in [message(), survey()] {
        let whole = told(day(), &events);
        // Its first two events are kept together.
        for cut in (0..=events.len()).filter(|cut| *cut != 1) {
            let mut after = day();
            let before = events[..cut].iter().map(|(s, kind)| (at(*s), kind));
            aside_steps(CONTACT, before).iter().for_each(|step| after.recall_aside(step));
            let after = told(after, &events[cut..]);
            assert_eq!(after.asides(queue()), whole.asides(queue()), "cut after {cut}");
        }
    }
}

#[test]
fn the_next_day_begins_with_nothing() {
    let day = told(day(), &survey());
    let later = told(day, &[(90_000, started(Channel::Voice))]);
    assert_eq!(later.asides(queue()), Some(&Default::default()));
}
