//! Conditions: what they see, and what happens when they have no value.

use super::*;

fn names() -> Names {
    Names {
        variables: ["account".to_owned()].into(),
        digits: ["ask".to_owned()].into(),
        queues: ["billing".to_owned(), "tech-support".to_owned()].into(),
        ..Names::default()
    }
}

fn choose(condition: &str) -> (String, Walk) {
    let case = Compiler::new(names()).compile(condition).unwrap_or_else(|flaws| panic!("{condition}: {flaws:?}"));
    let branch = Node::Branch(Branch { cases: vec![(case, id("yes"))], otherwise: id("no") });
    let nodes = vec![("ask", collect(1, 4, "if", "no")), ("if", branch), ("yes", hangup()), ("no", hangup())];
    let mut walk = Walk::new(&flow("ask", nodes));
    walk.floor = vec![
        (
            id("billing"),
            QueueFigures { waiting: 3, ready: 0, longest_wait_s: 75, callback: true, expected_wait_s: None },
        ),
        (id("tech-support"), QueueFigures::default()),
    ];
    walk.tell(Fact::Started);
    walk.tell(Fact::Found(customer("gold")));
    walk.digits("42#");
    (walk.at(), walk)
}

#[test]
fn conditions_see_caller_customer_digits_variables_time_and_queues() {
    let conditions = [
        "caller.number.startsWith('+49') && caller.name == 'Marta' && caller.known",
        "caller.called == '8000'",
        "customer.tier == 'gold' && customer.account == '4711' && customer.language == 'zh'",
        "customer.name.endsWith('Vogel') && customer.contacts_7d >= 2",
        "digits.ask == '42' && digits['ask'] == '42'",
        "vars.account == '42' && int(vars.account) + 1 == 43 && size(vars.account) == 2",
        "time.hour == 13 && time.minute == 0 && time.weekday == 6 && time.date == '2026-11-21'",
        "queues.billing.waiting == 3 && queues.billing.ready == 0 && queues['billing'].longest_wait_s > 60",
        "queues['tech-support'].waiting == 0",
        "language == 'en'",
        "time.weekday in [6, 7] ? true : false",
        "['4', '2'].all(d, digits.ask.contains(d)) && [1, 2].exists(x, x > 1)",
    ];
    for condition in conditions {
        assert_eq!(choose(condition).0, "yes", "{condition}");
    }
}

/// What a condition makes the run ask for, as `queue.figure`.
fn read(condition: &str) -> (String, Vec<String>) {
    let (at, walk) = choose(condition);
    (at, walk.read.iter().map(|(queue, figure)| format!("{queue}.{}", figure.word())).collect())
}

#[test]
fn only_the_figures_that_a_condition_names_are_asked_for() {
    let cases: [(&str, &[&str]); 9] = [
        ("language == 'en' && time.hour == 13", &[]),
        ("[1, 2].exists(queues, queues == 2)", &[]),
        ("queues.billing.waiting == 3", &["billing.waiting"]),
        ("queues['billing'].callback", &["billing.callback"]),
        ("queues['tech-support']['ready'] == 0", &["tech-support.ready"]),
        ("has(queues.billing.longest_wait_s)", &["billing.longest_wait_s"]),
        ("queues.billing.waiting + queues.billing.waiting == 6", &["billing.waiting"]),
        ("queues.billing.waiting > queues['tech-support'].waiting", &["billing.waiting", "tech-support.waiting"]),
        ("[3].all(n, queues.billing.waiting == n)", &["billing.waiting"]),
    ];
    for (condition, named) in cases {
        assert_eq!(
            read(condition),
            ("yes".to_owned(), named.iter().map(ToString::to_string).collect::<Vec<_>>()),
            "{condition}"
        );
    }
}

#[test]
fn a_condition_that_goes_over_the_queues_sees_all_of_them() {
    for condition in [
        "size(queues) == 2",
        "queues.exists(id, queues[id].waiting == 3)",
        "queues[vars.account == '42' ? 'billing' : 'other'].waiting == 3",
        "'billing' in queues",
    ] {
        let (at, read) = read(condition);
        assert_eq!((at.as_str(), read.len()), ("yes", 8), "{condition}: {read:?}");
    }
    let (at, read) = read("queues.billing == {'waiting': 3, 'ready': 0, 'longest_wait_s': 75, 'callback': true}");
    assert_eq!((at.as_str(), read.len()), ("yes", 4), "a queue as a whole has all of its figures: {read:?}");
}

