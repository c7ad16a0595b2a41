//! Sentences about nodes that go by opening hours.

use super::*;

fn hours(holiday: Option<&str>, emergency: Option<&str>) -> Arc<Flow> {
    let node = Node::Hours(HoursNode {
        schedule: id("office"),
        variable: Some("opens".to_owned()),
        open: id("open"),
        closed: id("closed"),
        holiday: holiday.map(id),
        emergency: emergency.map(id),
    });
    let mut nodes = vec![("hours", node)];
    let ends = ["open", "closed"].into_iter().chain(holiday).chain(emergency);
    nodes.extend(ends.map(|name| (name, Node::HangUp(HangUp { say: prompts(&["goodbye"]) }))));
    flow("hours", nodes)
}

fn comes_to(flow: &Arc<Flow>, standing: Standing) -> (String, String) {
    let mut walk = Walk::new(flow);
    walk.standing = standing;
    walk.tell(Fact::Started);
    (walk.at(), walk.run.variable("opens").map(ToString::to_string).unwrap_or_default())
}

#[test]
fn each_state_of_a_schedule_has_its_edge_and_the_next_opening_can_be_said() {
    let flow = hours(Some("holiday"), Some("emergency"));
    let next = || Some("2026-11-23T09:00".to_owned());
    let at = |node: &str, opens: &str| (node.to_owned(), opens.to_owned());
    assert_eq!(comes_to(&flow, Standing::Open), at("open", ""));
    assert_eq!(comes_to(&flow, Standing::Closed { next: next() }), at("closed", "2026-11-23T09:00"));
    assert_eq!(comes_to(&flow, Standing::Holiday { next: next() }), at("holiday", "2026-11-23T09:00"));
    assert_eq!(comes_to(&flow, Standing::Closed { next: None }), at("closed", ""));
    assert_eq!(comes_to(&flow, Standing::Emergency { prompt: None }), at("emergency", ""));
}

#[test]
fn without_edges_of_their_own_holidays_and_emergencies_are_as_closed() {
    let flow = hours(None, None);
    assert_eq!(comes_to(&flow, Standing::Holiday { next: None }).0, "closed");
    assert_eq!(comes_to(&flow, Standing::Emergency { prompt: None }).0, "closed");
}

#[test]
fn an_emergency_is_told_before_the_flow_goes_on() {
    let mut walk = Walk::new(&hours(None, Some("emergency")));
    walk.standing = Standing::Emergency { prompt: Some(id("storm")) };
    let wanted = walk.tell(Fact::Started).to_vec();
    assert!(matches!(&wanted[1], Effect::Play { items, .. } if *items == prompts(&["storm"])), "{wanted:?}");
    walk.tell(Fact::PlayDone(PlayId::new(100)));
    assert_eq!(walk.at(), "emergency");
}

#[test]
fn a_schedule_that_is_no_more_is_open_and_noted() {
    let mut walk = Walk::new(&hours(None, None));
    walk.standing = Standing::Unknown;
    walk.tell(Fact::Started);
    assert_eq!(walk.at(), "open");
    assert_eq!(walk.run.take_notes()[0].kind, NoteKind::NoSchedule);
}
