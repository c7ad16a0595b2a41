//! Sentences about nodes that ask another system over HTTP.

use super::*;

pub(super) fn asking() -> Http {
    Http {
        say: Vec::new(),
        method: HttpMethod::Get,
        origin: HttpOrigin { tls: true, host: "orders.example.com".to_owned(), port: 443 },
        target: vec![Piece::Text("/orders/".to_owned()), Piece::InPath("account".to_owned())],
        headers: vec![("Authorization".to_owned(), {
            let before = "Bearer ".to_owned();
            HttpField::Secret { before, secret: id("token") }
        })],
        body: None,
        timeout: secs(3),
        retries: 1,
        max_bytes: 65_536,
        take: vec![("status".to_owned(), "/status".to_owned()), ("sum".to_owned(), "/sum".to_owned())],
        next: id("next"),
        failed: id("failed"),
        not_found: Some(id("not-found")),
        late: Some(id("late")),
    }
}

/// Asks for an account, asks the other system, and ends in a node that is named as the way there.
fn nodes(http: Http) -> Vec<(&'static str, Node)> {
    let mut nodes = vec![("account", collect(1, 9, "ask", "end"))];
    let targets = [http.not_found, http.late];
    nodes.push(("ask", Node::Http(Box::new(http))));
    nodes.extend(["next", "failed", "end"].map(|name| (name, hangup())));
    nodes.extend(
        [("not-found", hangup()), ("late", hangup())].into_iter().filter(|(name, _)| targets.contains(&Some(id(name)))),
    );
    nodes
}

fn asked(walk: &Walk) -> Option<HttpRequest> {
    walk.wanted.iter().rev().find_map(|effect| match effect {
        Effect::Request(request) => Some(request.as_ref().clone()),
        _ => None,
    })
}

/// The caller has keyed these digits and a #; the request that follows, if one does.
fn keyed(http: Http, digits: &str) -> (Walk, Option<HttpRequest>) {
    let mut walk = Walk::started(&flow("account", nodes(http)));
    walk.played();
    walk.digits(&format!("{digits}#"));
    let request = asked(&walk);
    (walk, request)
}

fn answered(walk: &mut Walk, number: u64, answer: HttpAnswer) -> String {
    walk.tell(Fact::Response { number, answer });
    walk.at()
}

fn values(walk: &Walk) -> Vec<String> {
    ["status", "sum"].iter().map(|name| walk.run.variable(name).unwrap().to_string()).collect()
}

#[test]
fn each_answer_has_its_way() {
    let taken = || HttpAnswer::Taken(vec![Redacted::from("sent"), Redacted::from("12.50")]);
    let failed = |failure| HttpAnswer::Failed(failure);
    let cases = [
        (taken(), "next", "next"),
        (HttpAnswer::NotFound, "not-found", "failed"),
        (HttpAnswer::TimedOut, "late", "failed"),
        (failed(HttpFailure::Status(500)), "failed", "failed"),
        (failed(HttpFailure::TooBig), "failed", "failed"),
        (failed(HttpFailure::Busy), "failed", "failed"),
    ];
    for (answer, way, without) in cases {
        let (mut walk, request) = keyed(asking(), "4711");
        assert_eq!(answered(&mut walk, request.unwrap().number, answer.clone()), way);
        assert_eq!(values(&walk), if way == "next" { ["sent", "12.50"] } else { ["", ""] });
        let (mut walk, request) = keyed(Http { not_found: None, late: None, ..asking() }, "4711");
        assert_eq!(answered(&mut walk, request.unwrap().number, answer), without);
    }
}

#[test]
fn what_is_asked_holds_the_caller_s_digits_and_the_secret_s_name() {
    let (walk, request) = keyed(asking(), "4711");
    let request = request.unwrap();
    assert_eq!(request.target.0, "/orders/4711");
    assert_eq!((request.timeout, request.retries, request.take.len()), (secs(3), 1, 2));
    let field = HttpField::Secret { before: "Bearer ".to_owned(), secret: id("token") };
    assert_eq!(request.headers, [("Authorization".to_owned(), field)]);
    let shown = format!("{:?} {:?}", walk.wanted, request);
    assert!(!shown.replace("Collected { node: account, digits: \"4711\" }", "").contains("4711"), "{shown}");
}

#[test]
fn values_are_encoded_where_they_stand_and_never_lead_to_another_path() {
    let target = vec![
        Piece::Text("/orders/".to_owned()),
        Piece::InPath("who".to_owned()),
        Piece::Text("/items?of=".to_owned()),
        Piece::InQuery("who".to_owned()),
    ];
    let set = |text: &str| {
        let values = vec![("who".to_owned(), SetValue::Text(text.to_owned()))];
        let set = Node::Set(Set { values, language: None, next: id("ask") });
        let http = Http { target: target.clone(), not_found: None, late: None, ..asking() };
        let nodes = vec![("set", set), ("ask", Node::Http(Box::new(http))), ("next", hangup()), ("failed", hangup())];
        let walk = Walk::started(&flow("set", nodes));
        (asked(&walk).map(|request| request.target.0), walk)
    };
    assert_eq!(set("a b/ü?&").0.as_deref(), Some("/orders/a%20b%2F%C3%BC%3F%26/items?of=a%20b%2F%C3%BC%3F%26"));
    assert_eq!(set("%2e").0.as_deref(), Some("/orders/%252e/items?of=%252e"));
    for wrong in ["", ".", "..", &"x".repeat(8_000)] {
        let (asked, mut walk) = set(wrong);
        assert_eq!((asked, walk.at().as_str()), (None, "failed"), "{wrong}");
        assert_eq!(walk.run.take_notes()[0].kind, NoteKind::NoAddress);
    }
}

