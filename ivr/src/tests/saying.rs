//! Values that a flow says.

use super::*;
use crate::speech::{Currency, Kind};

fn variable(kind: Kind, name: &str) -> Say {
    Say::Value(kind, Of::Variable(name.to_owned()))
}

/// What is played at `say` after `set` gave the variables their values.
fn said(language: Option<Language>, values: &[(&str, &str)], say: Vec<Say>) -> (Vec<String>, Vec<NoteKind>) {
    let text = |(name, value): &(&str, &str)| ((*name).to_owned(), SetValue::Text((*value).to_owned()));
    let set = Set { values: values.iter().map(text).collect(), language, next: id("say") };
    let play = Play { say, barge_in: true, next: id("end") };
    let nodes = vec![("set", Node::Set(set)), ("say", Node::Play(play)), ("end", hangup())];
    let mut walk = Walk::started(&flow("set", nodes));
    let notes = walk.run.take_notes().into_iter().map(|note| note.kind).collect();
    let items = walk.plays().into_iter().flatten().map(|item| match item {
        Say::Prompt(prompt) => prompt.to_string(),
        other => panic!("{other:?} is no piece"),
    });
    (items.collect(), notes)
}

#[test]
fn a_play_node_says_values_between_its_prompts() {
    let say = || {
        let mut say = prompts(&["your-balance-is"]);
        say.push(variable(Kind::Money(Currency::Eur), "balance"));
        say.push(Say::Value(Kind::Number, Of::Text("3".into())));
        say
    };
    let (english, notes) = said(None, &[("balance", "2.50")], say());
    assert_eq!(english, ["your-balance-is", "digit-2", "unit-euros", "and", "number-50", "unit-cents", "digit-3"]);
    assert_eq!(notes, []);
    let (chinese, _) = said(Some(Language::ZH), &[("balance", "2.00")], say());
    assert_eq!(chinese, ["your-balance-is", "number-liang", "unit-euro", "digit-3"]);
}

#[test]
fn a_value_that_is_none_is_left_out_and_noted() {
    let say = vec![variable(Kind::Date, "due"), variable(Kind::Number, "due"), prompts(&["bye"]).remove(0)];
    let (said, notes) = said(None, &[("due", "soon")], say);
    assert_eq!(said, ["bye"]);
    assert_eq!(notes, [NoteKind::NothingToSay(Kind::Date), NoteKind::NothingToSay(Kind::Number)]);
    assert_eq!(notes[0].to_string(), "there is no date to say; it is left out");
}

#[test]
fn an_expression_is_said_by_its_value() {
    let names = Names { queues: ["billing".to_owned()].into(), ..Names::default() };
    let place = Compiler::new(names).compile("queues.billing.waiting + 1").unwrap();
    let play = Play { say: vec![Say::Value(Kind::Number, Of::Expression(place))], barge_in: true, next: id("end") };
    let mut walk = Walk::new(&flow("say", vec![("say", Node::Play(play)), ("end", hangup())]));
    walk.floor = vec![(id("billing"), QueueFigures { waiting: 4, ..QueueFigures::default() })];
    walk.tell(Fact::Started);
    assert_eq!(walk.plays(), [prompts(&["digit-5"])]);
}

#[test]
fn a_menu_and_a_queue_say_values_too() {
    let Node::Menu(mut ask) = menu(&[('1', "wait")], 1, "wait") else { unreachable!() };
    ask.say = vec![Say::Value(Kind::Time, Of::Text("12:00".into()))];
    let Node::Enqueue(mut wait) = queue("billing", None) else { unreachable!() };
    wait.announce = vec![variable(Kind::Digits, "ask")];
    let mut walk = Walk::started(&flow("ask", vec![("ask", Node::Menu(ask)), ("wait", Node::Enqueue(wait))]));
    assert_eq!(walk.plays(), [prompts(&["time-noon"])]);
    walk.digits("1");
    let announced = walk.wanted.iter().find_map(|effect| match effect {
        Effect::Enqueue { announce, .. } => Some(announce.clone()),
        _ => None,
    });
    assert_eq!(announced, Some(prompts(&["digit-1"])));
}

#[test]
fn flows_that_say_other_values_differ_in_their_debug_texts() {
    let (balance, due) = (variable(Kind::Number, "balance"), variable(Kind::Number, "due"));
    assert_ne!(format!("{balance:?}"), format!("{due:?}"), "a reload tells by them what has changed");
}

fn text(text: &str, otherwise: Option<&str>) -> Say {
    let words = Words::Of([(Language::EN, Template::new(text))].into());
    Say::Text(Text { words, otherwise: otherwise.map(|name| name.parse().unwrap()) })
}

/// What a text node plays.
fn spoken(language: Option<Language>, values: &[(&str, &str)], say: Vec<Say>) -> (Vec<Say>, Vec<NoteKind>) {
    let value = |(name, value): &(&str, &str)| ((*name).to_owned(), SetValue::Text((*value).to_owned()));
    let set = Set { values: values.iter().map(value).collect(), language, next: id("say") };
    let play = Play { say, barge_in: true, next: id("end") };
    let nodes = vec![("set", Node::Set(set)), ("say", Node::Play(play)), ("end", hangup())];
    let mut walk = Walk::started(&flow("set", nodes));
    let notes = walk.run.take_notes().into_iter().map(|note| note.kind).collect();
    (walk.plays().into_iter().flatten().collect(), notes)
}

#[test]
fn a_text_is_spoken_with_the_values_of_its_variables_which_make_it_personal() {
    let told = |said: &Say| match said {
        Say::Spoken(spoken) => (spoken.text.0.clone(), spoken.personal),
        other => panic!("{other:?} is not spoken"),
    };
    let (said, _) = spoken(None, &[("status", "on its\nway")], vec![text("It is $status.", None), text("Bye.", None)]);
    let said: Vec<_> = said.iter().map(told).collect();
    assert_eq!(said, [("It is on its way.".to_owned(), true), ("Bye.".to_owned(), false)]);
}

#[test]
fn a_text_without_words_is_left_out_and_noted_or_its_prompt_is_played() {
    let (said, notes) = spoken(Some(Language::ZH), &[], vec![text("Hello", None), text("Hello", Some("bye"))]);
    assert_eq!((said, notes), (prompts(&["bye"]), vec![NoteKind::NoWords]));
    let (said, notes) = spoken(None, &[("status", " ")], vec![text("$status", None)]);
    assert_eq!((said, notes), (Vec::new(), vec![NoteKind::NoWords]));
}
