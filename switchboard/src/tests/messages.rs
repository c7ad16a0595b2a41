//! Sentences about messages that callers leave.

use super::callbacks::CENTRE;
use super::*;
use call::api::FinishedRecording;
use domain::Outcome;

fn centre() -> Bench {
    let flow = "[[entry]]\nid = \"box\"\ndnis = \"8002\"\nflow = \"box\"\n[flow.box]\nstart = \"speak\"\n\
                [flow.box.node.speak]\ntype = \"voicemail\"\nqueue = \"billing\"\nmax_s = 60\nnext = \"bye\"\nfailed = \"sorry\"\n\
                [flow.box.node.bye]\ntype = \"hangup\"\n[flow.box.node.sorry]\ntype = \"hangup\"\n";
    Bench::with(&format!("{CENTRE}{flow}"), 50)
}

impl Bench {
    /// A caller comes to the box and is told to speak; the message's contact.
    fn speaks(&mut self, name: &str) -> ContactId {
        self.receive(CALLER, &invite(name, "8002"));
        self.opened();
        let caller = self.contact();
        self.tell(Input::Stored(caller));
        self.acknowledge(name);
        let message = self.contact();
        assert_ne!(caller, message, "a contact of its own begins");
        self.tell(Input::Stored(message));
        message
    }

    fn recorded(&mut self, message: ContactId, voiced_ms: Option<u64>) {
        let recording = self.board.calls[&message].recording;
        let finished = voiced_ms.map(|voiced_ms| FinishedRecording {
            path: "2026/11/22/a.wav".to_owned(),
            duration_ms: 9_000,
            sha256: "ab".to_owned(),
            gap_ms: 0,
            voiced_ms,
        });
        self.tell(Input::Recorded { recording, finished });
    }

    fn ready(&mut self) {
        assert_eq!(self.agent_wish(Wish::SignIn), Ok(()));
        assert_eq!(self.agent_wish(Wish::Ready), Ok(()));
    }
}

fn stops(effect: &Effect) -> bool {
    matches!(effect, Effect::Media(Media::StopRecording { .. }))
}

fn rings(effect: &Effect) -> bool {
    begins(effect, "INVITE")
}

#[test]
fn a_message_is_offered_without_a_ring_taken_on_the_desk_and_closed_there() {
    let mut bench = centre();
    let message = bench.speaks("a");
    assert!(bench.place(stops).is_none());
    bench.hang_up("a");
    assert!(bench.place(stops).is_some(), "the end of the call is the end of the message");
    bench.recorded(message, Some(4_000));
    bench.ready();
    assert!(bench.place(rings).is_none());
    let offer = bench.log.iter().find_map(|effect| match effect {
        Effect::Desk(event) => match &event.body {
            DeskBody::Offered(offer) => Some((offer.offer, offer.pop.message.clone())),
            _ => None,
        },
        _ => None,
    });
    let (offer, heard) = offer.expect("it is offered");
    assert_eq!(heard.map(|heard| heard.duration_ms), Some(9_000));
    assert_eq!(bench.agent_wish(Wish::Answer(offer)), Ok(()));
    assert_eq!(bench.board.agent_state("li.wei".parse().unwrap()), Some(AgentState::Busy));
    assert_eq!(bench.agent_wish(Wish::HangUp(message)), Ok(()));
    assert_eq!(bench.outcome(message), Some(Outcome::Answered));
    assert_eq!(bench.board.agent_state("li.wei".parse().unwrap()), Some(AgentState::Ready));
    assert!(bench.place(rings).is_none());
}

