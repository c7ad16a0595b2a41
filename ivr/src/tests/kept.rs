//! Sentences about callers who keep their place in line while they walk through the flow.

use super::*;

/// A queue whose key 1 leads to a menu: 1 goes on waiting, 2 hangs up, 3 waits in another queue.
fn line() -> Arc<Flow> {
    let Node::Enqueue(mut enqueue) = queue("billing", Some("sorry")) else {
        unreachable!("a queue is an enqueue node")
    };
    enqueue.keys = [('1', id("choices"))].into();
    let nodes = vec![
        ("wait", Node::Enqueue(enqueue)),
        ("choices", menu(&[('1', "back"), ('2', "bye"), ('3', "other")], 1, "back")),
        ("back", Node::Resume),
        ("other", queue("support", None)),
        ("sorry", hangup()),
        ("bye", hangup()),
    ];
    flow("wait", nodes)
}

fn aside() -> Walk {
    let mut walk = Walk::started(&line());
    walk.tell(Fact::Digit('1'));
    walk
}

#[test]
fn a_key_leads_to_its_node_and_other_digits_mean_nothing() {
    let mut walk = Walk::started(&line());
    assert!(walk.tell(Fact::Digit('7')).is_empty());
    let wanted = walk.tell(Fact::Digit('1')).to_vec();
    assert_eq!(wanted[..2], [Effect::Key { digit: '1', node: id("choices") }, Effect::Entered(id("choices"))]);
    assert!(matches!(wanted[2], Effect::Play { .. }));
}

#[test]
fn resume_goes_on_waiting_and_the_queues_edges_hold_again() {
    let mut walk = aside();
    assert_eq!(walk.tell(Fact::Digit('1')).last(), Some(&Effect::Resume));
    assert_eq!(walk.run.deadline(), None);
    assert_eq!(walk.at(), "wait");
    walk.tell(Fact::Digit('1'));
    assert_eq!(walk.at(), "choices", "the key can be pressed again");
    walk.tell(Fact::Digit('1'));
    walk.tell(Fact::Returned(OVERFLOW));
    assert_eq!(walk.at(), "sorry");
}

#[test]
fn a_place_that_was_lost_meanwhile_leads_on_by_the_queues_edge_when_the_caller_comes_back() {
    let mut walk = aside();
    assert!(walk.tell(Fact::Returned(TIMEOUT)).is_empty(), "the caller is not torn out of the menu");
    assert_eq!(walk.at(), "choices");
    walk.tell(Fact::Digit('1'));
    assert_eq!(walk.at(), "sorry");
}

#[test]
fn an_agent_who_takes_the_caller_leaves_the_run_where_it_waited() {
    let mut walk = aside();
    assert!(walk.tell(Fact::Taken).is_empty());
    assert_eq!((walk.at().as_str(), walk.run.deadline()), ("wait", None));
    walk.tell(Fact::Returned(OVERFLOW));
    assert_eq!(walk.at(), "sorry", "a later transfer into a queue that is full goes on from there");
}

#[test]
fn another_queue_ends_the_keeping() {
    let mut walk = aside();
    walk.tell(Fact::Digit('3'));
    assert!(matches!(walk.wanted.last(), Some(Effect::Enqueue { queue, .. }) if queue.as_str() == "support"));
    assert_eq!(walk.tell(Fact::Returned(CLOSED)).last(), Some(&Effect::HangUp), "this queue has no edges");
}

#[test]
fn resume_without_a_place_ends_the_call() {
    let mut walk = Walk::started(&flow("back", vec![("back", Node::Resume)]));
    assert_eq!(walk.wanted.last(), Some(&Effect::HangUp));
    assert_eq!(walk.run.take_notes()[0].kind, NoteKind::NoPlace);
}
