//! The check of a graph.

use super::*;

fn flaws(start: &str, shapes: &[(&str, &[&str], &[&str], bool)]) -> Vec<Flaw> {
    let shapes = shapes.iter().map(|(name, silent, pausing, ends)| {
        let mut edges: Vec<Edge> = silent.iter().map(|to| Edge::silent("next", id(to))).collect();
        edges.extend(pausing.iter().map(|to| Edge::pausing("digits.1", id(to))));
        (id(name), Shape { edges, ends: *ends })
    });
    check(id(start), &shapes.collect())
}

#[test]
fn a_sound_graph_has_no_flaw() {
    assert_eq!(flaws("a", &[("a", &["b"], &["a"], false), ("b", &[], &["a"], true)]), []);
}

#[test]
fn every_flaw_is_told_once() {
    let found = flaws(
        "a",
        &[
            ("a", &["b", "c"], &["nowhere"], false),
            ("b", &["b2"], &[], false),
            ("b2", &["b"], &[], false),
            ("c", &[], &[], false),
            ("d", &["e"], &[], false),
            ("e", &[], &[], true),
        ],
    );
    let unknown = Flaw::UnknownTarget { node: id("a"), field: "digits.1".into(), target: id("nowhere") };
    let unreachable = [Flaw::Unreachable(id("d")), Flaw::Unreachable(id("e"))];
    let [d, e] = unreachable;
    let dead = Flaw::NoWayOut(vec![id("c")]);
    assert_eq!(found, [unknown, d, e, dead, Flaw::SilentLoop(vec![id("b"), id("b2")])]);
}

#[test]
fn a_loop_that_needs_the_caller_but_never_ends_has_no_way_out() {
    let found = flaws("a", &[("a", &["b"], &[], false), ("b", &[], &["a"], false)]);
    assert_eq!(found, [Flaw::NoWayOut(vec![id("a"), id("b")])]);
}

#[test]
fn a_flow_without_its_first_node_is_refused() {
    let Err(found) = Flow::new(id("f"), id("a"), [(id("b"), hangup())].into()) else { panic!("accepted") };
    assert_eq!(found, [Flaw::NoStart(id("a"))]);
    assert_eq!(found[0].node(), id("a"));
}

#[test]
fn a_caller_who_is_hung_up_on_without_a_word_is_found() {
    let ends = |nodes: Vec<(&str, Node)>| flow(nodes[0].0, nodes).wordless_ends();
    let branch = || Node::Branch(Branch { cases: Vec::new(), otherwise: id("bye") });
    let spoken = || Node::HangUp(HangUp { say: prompts(&["goodbye"]) });
    assert_eq!(ends(vec![("bye", hangup())]), [id("bye")]);
    assert_eq!(ends(vec![("if", branch()), ("bye", hangup())]), [id("bye")]);
    assert_eq!(ends(vec![("if", branch()), ("bye", spoken())]), []);
    assert_eq!(ends(vec![("hello", play("bye", true)), ("bye", hangup())]), []);
    let back_to = |to: &str, rest: Vec<(&'static str, Node)>| {
        let mut nodes = vec![("hello", play("line", true)), ("line", queue("billing", Some(to)))];
        nodes.extend(rest);
        ends(nodes)
    };
    assert_eq!(back_to("if", vec![("if", branch()), ("bye", hangup())]), [id("bye")]);
    assert_eq!(back_to("sorry", vec![("sorry", play("bye", true)), ("bye", hangup())]), []);
}
