//! Sentences about flows that ask other systems over HTTP.

use super::*;
use domain::{HttpAnswer, HttpFailure, HttpRequest, Redacted};

const ORDERS: &str = r#"
[[trunk]]
id = "lan"
sources = ["127.0.0.0/8"]
[[entry]]
id = "main"
dnis = "8000"
flow = "orders"
[[queue]]
id = "billing"
[[agent]]
id = "li.wei"
phone = "sip:li.wei@127.0.0.3:5060"
queues = ["billing"]
[flow.orders]
start = "ask"
[flow.orders.node.ask]
type = "http"
url = "https://orders.example.com/last"
timeout_ms = 3000
take = { status = "/status" }
next = "sent"
failed = "line"
timeout = "again"
[flow.orders.node.again]
type = "http"
url = "https://orders.example.com/again"
timeout_ms = 2000
next = "sent"
failed = "line"
[flow.orders.node.sent]
type = "branch"
cases = [{ when = "vars.status == 'sent'", next = "bye" }]
else = "line"
[flow.orders.node.line]
type = "enqueue"
queue = "billing"
overflow = "bye"
[flow.orders.node.bye]
type = "hangup"
prompts = ["goodbye"]
"#;

/// Everything asked so far, by whose contact.
fn asked(bench: &Bench) -> Vec<(ContactId, HttpRequest)> {
    let request = |effect: &Effect| match effect {
        Effect::HttpStep { contact, request } => Some((*contact, request.as_ref().clone())),
        _ => None,
    };
    bench.log.iter().filter_map(request).collect()
}

fn path(bench: &Bench, contact: ContactId) -> Vec<String> {
    let of_contact = |effect: &Effect| match effect {
        Effect::Store(event) if event.contact == contact => match event.kind {
            ContactEventKind::NodeEntered { node } => Some(node.to_string()),
            _ => None,
        },
        _ => None,
    };
    bench.log.iter().filter_map(of_contact).collect()
}

fn taken(text: &str) -> HttpAnswer {
    HttpAnswer::Taken(vec![Redacted::from(text)])
}

/// A caller comes in and the flow asks: the contact and the request's number.
fn call(bench: &mut Bench, name: &str) -> (ContactId, u64) {
    bench.call(name);
    let (contact, request) = asked(bench).pop().expect("the flow asks");
    assert_eq!(contact, bench.contact());
    (contact, request.number)
}

fn answer(bench: &mut Bench, (contact, number): (ContactId, u64), answer: HttpAnswer) {
    bench.tell(Input::HttpStep { contact, number, answer });
}

#[test]
fn a_flow_goes_on_by_what_the_other_system_answers() {
    let mut bench = Bench::with(ORDERS, 10);
    let first = call(&mut bench, "a");
    answer(&mut bench, first, taken("sent"));
    assert_eq!(path(&bench, first.0), ["ask", "sent", "bye"]);
    let second = call(&mut bench, "b");
    answer(&mut bench, second, HttpAnswer::Failed(HttpFailure::Status(500)));
    assert_eq!(path(&bench, second.0), ["ask", "line"]);
}

#[test]
fn an_answer_that_comes_too_late_does_not_answer_the_next_request() {
    let mut bench = Bench::with(ORDERS, 10);
    let first = call(&mut bench, "a");
    bench.pass(Duration::from_millis(3_499));
    assert_eq!(path(&bench, first.0), ["ask"]);
    bench.pass(Duration::from_millis(1));
    assert_eq!(path(&bench, first.0), ["ask", "again"]);
    answer(&mut bench, first, taken("sent"));
    assert_eq!(path(&bench, first.0), ["ask", "again"]);
    let (contact, second) = asked(&bench).pop().unwrap();
    answer(&mut bench, (contact, second.number), HttpAnswer::Taken(Vec::new()));
    assert_eq!(path(&bench, first.0), ["ask", "again", "sent", "line"]);
}

#[test]
fn a_caller_may_hang_up_while_the_flow_asks() {
    let mut bench = Bench::with(ORDERS, 10);
    let first = call(&mut bench, "a");
    bench.hang_up("a");
    assert_eq!(bench.board.floor(bench.now).calls, 0);
    let before = bench.log.len();
    answer(&mut bench, first, taken("sent"));
    assert_eq!(bench.log.len(), before, "nobody is there to be told");
    bench.pass(Duration::from_secs(10));
    assert_eq!(path(&bench, first.0), ["ask"]);
    assert_eq!(bench.board.calls(), 0);
}

#[test]
fn one_request_without_an_answer_is_nothing_to_two_hundred_other_calls() {
    let mut bench = Bench::with(ORDERS, 300);
    let stuck = call(&mut bench, "stuck");
    let others: Vec<(ContactId, u64)> = (0..200).map(|n| call(&mut bench, &format!("call-{n}"))).collect();
    for (n, other) in others.iter().enumerate() {
        let status = if n % 2 == 0 { "sent" } else { "packed" };
        answer(&mut bench, *other, taken(status));
    }
    for (n, (contact, _)) in others.iter().enumerate() {
        let end = if n % 2 == 0 { "bye" } else { "line" };
        assert_eq!(path(&bench, *contact), ["ask", "sent", end]);
    }
    assert_eq!(bench.board.floor(bench.now).waiting.len(), 100);
    assert_eq!(path(&bench, stuck.0), ["ask"]);
    bench.pass(Duration::from_millis(3_500));
    assert_eq!(path(&bench, stuck.0), ["ask", "again"]);
}
