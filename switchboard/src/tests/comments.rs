//! Sentences about comments that callers speak in a flow.

use super::*;
use call::api::FinishedRecording;
use domain::{Outcome, RecordingId};

const FLOW: &str = r#"
[[entry]]
id = "comment"
dnis = "8003"
flow = "comment"
[flow.comment]
start = "speak"
[flow.comment.node.speak]
type = "record"
max_s = 20
next = "thanks"
silent = "bye"
failed = "sorry"
[flow.comment.node.thanks]
type = "hangup"
prompts = ["thanks"]
[flow.comment.node.bye]
type = "hangup"
prompts = ["bye"]
[flow.comment.node.sorry]
type = "hangup"
prompts = ["sorry"]
"#;

fn speaking() -> (Bench, ContactId, RecordingId) {
    let mut bench = Bench::with(&format!("{CONFIG}{FLOW}"), 10);
    bench.receive(CALLER, &invite("a", "8003"));
    bench.opened();
    let contact = bench.contact();
    bench.tell(Input::Stored(contact));
    bench.acknowledge("a");
    let recording = bench.log.iter().find_map(|effect| match effect {
        Effect::Media(Media::StartRecording { recording, contact: of, .. }) if *of == contact => Some(*recording),
        _ => None,
    });
    (bench, contact, recording.expect("the caller is recorded"))
}

impl Bench {
    fn comment_kept(&mut self, recording: RecordingId, voiced_ms: Option<u64>) {
        let finished = voiced_ms.map(|voiced_ms| FinishedRecording {
            path: "2026/11/22/a.wav".to_owned(),
            duration_ms: 9_000,
            sha256: "ab".to_owned(),
            gap_ms: 0,
            voiced_ms,
        });
        self.tell(Input::Recorded { recording, finished });
    }

    fn at(&self) -> String {
        let last = self.events().into_iter().rev().find_map(|kind| match kind {
            ContactEventKind::NodeEntered { node } => Some(node.to_string()),
            _ => None,
        });
        last.expect("a node")
    }
}

fn stops(effect: &Effect, of: RecordingId) -> bool {
    matches!(effect, Effect::Media(Media::StopRecording { recording }) if *recording == of)
}

#[test]
fn a_comment_stays_on_its_contact_and_the_flow_goes_on_when_it_stands() {
    for (voiced_ms, node) in [(Some(4_000), "thanks"), (Some(100), "bye"), (None, "sorry")] {
        let (mut bench, contact, recording) = speaking();
        let leg = bench.board.calls[&contact].call.customer_leg();
        bench.tell(Input::Media(Event::Digit { leg, digit: '#' }));
        assert!(bench.place(|effect| stops(effect, recording)).is_some());
        assert_eq!(bench.at(), "speak");
        bench.comment_kept(recording, voiced_ms);
        assert_eq!(bench.at(), node);
        let finished = |kind: &&&ContactEventKind| matches!(kind, ContactEventKind::RecordingFinished { .. });
        assert_eq!(bench.events().iter().filter(finished).count(), usize::from(voiced_ms.is_some()));
        assert_eq!(bench.contact(), contact, "no other contact begins");
    }
}

#[test]
fn silence_ends_the_comment_that_is_spoken_and_no_other() {
    let (mut bench, _, recording) = speaking();
    bench.tell(Input::Media(Event::FellSilent { recording: RecordingId::new(7) }));
    assert!(bench.place(|effect| stops(effect, recording)).is_none(), "it is not this one");
    bench.tell(Input::Media(Event::FellSilent { recording }));
    assert!(bench.place(|effect| stops(effect, recording)).is_some());
    bench.comment_kept(recording, Some(4_000));
    assert_eq!(bench.at(), "thanks");
}

#[test]
fn a_caller_who_hangs_up_leaves_the_comment_and_nothing_is_left_behind() {
    let (mut bench, contact, recording) = speaking();
    bench.hang_up("a");
    assert!(bench.place(|effect| stops(effect, recording)).is_some());
    assert_eq!(bench.board.calls(), 1, "the comment is being kept");
    bench.comment_kept(recording, Some(4_000));
    assert_eq!(bench.outcome(contact), Some(Outcome::SelfServed));
    assert_eq!(bench.board.calls(), 0);
    assert!(bench.board.directory.recordings.is_empty());
}

#[test]
fn a_comment_that_never_stands_takes_the_failed_way() {
    let (mut bench, _, _) = speaking();
    bench.pass(Duration::from_secs(19));
    assert_eq!(bench.at(), "speak");
    bench.pass(Duration::from_secs(12));
    assert_eq!(bench.at(), "sorry");
}
