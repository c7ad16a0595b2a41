//! Flows that call flows.

use super::*;
use crate::speech::Kind;

fn call(flow: &Arc<Flow>, next: &str) -> Node {
    Node::Call(Call { flow: Arc::clone(flow), next: id(next) })
}

/// Asks for the account and returns, or gives up and hangs up.
fn identify() -> Arc<Flow> {
    flow("ask", vec![("ask", collect(1, 4, "back", "lost")), ("back", Node::Return), ("lost", hangup())])
}

#[test]
fn a_flow_goes_through_another_and_comes_back_with_what_it_learned() {
    let tell =
        Play { say: vec![Say::Value(Kind::Digits, Of::Variable("account".into()))], barge_in: true, next: id("end") };
    let nodes = vec![("who", call(&identify(), "tell")), ("tell", Node::Play(tell)), ("end", hangup())];
    let mut walk = Walk::started(&flow("who", nodes));
    assert_eq!(walk.at(), "ask");
    walk.digits("47#");
    assert_eq!(walk.plays(), [prompts(&["digit-4", "digit-7"])]);
    assert_eq!(walk.run.path(), ["who", "ask", "back", "tell"].map(id));
    assert_eq!(walk.played().last(), Some(&Effect::HangUp));
}

#[test]
fn the_called_flow_sees_the_variables_and_digits_of_its_caller() {
    let names = Names { digits: ["menu".to_owned()].into(), variables: ["n".to_owned()].into(), ..Names::default() };
    let when = Compiler::new(names).compile("digits.menu == '1' && vars.n == 'x'").unwrap();
    let branch = Branch { cases: vec![(when, id("back"))], otherwise: id("lost") };
    let called = flow("if", vec![("if", Node::Branch(branch)), ("back", Node::Return), ("lost", hangup())]);
    let set = Set { values: vec![("n".into(), SetValue::Text("x".into()))], language: None, next: id("go") };
    let nodes = vec![
        ("menu", menu(&[('1', "set")], 1, "end")),
        ("set", Node::Set(set)),
        ("go", call(&called, "end")),
        ("end", hangup()),
    ];
    let mut walk = Walk::started(&flow("menu", nodes));
    walk.digits("1");
    assert_eq!(walk.at(), "end");
    assert!(walk.run.take_notes().is_empty());
}

#[test]
fn a_call_may_end_within_the_called_flow() {
    let mut walk = Walk::started(&flow("who", vec![("who", call(&identify(), "end")), ("end", hangup())]));
    for _ in 0..2 {
        walk.played();
        walk.expire(Reason::FirstDigit);
    }
    assert_eq!(walk.at(), "lost");
    assert!(walk.run.is_over());
}

#[test]
fn a_return_that_nobody_called_ends_the_call() {
    let mut walk = Walk::started(&flow("back", vec![("back", Node::Return)]));
    assert_eq!(walk.wanted, [Effect::Entered(id("back")), Effect::HangUp]);
    assert_eq!(walk.run.take_notes()[0].kind, NoteKind::NobodyCalled);
}

#[test]
fn a_circle_through_a_called_flow_that_asks_nothing_is_silent() {
    let quiet = flow("back", vec![("back", Node::Return)]);
    let round = |called: &Arc<Flow>| {
        let nodes = [("who".parse().unwrap(), call(called, "who")), (id("end"), hangup())];
        Flow::new(id("f"), id("who"), nodes.into()).unwrap_err()
    };
    assert!(round(&quiet).contains(&Flaw::SilentLoop(vec![id("who")])));
    assert!(!round(&identify()).iter().any(|flaw| matches!(flaw, Flaw::SilentLoop(_) | Flaw::NoWayOut(_))));
}

#[test]
fn at_most_eight_flows_stand_one_upon_the_other() {
    let mut top = flow("end", vec![("end", hangup())]);
    for _ in 1..DEPTH_MAX {
        top = flow("go", vec![("go", call(&top, "end")), ("end", hangup())]);
    }
    let nodes = [(id("go"), call(&top, "end")), (id("end"), hangup())];
    assert_eq!(Flow::new(id("f"), id("go"), nodes.into()).unwrap_err(), [Flaw::TooDeep(id("go"))]);
}
