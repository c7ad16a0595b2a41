//! Sentences about the survey after a call.

use super::*;
use domain::{EndedBy, Outcome};

fn centre() -> Bench {
    let queue = "offer_timeout_s = 10\nsurvey = \"how\"\n";
    let flow = "[flow.how]\nstart = \"ask\"\n[flow.how.node.ask]\ntype = \"survey\"\nquestion = \"satisfaction\"\n\
                prompts = [\"how-was-it\"]\nnext = \"bye\"\n[flow.how.node.bye]\ntype = \"hangup\"\n";
    Bench::with(&format!("{}{flow}", CONFIG.replace("offer_timeout_s = 10\n", queue)), 10)
}

/// An agent talks with a caller, whose contact this is.
fn talking(bench: &mut Bench) -> ContactId {
    bench.call("a");
    let contact = bench.contact();
    bench.opened();
    assert!(bench.agent_answers().iter().any(joins));
    contact
}

fn answers(bench: &Bench) -> Vec<(u8, String, String)> {
    let given = |kind: &&ContactEventKind| match kind {
        ContactEventKind::SurveyAnswered { answer, agent, queue, .. } => {
            Some((*answer, agent.unwrap().to_string(), queue.unwrap().to_string()))
        }
        _ => None,
    };
    bench.events().iter().filter_map(given).collect()
}

fn started(kind: &&ContactEventKind) -> bool {
    matches!(kind, ContactEventKind::SurveyStarted { .. })
}

fn left(bench: &Bench) -> Option<EndedBy> {
    bench.events().into_iter().find_map(|kind| match kind {
        ContactEventKind::CustomerLeft { by, .. } => Some(*by),
        _ => None,
    })
}

#[test]
fn the_customer_answers_by_a_digit_while_the_agent_wraps_up() {
    let mut bench = centre();
    let contact = talking(&mut bench);
    assert_eq!(bench.agent_wish(Wish::HangUp(contact)), Ok(()));
    assert_eq!(bench.board.agent_state("li.wei".parse().unwrap()), Some(AgentState::AfterContactWork));
    assert_eq!(left(&bench), None, "the customer is on the line");
    assert!(bench.events().iter().any(started));
    let leg = bench.board.calls[&contact].call.customer_leg();
    let asked = |effect: &Effect| matches!(effect, Effect::Media(Media::Play { leg: of, .. }) if *of == leg);
    assert!(asked(bench.log.iter().rev().find(|effect| matches!(effect, Effect::Media(Media::Play { .. }))).unwrap()));
    bench.tell(Input::Media(Event::Digit { leg, digit: '4' }));
    assert_eq!(answers(&bench), [(4, "li.wei".to_owned(), "billing".to_owned())]);
    assert_eq!(left(&bench), Some(EndedBy::Flow));
    bench.pass(Duration::from_secs(31));
    assert_eq!(bench.outcome(contact), Some(Outcome::Answered));
}

#[test]
fn a_customer_who_keys_nothing_skips_the_question() {
    let mut bench = centre();
    let contact = talking(&mut bench);
    assert_eq!(bench.agent_wish(Wish::HangUp(contact)), Ok(()));
    // The question twice, each counted as over when nobody reports its end, and the time after it.
    bench.pass(Duration::from_secs(900));
    assert_eq!((answers(&bench), left(&bench)), (vec![], Some(EndedBy::Flow)));
    assert_eq!(bench.outcome(contact), Some(Outcome::Answered));
}

#[test]
fn nobody_is_asked_while_the_engine_drains() {
    let mut bench = centre();
    let contact = talking(&mut bench);
    bench.tell(Input::Drain);
    assert_eq!(bench.agent_wish(Wish::HangUp(contact)), Ok(()));
    assert_eq!((answers(&bench), left(&bench)), (vec![], Some(EndedBy::Agent)));
    assert!(!bench.events().iter().any(started), "nothing began");
}

#[test]
fn a_customer_who_hangs_up_is_not_asked() {
    let mut bench = centre();
    talking(&mut bench);
    bench.hang_up("a");
    assert_eq!((bench.events().iter().any(started), left(&bench)), (false, Some(EndedBy::Customer)));
}