#[test]
fn an_empty_value_may_stand_in_the_query() {
    let target = vec![Piece::Text("/orders?of=".to_owned()), Piece::InQuery("status".to_owned())];
    let (_, request) = keyed(Http { target, ..asking() }, "1");
    assert_eq!(request.unwrap().target.0, "/orders?of=");
}

#[test]
fn a_body_holds_variables_as_what_they_are() {
    let compiler = Compiler::new(Names::default());
    let number = |text: &str| SetValue::Expression(compiler.compile(text).unwrap());
    let values = vec![("n".to_owned(), number("7")), ("vip".to_owned(), number("true"))];
    let variable = |name: &str| (name.to_owned(), Body::Variable(name.to_owned()));
    let inner = Body::List(vec![Body::Int(1), Body::Flag(false), Body::Text("two".to_owned())]);
    let body = Body::Table(vec![variable("account"), variable("n"), variable("vip"), ("more".to_owned(), inner)]);
    let http = Http { method: HttpMethod::Post, body: Some(body), ..asking() };
    let mut nodes = nodes(http);
    nodes[0] = ("account", collect(1, 9, "set", "end"));
    nodes.push(("set", Node::Set(Set { values, language: None, next: id("ask") })));
    let mut walk = Walk::started(&flow("account", nodes));
    walk.played();
    walk.digits("12#");
    let text = |text: &str| HttpValue::Text(text.to_owned());
    let inner = HttpValue::List(vec![HttpValue::Int(1), HttpValue::Flag(false), text("two")]);
    let members = [("account", text("12")), ("n", HttpValue::Int(7)), ("vip", HttpValue::Flag(true)), ("more", inner)];
    let members = members.map(|(name, value)| (name.to_owned(), value)).to_vec();
    assert_eq!(asked(&walk).unwrap().body, Some(HttpValue::Table(members)));
}

#[test]
fn an_answer_that_nobody_tells_counts_as_timed_out() {
    let (mut walk, _) = keyed(asking(), "1");
    walk.expire(Reason::Request);
    assert_eq!((walk.at().as_str(), walk.run.take_notes()[0].kind), ("late", NoteKind::ResponseLost));
    assert_eq!(walk.now.since(Instant::ZERO), Duration::from_millis(3_500), "whoever asks has the time of the node");
}

#[test]
fn a_late_answer_does_not_answer_the_next_request() {
    let again = Http { next: id("end"), failed: id("end"), not_found: None, late: None, ..asking() };
    let first = Http { late: Some(id("again")), failed: id("again"), not_found: None, ..asking() };
    let nodes = vec![
        ("account", collect(1, 9, "ask", "end")),
        ("ask", Node::Http(Box::new(first))),
        ("again", Node::Http(Box::new(again))),
        ("next", hangup()),
        ("end", hangup()),
    ];
    let mut walk = Walk::started(&flow("account", nodes));
    walk.played();
    walk.digits("1#");
    let first = asked(&walk).unwrap().number;
    walk.expire(Reason::Request);
    let second = asked(&walk).unwrap().number;
    assert_ne!(first, second);
    let answer = || HttpAnswer::Taken(vec![Redacted::from("old"), Redacted::from("old")]);
    assert_eq!(answered(&mut walk, first, answer()), "again");
    assert_eq!(values(&walk), ["", ""]);
    assert_eq!(answered(&mut walk, second, answer()), "end");
    assert!(walk.tell(Fact::Response { number: second, answer: answer() }).is_empty(), "answered once");
}

#[test]
fn the_caller_is_told_something_first_and_keys_are_kept_for_the_next_question() {
    let http = Http { say: prompts(&["one-moment"]), next: id("menu"), ..asking() };
    let mut nodes = nodes(http);
    nodes.retain(|(name, _)| *name != "next");
    nodes.push(("menu", menu(&[('7', "end")], 1, "end")));
    let mut walk = Walk::started(&flow("account", nodes));
    walk.played();
    walk.digits("1#");
    assert_eq!((walk.plays(), asked(&walk)), (vec![prompts(&["one-moment"])], None));
    walk.played();
    let number = asked(&walk).unwrap().number;
    walk.digits("7");
    assert_eq!(walk.at(), "ask");
    answered(&mut walk, number, HttpAnswer::Taken(Vec::new()));
    assert!(walk.run.is_over());
    assert_eq!(walk.run.digits().last().unwrap().1.0, "7");
}

#[test]
fn a_flow_that_asks_again_for_ever_is_refused() {
    let http = Http { failed: id("ask"), not_found: None, late: None, ..asking() };
    let nodes = [("ask", Node::Http(Box::new(http))), ("next", hangup())];
    let nodes = nodes.into_iter().map(|(name, node)| (id(name), node)).collect();
    let flaws = Flow::new(id("test"), id("ask"), nodes).unwrap_err();
    assert!(matches!(flaws[..], [Flaw::SilentLoop(_)]), "{flaws:?}");
}
