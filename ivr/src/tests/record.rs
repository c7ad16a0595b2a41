//! Sentences about what a caller says and the contact keeps.

use super::*;

fn comment() -> Arc<Flow> {
    let record = Node::Record(Record {
        say: prompts(&["leave-message"]),
        variable: Some("comment".into()),
        longest: secs(30),
        silence: Some(secs(5)),
        next: id("thanks"),
        silent: id("bye"),
        failed: id("sorry"),
    });
    let nodes = vec![("ask", record), ("thanks", hangup()), ("bye", hangup()), ("sorry", hangup())];
    flow("ask", nodes)
}

fn speaking() -> Walk {
    let mut walk = Walk::started(&comment());
    assert_eq!(walk.played(), [Effect::Comment { node: id("ask"), silence: Some(secs(5)) }]);
    walk
}

fn recorded(voiced_ms: u64) -> Fact {
    Fact::Recorded { recording: "r1".into(), voiced_ms }
}

#[test]
fn a_comment_ends_by_a_key_or_its_longest_time_and_goes_on_when_it_stands() {
    let mut walk = speaking();
    assert_eq!(walk.tell(Fact::Digit('#')), [Effect::CommentEnd]);
    assert_eq!(walk.at(), "ask", "it is not known yet whether anything was said");
    walk.tell(recorded(4_000));
    assert_eq!(walk.at(), "thanks");
    assert_eq!(walk.run.variable("comment").unwrap().to_string(), "r1");

    let mut long = speaking();
    assert_eq!(long.run.deadline(), Some((Instant::ZERO + secs(30), Reason::Message)));
    assert_eq!(long.expire(Reason::Message), [Effect::CommentEnd]);
    long.tell(recorded(29_000));
    assert_eq!(long.at(), "thanks");
}

#[test]
fn silence_ends_what_is_spoken_and_nothing_else() {
    let mut walk = speaking();
    assert_eq!(walk.tell(Fact::FellSilent), [Effect::CommentEnd]);
    assert!(walk.tell(Fact::FellSilent).is_empty(), "it is over");
    walk.tell(recorded(4_000));
    assert_eq!(walk.at(), "thanks");

    let message = Node::Voicemail(Voicemail {
        say: Vec::new(),
        queue: id("billing"),
        priority: Priority(3),
        longest: secs(60),
        silence: None,
        next: id("more"),
        failed: id("end"),
    });
    let nodes = vec![("speak", message), ("more", menu(&[('2', "end")], 3, "end")), ("end", hangup())];
    let mut walk = Walk::started(&flow("speak", nodes));
    assert!(walk.tell(Fact::FellSilent).contains(&Effect::RecordEnd));
    assert_eq!(walk.at(), "more");
    assert!(walk.tell(Fact::FellSilent).is_empty());
    assert_eq!(walk.at(), "more", "a question is not answered by it");
}

#[test]
fn a_caller_who_says_nothing_takes_the_silent_way() {
    let mut walk = speaking();
    walk.tell(Fact::Digit('1'));
    walk.tell(recorded(499));
    assert_eq!(walk.at(), "bye");
    assert_eq!(walk.run.variable("comment").unwrap().to_string(), "");
}

#[test]
fn a_comment_that_cannot_be_recorded_or_kept_takes_the_failed_way() {
    let mut none = speaking();
    none.tell(Fact::RecordFailed);
    assert_eq!(none.at(), "sorry");
    let mut lost = speaking();
    lost.tell(Fact::Digit('1'));
    lost.tell(Fact::RecordFailed);
    assert_eq!(lost.at(), "sorry");
    let mut late = speaking();
    late.tell(Fact::Digit('1'));
    late.expire(Reason::Keeping);
    assert_eq!(late.at(), "sorry");
    assert!(late.tell(recorded(4_000)).is_empty(), "too late");
}

#[test]
fn keys_while_the_comment_is_kept_are_for_the_next_node() {
    let record = Node::Record(Record {
        say: Vec::new(),
        variable: None,
        longest: secs(30),
        silence: Some(secs(5)),
        next: id("more"),
        silent: id("end"),
        failed: id("end"),
    });
    let nodes = vec![("ask", record), ("more", menu(&[('2', "end")], 3, "end")), ("end", hangup())];
    let mut walk = Walk::started(&flow("ask", nodes));
    walk.digits("#2");
    walk.tell(recorded(1_000));
    assert_eq!(walk.at(), "end");
}