#[test]
fn a_call_must_be_answered_on_the_phone_all_the_same() {
    let mut bench = Bench::new(10);
    bench.call("a");
    let offer = bench.log.iter().find_map(|effect| match effect {
        Effect::Desk(event) => match &event.body {
            DeskBody::Offered(offer) => Some(offer.offer),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(bench.agent_wish(Wish::Answer(offer.expect("it is offered"))), Err(CommandError::AnswerOnPhone));
}

#[test]
fn a_caller_who_says_nothing_bothers_nobody() {
    let mut bench = centre();
    bench.ready();
    let message = bench.speaks("a");
    bench.hang_up("a");
    bench.recorded(message, Some(300));
    assert_eq!(bench.outcome(message), Some(Outcome::Cancelled));
    assert_eq!(bench.board.agent_state("li.wei".parse().unwrap()), Some(AgentState::Ready));
}

#[test]
fn a_message_whose_queue_lets_nobody_in_is_offered_when_it_does() {
    let mut bench = centre();
    let queue = "billing".parse().unwrap();
    assert_eq!(bench.steer(Wish::OpenQueue { queue, open: false }), Ok(()));
    let message = bench.speaks("a");
    bench.hang_up("a");
    bench.recorded(message, Some(4_000));
    bench.ready();
    bench.pass(Duration::from_secs(130));
    let left = ContactEventKind::QueueLeft { queue, reason: ExitReason::Closed };
    let tries = bench.events_of(message).into_iter().filter(|kind| **kind == left).count();
    assert_eq!((tries, bench.outcome(message)), (3, None), "it asks again and is not lost");
    assert_eq!(bench.steer(Wish::OpenQueue { queue, open: true }), Ok(()));
    bench.pass(Duration::from_secs(60));
    assert!(bench.place(pops).is_some(), "it is offered");
}

#[test]
fn the_longest_message_ends_by_itself_and_the_flow_goes_on() {
    let mut bench = centre();
    bench.speaks("a");
    bench.pass(Duration::from_secs(59));
    assert!(bench.place(stops).is_none());
    bench.pass(Duration::from_secs(2));
    assert!(bench.place(stops).is_some());
    assert!(bench.sent("BYE").is_some(), "the next node hangs up");
}

#[test]
fn silence_after_the_message_ends_it_and_the_flow_goes_on() {
    let mut bench = centre();
    let message = bench.speaks("a");
    let listens = |effect: &Effect| {
        let five = Some(Duration::from_secs(5));
        matches!(effect, Effect::Media(Media::StartRecording { silence, .. }) if *silence == five)
    };
    assert!(bench.place(listens).is_some());
    let recording = bench.board.calls[&message].recording;
    bench.tell(Input::Media(Event::FellSilent { recording }));
    assert!(bench.place(stops).is_some());
    assert!(bench.sent("BYE").is_some(), "the next node hangs up");
    bench.recorded(message, Some(4_000));
    bench.ready();
    assert!(bench.place(pops).is_some(), "it is offered");
}

#[test]
fn where_nothing_can_be_recorded_the_flow_says_so() {
    let mut bench = centre();
    let message = bench.speaks("a");
    bench.recorded(message, None);
    let sorry =
        |kind: &&&ContactEventKind| matches!(kind, ContactEventKind::NodeEntered { node } if node.as_str() == "sorry");
    assert_eq!(bench.events().iter().filter(sorry).count(), 1);
    assert_eq!(bench.outcome(message), Some(Outcome::System));
}

#[test]
fn a_restart_puts_a_message_back_in_line_and_closes_one_without_sound() {
    let mut bench = centre();
    let message = bench.speaks("a");
    bench.hang_up("a");
    let lost = bench.speaks("b");
    bench.recorded(message, Some(4_000));
    let past = |contact| {
        let events = bench.log.iter().filter_map(|effect| match effect {
            Effect::Store(event) if event.contact == contact => {
                Some((event.seq, WallTime::from_micros(0).at(event.at), event.kind.clone()))
            }
            _ => None,
        });
        (contact, events.collect::<Vec<_>>())
    };
    let past = vec![past(message), past(lost)];
    let mut after = centre();
    let mut out = Vec::new();
    after.board.restore(after.now, past, &mut out);
    after.log.extend(out);
    assert_eq!(after.outcome(lost), Some(Outcome::System));
    after.pass(Duration::from_millis(1));
    after.ready();
    assert!(after.place(pops).is_some(), "it is offered again");
}

#[test]
fn a_message_is_given_to_another_queue_without_a_word_to_anybody() {
    let mut bench = centre();
    let message = bench.speaks("a");
    bench.hang_up("a");
    bench.recorded(message, Some(4_000));
    bench.ready();
    let offer = bench.log.iter().find_map(|effect| match effect {
        Effect::Desk(event) => match &event.body {
            DeskBody::Offered(offer) => Some(offer.offer),
            _ => None,
        },
        _ => None,
    });
    assert_eq!(bench.agent_wish(Wish::Answer(offer.expect("it is offered"))), Ok(()));
    let before = bench.log.len();
    let to = domain::TransferTarget::Queue("billing".parse().unwrap());
    assert_eq!(bench.agent_wish(Wish::Transfer(message, to)), Ok(()));
    assert!(!bench.log[before..].iter().any(|effect| matches!(effect, Effect::Media(_) | Effect::Send { .. })));
    assert_eq!(bench.log.iter().filter(|effect| pops(effect)).count(), 2, "it is offered again");
    assert_eq!(bench.outcome(message), None);
}
