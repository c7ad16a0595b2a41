//! Sentences about callers who wait, over all machines: what they are told, and that nobody waits for it.

use super::*;
use media::api::PlayItem;

const WAITING: &str = r#"
[[trunk]]
id = "lan"
sources = ["127.0.0.0/8"]
[[entry]]
id = "main"
dnis = "8000"
flow = "direct"
[[queue]]
id = "billing"
offer_timeout_s = 10
wrap_up_s = 0
treatment = { position = true, wait = true, repeat_s = 30, keys = { 1 = "choices" }, messages = [
  { after_s = 40, every_s = 60, prompts = ["patience"] },
] }
[[agent]]
id = "li.wei"
phone = "sip:li.wei@127.0.0.3:5060"
queues = ["billing"]
signed_in = true
[flow.direct]
start = "line"
[flow.direct.node.line]
type = "enqueue"
queue = "billing"
announce = ["please-hold"]
[flow.direct.node.choices]
type = "menu"
prompts = ["choices"]
digits = { 1 = "back", 2 = "bye" }
timeout_s = 100
exhausted = "back"
[flow.direct.node.back]
type = "resume"
[flow.direct.node.bye]
type = "hangup"
"#;

/// What was played last, by name; `None`: it was stopped.
fn heard(effects: &[Effect]) -> Option<Vec<String>> {
    let last = effects.iter().rev().find_map(|effect| match effect {
        Effect::Media(Media::Play { items, .. }) => Some(Some(items.iter().map(name).collect())),
        Effect::Media(Media::StopPlay { .. }) => Some(None),
        _ => None,
    });
    last.flatten()
}

fn name(item: &PlayItem) -> String {
    match item {
        PlayItem::Prompt(prompt, _) => prompt.to_string(),
        other => format!("{other:?}"),
    }
}

/// An agent who talks with the first caller, and then so many callers who wait: `b`, `c` …
fn with_waiting(names: &[&str]) -> Bench {
    let mut bench = Bench::with(WAITING, 10);
    bench.call("a");
    bench.opened();
    bench.agent_answers();
    for name in names {
        bench.now = bench.now + Duration::from_secs(1);
        bench.call(name);
    }
    bench
}

fn announced(bench: &Bench) -> Vec<Option<u32>> {
    let position = |kind: &&ContactEventKind| match kind {
        ContactEventKind::Announced { position, .. } => Some(*position),
        _ => None,
    };
    bench.events().iter().filter_map(position).collect()
}

/// The leg of the newest caller.
fn caller(bench: &Bench) -> LegId {
    let opened = bench.log.iter().rev().find_map(|effect| match effect {
        Effect::Media(Media::Open { leg, offer: Some(_), .. }) => Some(*leg),
        _ => None,
    });
    opened.expect("a caller came")
}

fn key(bench: &mut Bench, leg: LegId, digit: char) -> Option<Vec<String>> {
    heard(bench.tell(Input::Media(Event::Digit { leg, digit })))
}

#[test]
fn one_who_is_served_at_once_is_told_nothing_of_waiting() {
    let bench = with_waiting(&[]);
    assert_eq!(announced(&bench), []);
}

#[test]
fn those_who_wait_are_told_their_place_in_the_batch_in_which_they_enter() {
    let bench = with_waiting(&["b", "c"]);
    assert_eq!(announced(&bench), [Some(1), Some(2)]);
    let said = ["please-hold", "queue-position", "digit-2", "queue-position-end"];
    let said: Vec<String> = said.into_iter().map(str::to_owned).collect();
    assert_eq!(heard(&bench.log), Some(said), "nobody has been served yet, so the wait is unknown and not told");
}

