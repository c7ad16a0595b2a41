//! Sentences about the node that asks how it stands in a queue.

use super::*;

fn asked(figures: QueueFigures) -> Vec<(&'static str, String)> {
    let names = ["waiting", "ready", "oldest", "minutes", "callback"];
    let take = names.iter().zip(QueueFigure::WORDS).map(|(name, (_, figure))| ((*name).to_owned(), *figure)).collect();
    let info = Node::QueueInfo(QueueInfo { queue: id("billing"), take, next: id("end") });
    let mut walk = Walk::new(&flow("info", vec![("info", info), ("end", hangup())]));
    walk.floor = vec![(id("other"), QueueFigures::default()), (id("billing"), figures)];
    walk.tell(Fact::Started);
    assert_eq!(walk.at(), "end");
    let told = |name: &str| walk.run.variable(name).map(ToString::to_string).unwrap_or_default();
    names.into_iter().map(|name| (name, told(name))).collect()
}

#[test]
fn figures_of_a_queue_become_variables_and_minutes_are_never_told_too_short() {
    let figures = QueueFigures { waiting: 3, ready: 1, longest_wait_s: 75, callback: true, expected_wait_s: Some(61) };
    let expected = [("waiting", "3"), ("ready", "1"), ("oldest", "75"), ("minutes", "2"), ("callback", "true")];
    assert_eq!(asked(figures), expected.map(|(name, value)| (name, value.to_owned())));
}

#[test]
fn an_expected_wait_that_nobody_knows_is_an_empty_text() {
    assert_eq!(asked(QueueFigures::default())[3], ("minutes", String::new()));
}
