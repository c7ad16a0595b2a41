//! What the check says of masked entries and of flows to which customers are lent.

use super::*;
use ivr::{Check, Node};

fn centre(changes: &[(&str, &str)]) -> String {
    let text = r#"[[entry]]
dnis = "8"
flow = "f"
[[queue]]
id = "billing"
secure_entry = "card"
[[agent]]
id = "a"
queues = ["billing"]
[flow.f]
start = "line"
[flow.f.node.line]
type = "enqueue"
queue = "billing"
overflow = "bye"
[flow.f.node.bye]
type = "hangup"
prompts = ["goodbye"]
[flow.card]
start = "ask"
[flow.card.node.ask]
type = "collect"
prompts = ["enter-card"]
variable = "card"
min = 12
max = 19
check = "luhn"
masked = true
exhausted = "sorry"
next = "done"
[flow.card.node.done]
type = "return"
[flow.card.node.sorry]
type = "hangup"
prompts = ["sorry"]
"#;
    changes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

fn found(changes: &[(&str, &str)]) -> Vec<String> {
    match check(&centre(changes)) {
        Ok(config) => told(config.warnings()),
        Err(problems) => told(&problems),
    }
}

#[test]
fn a_masked_entry_and_the_flow_that_takes_it_are_read() {
    let config = check(&centre(&[])).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(told(config.warnings()), [] as [String; 0]);
    assert_eq!(config.queues()[0].secure_entry.map(|flow| flow.to_string()).as_deref(), Some("card"));
    let flow = &config.flows()[&"card".parse().unwrap()];
    let Some(Node::Collect(ask)) = flow.node("ask".parse().unwrap()) else { panic!("no collect") };
    assert_eq!((ask.masked, ask.check), (true, Some(Check::Luhn)));
}

#[test]
fn a_variable_whose_name_says_card_is_warned_of_unless_it_is_masked() {
    assert_eq!(found(&[("check = \"luhn\"\nmasked = true\n", "")]), ["24:12 unmasked_card"]);
    assert_eq!(
        found(&[("check = \"luhn\"\nmasked = true\n", ""), ("\"card\"\nmin", "\"ticket\"\nmin")]),
        [] as [&str; 0]
    );
}

#[test]
fn a_variable_is_masked_everywhere_or_nowhere() {
    let set = "next = \"set\"\n[flow.card.node.set]\ntype = \"set\"\nvalues = { card = \"none\" }\nnext = \"done\"\n";
    assert_eq!(found(&[("next = \"done\"\n", set)]), ["24:12 masked_variable"]);
}

#[test]
fn masked_digits_are_not_looked_up() {
    let look = "next = \"who\"\n[flow.card.node.who]\ntype = \"lookup\"\nby = \"account\"\nvariable = \"card\"\n\
                found = \"done\"\nnot_found = \"done\"\n";
    assert_eq!(found(&[("next = \"done\"\n", look)]), ["34:12 masked_variable"]);
}

#[test]
fn a_lent_customer_must_come_back() {
    let away = "type = \"transfer\"\nprompts = [\"sorry\"]\nnumber = \"8000\"\n";
    assert_eq!(found(&[("type = \"hangup\"\nprompts = [\"sorry\"]\n", away)]), ["19:7 leads_away"]);
    assert_eq!(found(&[("type = \"return\"", "type = \"hangup\"\nprompts = [\"thanks\"]")]), ["19:7 never_returns"]);
    assert_eq!(found(&[("secure_entry = \"card\"", "secure_entry = \"cart\"")])[0], "6:16 unknown_flow");
}
