//! What the check says of what those who wait hear and key.

use super::*;
use core::time::Duration;
use domain::{NodeId, QueueId};
use ivr::Node;

/// One queue with this line of its own, and a flow with these nodes after the one that queues.
fn text(queue: &str, line: &str, nodes: &str) -> String {
    format!(
        "[[entry]]\ndnis = \"8\"\nflow = \"f\"\n[[agent]]\nid = \"a\"\nqueues = [\"billing\"]\n[[queue]]\nid = \"billing\"\n\
         {queue}\n[flow.f]\nstart = \"line\"\n[flow.f.node.line]\ntype = \"enqueue\"\nqueue = \"billing\"\n{line}\n{nodes}"
    )
}

const CHOICES: &str = "[flow.f.node.choices]\ntype = \"menu\"\nprompts = [\"x\"]\ndigits = { 1 = \"back\" }\n\
                       exhausted = \"back\"\n[flow.f.node.back]\ntype = \"resume\"\n";

fn keys(config: &Config) -> Vec<(char, NodeId)> {
    let flow = config.flow("f".parse().unwrap()).unwrap();
    match flow.node("line".parse().unwrap()) {
        Some(Node::Enqueue(enqueue)) => enqueue.keys.iter().map(|(digit, node)| (*digit, *node)).collect(),
        other => panic!("{other:?}"),
    }
}

fn good(text: &str) -> Config {
    check(text).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

#[test]
fn a_queue_says_what_those_who_wait_are_told() {
    let told = "treatment = { position = true, wait = true, repeat_s = 45, keys = { 1 = \"choices\" }, messages = [\n\
                { after_s = 20, every_s = 90, prompts = [\"patience\", \"web\"] }, { prompts = [\"web\"] } ] }";
    let config = good(&text(told, "", CHOICES));
    let queue: QueueId = "billing".parse().unwrap();
    let treatment = &config.queue(queue).unwrap().treatment;
    assert!(treatment.position && treatment.wait);
    assert_eq!(treatment.repeat, Duration::from_secs(45));
    let schedule: Vec<_> = treatment.messages.iter().map(|one| (one.after, one.every, one.prompts.len())).collect();
    let seconds = Duration::from_secs;
    assert_eq!(schedule, [(seconds(20), Some(seconds(90)), 2), (seconds(30), None, 1)]);
    assert_eq!(keys(&config), [('1', "choices".parse().unwrap())], "the flow's node has the keys of its queue");
}

#[test]
fn without_a_word_of_it_nothing_is_told() {
    let config = good(&text("", "", ""));
    assert_eq!(config.queues()[0].treatment, Treatment::default());
    assert_eq!(keys(&config), []);
}

#[test]
fn a_node_may_have_keys_of_its_own_or_none() {
    let queue = "treatment = { keys = { 1 = \"choices\", 2 = \"nowhere\" } }";
    let config = good(&text(queue, "keys = { \"*\" = \"choices\" }", CHOICES));
    assert_eq!(keys(&config), [('*', "choices".parse().unwrap())]);
    assert_eq!(keys(&good(&text(queue, "keys = {}", ""))), []);
}

#[test]
fn a_key_of_the_queue_must_lead_to_a_node_of_every_flow_that_queues_there() {
    let found = check(&text("treatment = { keys = { 1 = \"choices\" } }", "", "")).expect_err("accepted");
    assert_eq!(told(&found), ["12:1 no_way_back", "14:9 unknown_node"]);
    assert!(found[1].why.contains("key 1 to node `choices`"), "{}", found[0].why);
}

#[test]
fn mistakes_are_told_where_they_stand() {
    let queue = "treatment = { positon = true, keys = { 12 = \"choices\" }, messages = [{ after_s = 10 }] }";
    let found = check(&text(queue, "", "")).expect_err("accepted");
    let codes: Vec<&str> = found.iter().map(|problem| problem.code).collect();
    for code in ["unknown_key", "bad_choice", "missing_key"] {
        assert!(codes.contains(&code), "{code}: {codes:?}");
    }
}

#[test]
fn what_those_who_wait_may_hear_must_be_there_also_in_the_queue_to_which_theirs_overflows() {
    let there = ["en/x.wav", "music/hold-music.wav", "en/queue-position.wav"];
    let prompts = Some(PromptSet::of_files(there.iter().map(Path::new)));
    let world = World { prompts, ..World::default() };
    let queues = "overflow = { to = \"other\", after_s = 9 }\n[[queue]]\nid = \"other\"\n\
                  treatment = { position = true, messages = [{ prompts = [\"patience\"] }] }";
    let found = check_in(&world, &text(queues, "", "")).expect_err("accepted");
    let missing: Vec<&str> =
        found.iter().filter(|p| p.code == "missing_prompt").map(|problem| problem.why.as_str()).collect();
    for prompt in ["patience", "queue-position-end"] {
        assert!(missing.iter().any(|why| why.contains(&format!("`{prompt}`"))), "{prompt}: {missing:?}");
    }
    assert!(!missing.iter().any(|why| why.contains("`queue-position`")), "{missing:?}");
}