#[test]
fn the_agents_phone_is_rung_in_the_batch_in_which_the_agent_becomes_free_while_an_announcement_plays() {
    let mut bench = with_waiting(&["b"]);
    assert!(heard(&bench.log).is_some_and(|said| said.contains(&"queue-position".to_owned())), "it plays");
    let before = bench.log.len();
    bench.hang_up("a");
    assert!(bench.log[before..].iter().any(|effect| matches!(effect, Effect::Media(Media::Open { offer: None, .. }))));
    bench.opened();
    assert!(bench.log[before..].iter().any(|effect| begins(effect, "INVITE")), "no time has passed");
    assert!(bench.log[before..].iter().all(|effect| !matches!(effect, Effect::Media(Media::StopPlay { .. }))));
    let joined = bench.agent_answers();
    assert!(joined.iter().any(|effect| matches!(effect, Effect::Media(Media::StopPlay { .. }))), "it stops at once");
    assert!(joined.iter().any(joins));
}

#[test]
fn a_better_place_is_told_after_the_pause_and_a_message_on_its_schedule() {
    let mut bench = with_waiting(&["b", "c"]);
    let leg = caller(&bench);
    let play = bench.log.iter().rev().find_map(|effect| match effect {
        Effect::Media(Media::Play { leg: on, play, .. }) if *on == leg => Some(*play),
        _ => None,
    });
    bench.tell(Input::Media(Event::PlayDone { leg, play: play.unwrap() }));
    assert_eq!(heard(&bench.log), Some(vec!["hold-music".to_owned()]));
    bench.hang_up("b");
    bench.pass(Duration::from_secs(29));
    assert_eq!(announced(&bench), [Some(1), Some(2)]);
    bench.pass(Duration::from_secs(2));
    assert_eq!(announced(&bench), [Some(1), Some(2), Some(1)]);
    let play = bench.log.iter().rev().find_map(|effect| match effect {
        Effect::Media(Media::Play { leg: on, play, .. }) if *on == leg => Some(*play),
        _ => None,
    });
    bench.tell(Input::Media(Event::PlayDone { leg, play: play.unwrap() }));
    bench.pass(Duration::from_secs(10));
    assert_eq!(heard(&bench.log), Some(vec!["patience".to_owned()]));
}

#[test]
fn a_key_keeps_the_place_and_resume_goes_back_to_it() {
    let mut bench = with_waiting(&["b"]);
    let leg = caller(&bench);
    assert_eq!(key(&mut bench, leg, '1'), Some(vec!["choices".to_owned()]));
    let contact = bench.contact();
    assert_eq!(bench.board.explain(bench.now, contact).map(|told| told.position), Some(1), "still in line");
    assert_eq!(key(&mut bench, leg, '1'), Some(vec!["hold-music".to_owned()]));
    assert_eq!(bench.board.explain(bench.now, contact).map(|told| told.position), Some(1));
    let kinds: Vec<&str> = bench.events().iter().map(|kind| kind.as_str()).collect();
    assert_eq!(kinds.iter().filter(|kind| **kind == "queued").count(), 2, "each caller entered the line once");
    assert!(kinds.contains(&"queue_key") && kinds.contains(&"queue_resumed"));
}

#[test]
fn an_agent_who_answers_takes_the_caller_out_of_the_menu() {
    let mut bench = with_waiting(&["b"]);
    let leg = caller(&bench);
    key(&mut bench, leg, '1');
    bench.hang_up("a");
    bench.opened();
    let joined = bench.agent_answers();
    assert!(joined.iter().any(joins));
    assert!(joined.iter().any(|effect| matches!(effect, Effect::Media(Media::StopPlay { leg: on }) if *on == leg)));
    bench.pass(Duration::from_secs(200));
    let later = bench.log.iter().rev().take_while(|effect| !joins(effect));
    assert!(later.into_iter().all(|effect| !matches!(effect, Effect::Media(Media::Play { .. }))), "the menu is silent");
}

#[test]
fn a_way_out_gives_the_place_up_and_is_no_abandon() {
    let mut bench = with_waiting(&["b"]);
    let leg = caller(&bench);
    let contact = bench.contact();
    key(&mut bench, leg, '1');
    key(&mut bench, leg, '2');
    assert_eq!(bench.board.explain(bench.now, contact), None);
    let closed = bench.events().into_iter().rev().find(|kind| matches!(kind, ContactEventKind::Closed { .. }));
    let flowed_out = ContactEventKind::Closed { outcome: domain::Outcome::FlowedOut, by: domain::EndedBy::Flow };
    assert_eq!(closed, Some(&flowed_out));
}
