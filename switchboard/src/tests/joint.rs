//! Consults and supervisors, as the whole switchboard plays them.

use super::{Bench, CONFIG, begins, joins};
use crate::{Effect, Input};
use core::time::Duration;
use domain::{
    AgentId, AgentState, CommandError, ConsultResult, ContactEventKind, DeskBody, Monitor, OfferId, TransferTarget,
    Wish,
};

/// A second queue with an agent of its own, and a supervisor.
fn text() -> String {
    let other = "\n[[queue]]\nid = \"sales\"\n[[agent]]\nid = \"ana\"\nphone = \"sip:ana@127.0.0.3:5060\"\n\
                 queues = [\"sales\"]\nsigned_in = true\n[[agent]]\nid = \"mei\"\nphone = \"sip:mei@127.0.0.3:5060\"\n\
                 queues = [\"sales\"]\n[flow.direct]\n";
    CONFIG.replacen("[flow.direct]\n", other, 1)
}

fn id(name: &str) -> AgentId {
    name.parse().unwrap()
}

/// The agent talks to the caller.
fn talking() -> Bench {
    let mut bench = Bench::with(&text(), 10);
    bench.call("a");
    bench.opened();
    assert!(bench.agent_answers().iter().any(joins));
    bench
}

impl Bench {
    pub(super) fn wish(&mut self, agent: &str, wish: Wish) -> Result<(), CommandError> {
        let input = Input::Wish { ticket: 9, agent: Some(id(agent)), wish: Box::new(wish) };
        let reply = self.tell(input).iter().find_map(|effect| match effect {
            Effect::Replied { ticket: 9, result } => Some(*result),
            _ => None,
        });
        reply.expect("every wish is answered")
    }

    pub(super) fn consult(&mut self, target: TransferTarget) -> Result<(), CommandError> {
        let contact = self.contact();
        self.wish("li.wei", Wish::Consult(contact, target))
    }

    pub(super) fn ended(&self) -> Option<ConsultResult> {
        self.events().iter().rev().find_map(|kind| match kind {
            ContactEventKind::ConsultEnded { result, .. } => Some(*result),
            _ => None,
        })
    }

    fn offer_to(&self, agent: &str) -> Option<OfferId> {
        self.log.iter().rev().find_map(|effect| match effect {
            Effect::Desk(event) if event.to == domain::Audience::Agent(id(agent)) => match &event.body {
                DeskBody::Offered(offer) => Some(offer.offer),
                _ => None,
            },
            _ => None,
        })
    }

    pub(super) fn state(&self, agent: &str) -> Option<AgentState> {
        self.board.agent_state(id(agent))
    }
}

#[test]
fn an_agent_who_is_asked_by_name_is_busy_at_once_and_free_again_after_declining() {
    let mut bench = talking();
    assert_eq!(bench.consult(TransferTarget::Agent(id("ana"))), Ok(()));
    assert_eq!(bench.state("ana"), Some(AgentState::Busy));
    let offer = bench.offer_to("ana").expect("the desk is told");
    assert_eq!(bench.wish("mei", Wish::Decline(offer)), Err(CommandError::StaleOffer), "not hers");
    assert_eq!(bench.wish("ana", Wish::Decline(offer)), Ok(()));
    assert_eq!((bench.ended(), bench.state("ana")), (Some(ConsultResult::Declined), Some(AgentState::Ready)));
    assert_eq!(bench.wish("ana", Wish::Decline(offer)), Err(CommandError::StaleOffer));
}

#[test]
fn who_is_busy_signed_out_or_unknown_is_not_asked() {
    let mut bench = talking();
    for (agent, why) in [
        ("li.wei", CommandError::AgentUnavailable),
        ("mei", CommandError::AgentUnavailable),
        ("nobody", CommandError::UnknownAgent),
    ] {
        assert_eq!(bench.consult(TransferTarget::Agent(id(agent))), Err(why), "{agent}");
    }
    assert_eq!(bench.consult(TransferTarget::Queue("nowhere".parse().unwrap())), Err(CommandError::UnknownQueue));
    assert_eq!(bench.consult(TransferTarget::Number(domain::Dnis::new("555"))), Err(CommandError::NoTrunk));
    assert_eq!(bench.consult(TransferTarget::Agent(id("ana"))), Ok(()));
    assert_eq!(bench.consult(TransferTarget::Agent(id("ana"))), Err(CommandError::WrongState), "one at a time");
}