#[test]
fn a_queue_that_is_gone_has_no_figures_in_conditions() {
    let case = Compiler::new(names()).compile("queues.billing.waiting == 0").unwrap();
    let branch = Node::Branch(Branch { cases: vec![(case, id("yes"))], otherwise: id("no") });
    let mut walk = Walk::new(&flow("if", vec![("if", branch), ("yes", hangup()), ("no", hangup())]));
    walk.tell(Fact::Started);
    assert_eq!(walk.at(), "no");
    let noted = walk.run.take_notes().last().unwrap().kind;
    assert_eq!(noted, NoteKind::ConditionFailed(0, ExpressionError::NoSuchKey));
}

#[test]
fn cases_behind_the_one_that_holds_ask_for_nothing() {
    let compile = |text: &str| Compiler::new(names()).compile(text).unwrap();
    let cases =
        vec![(compile("queues.billing.waiting == 3"), id("yes")), (compile("queues.billing.callback"), id("no"))];
    let branch = Node::Branch(Branch { cases, otherwise: id("no") });
    let mut walk = Walk::new(&flow("if", vec![("if", branch), ("yes", hangup()), ("no", hangup())]));
    walk.floor = vec![(id("billing"), QueueFigures { waiting: 3, ..QueueFigures::default() })];
    walk.tell(Fact::Started);
    assert_eq!((walk.at().as_str(), walk.read.len()), ("yes", 1));
}

#[test]
fn a_condition_without_a_value_counts_as_false_and_is_noted() {
    for (condition, error) in [
        ("customer.tier + 1 == 2", ExpressionError::Types),
        ("1 / (customer.contacts_7d - 2) == 1", ExpressionError::Arithmetic),
        ("customer.tier", ExpressionError::WrongKind),
        ("queues[vars.account].waiting > 1", ExpressionError::NoSuchKey),
    ] {
        let (at, mut walk) = choose(condition);
        assert_eq!(at, "no", "{condition}");
        assert_eq!(walk.run.take_notes().last().unwrap().kind, NoteKind::ConditionFailed(0, error), "{condition}");
    }
}

#[test]
fn flaws_are_told_with_their_place() {
    let flaws = |text: &str| {
        let flaws = Compiler::new(names()).compile(text).err().unwrap_or_default();
        flaws.into_iter().map(|flaw| (flaw.offset, flaw.why)).collect::<Vec<_>>()
    };
    let at = |text: &str, part: &str| text.find(part).unwrap();
    for (text, part, why) in [
        ("time.hour > 9 && custmer.tier == ''", "custmer", "unknown variable `custmer`"),
        ("time.hour > 9 && customer.teir == ''", ".teir", "unknown `customer` field `teir`"),
        ("vars.acount == '1'", ".acount", "unknown `vars` field `acount`"),
        ("queues.biling.waiting > 1", ".biling", "unknown `queues` field `biling`"),
        ("queues['tech-suport'].waiting > 1", "'tech-suport'", "unknown `queues` field `tech-suport`"),
        ("queues.billing.wating > 1", ".wating", "unknown queue figure `wating`"),
        ("sise(vars.account) > 1", "sise", "unknown function `sise`"),
    ] {
        let found = flaws(text);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
        assert_eq!(found[0].1, why, "{text}");
        let near = found[0].0.abs_diff(at(text, part));
        assert!(near <= part.len(), "{text}: {} is not near {part}", found[0].0);
    }
    let broken = flaws("time.hour >= 9 &&");
    assert!(!broken.is_empty() && broken[0].0 >= 15, "{broken:?}");
}

#[test]
fn every_function_promised_exists() {
    let calls = [
        "size('ab') == 2",
        "'ab'.contains('a')",
        "'ab'.startsWith('a')",
        "'ab'.endsWith('b')",
        "string(1) == '1'",
        "int('1') == 1",
        "uint('1') == 1u",
        "double('1') == 1.0",
        "bool('true')",
        "bytes('a') == b'a'",
        "dyn(1) == 1",
        "type(1) == int",
        "has(customer.tier)",
        "optional.of(1).hasValue()",
        "optional.none().orValue(1) == 1",
        "optional.of(1).value() == 1",
        "!optional.ofNonZeroValue(0).hasValue()",
        "optional.none().or(optional.of(1)).hasValue()",
    ];
    for call in calls {
        assert_eq!(choose(call).0, "yes", "{call}");
    }
}
