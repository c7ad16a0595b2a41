//! Sentences about digits that nobody is to see.

use super::*;

/// A valid number of a payment card, made for tests.
const CARD: &str = "4539578763621486";

fn card(min: u8, max: u8, next: &str, give_up: &str) -> Node {
    let Node::Collect(card) = collect(min, max, next, give_up) else { unreachable!("it is a collect node") };
    Node::Collect(Collect { variable: "card".into(), masked: true, check: Some(Check::Luhn), ..card })
}

fn flow_of(max: u8) -> Arc<Flow> {
    let nodes = vec![
        ("hello", play("ask", true)),
        ("ask", card(12, max, "more", "lost")),
        ("more", menu(&[('1', "end")], 3, "end")),
        ("end", hangup()),
        ("lost", hangup()),
    ];
    flow("hello", nodes)
}

/// The caller is asked for the card.
fn asked(max: u8) -> Walk {
    let mut walk = Walk::started(&flow_of(max));
    walk.played();
    assert_eq!(walk.at(), "ask");
    walk
}

#[test]
fn a_masked_entry_is_masked_from_the_node_to_the_next_and_told_to_nobody() {
    let mut walk = asked(19);
    assert_eq!(walk.wanted[..2], [Effect::Entered(id("ask")), Effect::Mask(true)]);
    walk.played();
    let mut told = Vec::new();
    for key in CARD.chars().chain(['#']) {
        told.extend_from_slice(walk.tell(Fact::Digit(key)));
    }
    assert_eq!(told[..2], [Effect::Entered(id("more")), Effect::Mask(false)]);
    assert!(!told.iter().any(|effect| matches!(effect, Effect::Collected { .. })), "{told:?}");
    assert_eq!((walk.run.digits().len(), walk.run.variable("card")), (0, None));
    assert_eq!(walk.run.secret_of("card").map(Masked::expose), Some(CARD));
    assert!(!format!("{:?} {:?} {told:?}", walk.run, walk.run.secret_of("card")).contains("4539"));
}

#[test]
fn expressions_and_sayings_do_not_reach_a_masked_entry() {
    let compiler = Compiler::new(Names {
        variables: ["card".to_owned(), "n".to_owned()].into(),
        digits: ["ask".to_owned()].into(),
        ..Names::default()
    });
    let read = |text: &str| ("n".to_owned(), SetValue::Expression(compiler.compile(text).unwrap()));
    let set = Node::Set(Set { values: vec![read("vars.card"), read("digits.ask")], language: None, next: id("say") });
    let say = Node::Play(Play { say: vec![Say::Digits("$card".into())], barge_in: true, next: id("end") });
    let nodes = vec![("ask", card(12, 16, "set", "end")), ("set", set), ("say", say), ("end", hangup())];
    let mut walk = Walk::started(&flow("ask", nodes));
    walk.digits(CARD);
    assert!(walk.run.is_over() && walk.plays().is_empty(), "{:?}", walk.wanted);
    let failed: Vec<NoteKind> = walk.run.take_notes().into_iter().map(|note| note.kind).collect();
    let failure = |n| NoteKind::ValueFailed(n, ExpressionError::NoSuchKey);
    assert_eq!(failed, [failure(0), failure(1)]);
}

#[test]
fn a_number_whose_check_digit_is_wrong_is_a_wrong_entry_and_stays_masked() {
    let mut walk = asked(19);
    walk.digits("4539578763621487#");
    assert_eq!(walk.plays(), [prompts(&["invalid-choice", "enter-account"])]);
    assert_eq!((walk.at().as_str(), walk.run.secret_of("card")), ("ask", None));
    walk.digits("1234#");
    assert_eq!(walk.at(), "lost");
    assert!(walk.wanted.contains(&Effect::Mask(false)));
}

#[test]
fn check_digits_are_told_from_wrong_ones() {
    let holds = |digits: &str| Check::Luhn.holds(digits);
    assert!(["79927398713", CARD, "378282246310005", "18"].into_iter().all(holds));
    assert!(!["79927398710", "4539578763621487", "0", "", "79927398*13"].into_iter().any(holds));
}