#[test]
fn a_consult_with_a_queue_is_handed_over_and_both_agents_wrap_up() {
    let mut bench = talking();
    assert_eq!(bench.consult(TransferTarget::Queue("sales".parse().unwrap())), Ok(()));
    bench.opened();
    assert!(
        bench.agent_answers().iter().any(|effect| matches!(effect, Effect::Media(media::api::Command::Bridge { .. })))
    );
    assert_eq!(bench.state("ana"), Some(AgentState::Busy));
    let contact = bench.contact();
    assert_eq!(bench.wish("li.wei", Wish::CompleteTransfer(contact)), Ok(()));
    assert_eq!(bench.state("li.wei"), Some(AgentState::AfterContactWork));
    bench.hang_up("a");
    assert_eq!(bench.state("ana"), Some(AgentState::AfterContactWork));
    bench.pass(Duration::from_secs(600));
    assert_eq!((bench.state("li.wei"), bench.state("ana")), (Some(AgentState::Ready), Some(AgentState::Ready)));
    assert!(bench.events().iter().any(|kind| matches!(kind, ContactEventKind::Closed { .. })));
}

#[test]
fn a_queue_that_closes_ends_the_consult_and_not_the_call() {
    let mut bench = talking();
    assert_eq!(bench.wish("ana", Wish::SignOut), Ok(()));
    assert_eq!(bench.consult(TransferTarget::Queue("sales".parse().unwrap())), Ok(()));
    assert_eq!(bench.steer(Wish::OpenQueue { queue: "sales".parse().unwrap(), open: false }), Ok(()));
    assert_eq!(bench.ended(), Some(ConsultResult::Unreachable));
    assert!(bench.sent("BYE").is_none(), "the customer is with the agent");
}

#[test]
fn a_supervisor_who_comes_to_a_call_leaves_its_question_in_line() {
    let mut bench = talking();
    assert_eq!(bench.wish("ana", Wish::SignOut), Ok(()));
    assert_eq!(bench.consult(TransferTarget::Queue("sales".parse().unwrap())), Ok(()));
    let contact = bench.contact();
    assert_eq!(bench.wish("mei", Wish::SignIn), Ok(()));
    assert_eq!(bench.wish("mei", Wish::Monitor(contact, Monitor::Listen)), Ok(()));
    assert_eq!(bench.state("mei"), Some(AgentState::Busy));
    assert_eq!(bench.board.floor(bench.now).waiting.len(), 1);
    assert_eq!(bench.wish("ana", Wish::SignIn), Ok(()));
    assert_eq!(bench.wish("ana", Wish::Ready), Ok(()));
    assert!(bench.offer_to("ana").is_some(), "the question is answered");
}

#[test]
fn a_supervisor_who_signs_in_on_the_line_is_busy_and_afterwards_not_ready() {
    let mut bench = talking();
    let contact = bench.contact();
    assert_eq!(bench.wish("mei", Wish::Monitor(contact, Monitor::Whisper)), Ok(()));
    assert_eq!(bench.state("mei"), Some(AgentState::LoggedOut));
    assert_eq!(bench.wish("mei", Wish::SignIn), Ok(()));
    assert_eq!(bench.state("mei"), Some(AgentState::Busy));
    let rings = bench.log.iter().filter(|effect| begins(effect, "INVITE")).count();
    assert_eq!(bench.wish("mei", Wish::StopMonitoring(contact)), Ok(()));
    assert!(matches!(bench.state("mei"), Some(AgentState::NotReady(_))));
    assert_eq!(bench.wish("mei", Wish::StopMonitoring(contact)), Err(CommandError::WrongState));
    assert_eq!(bench.log.iter().filter(|effect| begins(effect, "INVITE")).count(), rings);
}