#[test]
fn what_was_keyed_before_a_masked_node_is_not_taken() {
    let mut walk = Walk::started(&flow_of(16));
    walk.digits("4");
    assert_eq!(walk.at(), "ask", "the key ended the greeting");
    walk.digits(&CARD[1..]);
    assert_eq!(walk.at(), "ask", "one is missing");
    walk.digits("0");
    assert_eq!(walk.plays(), [prompts(&["invalid-choice", "enter-account"])], "and what is there is no card");
}

#[test]
fn digits_that_go_on_after_a_full_masked_entry_answer_nothing_until_the_caller_pauses() {
    let mut walk = asked(16);
    walk.digits(CARD);
    assert_eq!(walk.at(), "more");
    for _ in 0..3 {
        walk.now = walk.now + secs(2);
        assert!(walk.tell(Fact::Digit('1')).is_empty());
    }
    walk.now = walk.now + secs(3);
    walk.digits("1");
    assert_eq!(walk.at(), "end");

    let mut ended = asked(16);
    ended.digits(CARD);
    ended.digits("#1");
    assert_eq!(ended.at(), "end", "the terminator says that the entry is over");
}

#[test]
fn an_agent_who_takes_the_caller_ends_the_masking() {
    let Node::Enqueue(mut enqueue) = queue("billing", Some("end")) else { unreachable!("it is an enqueue node") };
    enqueue.keys = [('1', id("ask"))].into();
    let nodes = vec![
        ("wait", Node::Enqueue(enqueue)),
        ("ask", card(12, 16, "back", "back")),
        ("back", Node::Resume),
        ("end", hangup()),
    ];
    let mut walk = Walk::started(&flow("wait", nodes));
    walk.tell(Fact::Digit('1'));
    assert!(walk.wanted.contains(&Effect::Mask(true)));
    walk.digits("4539");
    assert_eq!(walk.tell(Fact::Taken), [Effect::Mask(false)]);
    walk.tell(Fact::Digit('1'));
    walk.digits(CARD);
    assert_eq!(walk.wanted.last(), Some(&Effect::Resume));
    assert_eq!(walk.run.secret_of("card"), None, "forgotten with the way back into the line");
}

#[test]
fn the_flow_of_a_lent_caller_returns_to_who_lent_it() {
    let flow = flow("ask", vec![("ask", card(12, 16, "done", "sorry")), ("done", Node::Return), ("sorry", hangup())]);
    let walk = Walk::new(&flow);
    let mut lent = Walk { run: walk.run.clone().lent(), ..walk };
    lent.tell(Fact::Started);
    lent.digits(CARD);
    assert_eq!(lent.wanted.last(), Some(&Effect::Returned));
    assert!(lent.run.is_over() && lent.run.take_notes().is_empty());
    let mut own = Walk::started(&flow);
    own.digits(CARD);
    assert_eq!(own.wanted.last(), Some(&Effect::HangUp));
    assert_eq!(own.run.take_notes()[0].kind, NoteKind::NobodyCalled);
}

#[test]
fn masked_digits_go_into_the_body_of_a_request_and_nowhere_else_of_it() {
    let body = Body::Table(vec![("card".to_owned(), Body::Variable("card".to_owned()))]);
    let http = Http {
        method: HttpMethod::Post,
        target: vec![Piece::Text("/pay?card=".to_owned()), Piece::InQuery("card".to_owned())],
        body: Some(body),
        take: Vec::new(),
        next: id("end"),
        failed: id("end"),
        not_found: None,
        late: None,
        ..http::asking()
    };
    let nodes = vec![("ask", card(12, 19, "pay", "end")), ("pay", Node::Http(Box::new(http))), ("end", hangup())];
    let mut walk = Walk::started(&flow("ask", nodes));
    walk.played();
    walk.digits(&format!("{CARD}#"));
    let request = walk.wanted.iter().find_map(|effect| match effect {
        Effect::Request(request) => Some(request),
        _ => None,
    });
    let request = request.unwrap();
    let sent = HttpValue::Table(vec![("card".to_owned(), HttpValue::Text(CARD.to_owned()))]);
    assert_eq!((request.target.0.as_str(), request.body.as_ref()), ("/pay?card=", Some(&sent)));
    assert!(!format!("{request:?}").contains("4539"));
}
