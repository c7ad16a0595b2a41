//! Sentences about the whole switchboard. The races are left to the simulation in `sim`.

mod arriving;
mod callbacks;
mod comments;
mod desk_phone;
mod hours;
mod http_step;
mod joint;
mod masked;
mod messages;
mod quality;
mod recognition;
mod refer;
mod survey;
mod treatment;

use crate::api::{AgentRules, Entry, QueueSetup, Reconfiguration, Rules};
use crate::{Effect, Input, Setup, Switchboard};
use call::api::{Message, Phone, QueueRules, Say, Treatment};
use config::{AgentPhone, Config, Outside, PromptSet, Source};
use core::net::SocketAddr;
use core::time::Duration;
use domain::{
    AgentState, CommandError, ContactEventKind, ContactId, DeskBody, Exclusion, ExitReason, Instant, LegId, Priority,
    WallTime, Wish,
};
use media::api::{Command as Media, Event};
use std::path::PathBuf;
use std::sync::Arc;

const US: &str = "127.0.0.1:5060";
const CALLER: &str = "127.0.0.2:5060";
const AGENT: &str = "127.0.0.3:5060";
const SDP: &str = "v=0\r\no=a 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";

const CONFIG: &str = r#"
[[trunk]]
id = "lan"
sources = ["127.0.0.0/8"]
[[entry]]
id = "main"
dnis = "8000"
flow = "direct"
[[queue]]
id = "billing"
offer_timeout_s = 10
[[agent]]
id = "li.wei"
phone = "sip:li.wei@127.0.0.3:5060"
queues = ["billing"]
signed_in = true
[flow.direct]
start = "line"
[flow.direct.node.line]
type = "enqueue"
queue = "billing"
"#;

struct Nothing;

impl Outside for Nothing {
    fn read(&self, _path: &str) -> Result<String, String> {
        Err("no such file".to_owned())
    }

    fn variable(&self, _name: &str) -> Option<String> {
        None
    }

    fn prompts(&self, _dir: &str) -> Result<Option<PromptSet>, String> {
        Ok(None)
    }

    fn resolve(&self, path: &str) -> PathBuf {
        PathBuf::from(path)
    }
}

fn treatment(of: &config::Treatment) -> Arc<Treatment> {
    let message = |message: &config::Message| Message {
        after: message.after,
        every: message.every,
        say: message.prompts.iter().copied().map(Say::Prompt).collect(),
    };
    let messages = of.messages.iter().map(message).collect();
    Arc::new(Treatment { position: of.position, wait: of.wait, repeat: of.repeat, messages })
}

fn queue(queue: &config::Queue) -> QueueSetup {
    let rules = QueueRules {
        id: queue.setup.id,
        music: queue.music,
        treatment: treatment(&queue.treatment),
        record: queue.record,
        default_disposition: None,
        disposition_required: false,
        survey: queue.survey,
        secure_entry: queue.secure_entry,
    };
    QueueSetup { rules, dispositions: Vec::new(), hours: queue.hours }
}

fn agent(agent: &config::Agent) -> AgentRules {
    let phone = match &agent.phone {
        AgentPhone::Uri(uri) => Phone::Uri(uri.clone()),
        AgentPhone::Registered { user, .. } => Phone::Registered(user.clone()),
    };
    AgentRules { id: agent.id, phone, signed_in: agent.signed_in }
}

fn config(text: &str) -> Config {
    let source = Source { name: "test.toml".to_owned(), text: text.to_owned() };
    Config::from_source(source, &Nothing).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn rules(config: &Config, max_calls: usize) -> Rules {
    let entry = |entry: &config::Entry| Entry {
        id: entry.id,
        dnis: entry.dnis.as_ref().map(|dnis| dnis.as_str().to_owned()),
        flow: entry.flow,
        language: entry.language,
    };
    Rules {
        entries: config.entries().iter().map(entry).collect(),
        flows: config.flows().clone(),
        agents: config.agents().iter().map(agent).collect(),
        queues: config.queues().iter().map(|one| (one.setup.id, queue(one))).collect(),
        schedules: config.schedules().to_vec(),
        max_calls,
        ..Rules::default()
    }
}

fn setup(text: &str, max_calls: usize) -> Setup {
    let config = config(text);
    let (sip, acd, rules) = (config.sip(address(US), None), config.acd(), rules(&config, max_calls));
    let emergencies = std::collections::BTreeMap::new();
    Setup { sip, acd, rules, emergencies, wall_at_start: WallTime::from_micros(0), seed: [3; 32] }
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

/// A switchboard, and everything that it wanted so far.
struct Bench {
    board: Switchboard,
    now: Instant,
    log: Vec<Effect>,
}

impl Bench {
    fn new(max_calls: usize) -> Self {
        Self::with(CONFIG, max_calls)
    }

    fn with(text: &str, max_calls: usize) -> Self {
        let mut log = Vec::new();
        let board = Switchboard::new(Instant::ZERO, setup(text, max_calls), &mut log);
        Self { board, now: Instant::ZERO, log }
    }

    /// A supervisor's wish, and what came of it.
    fn steer(&mut self, wish: Wish) -> Result<(), CommandError> {
        let effects = self.tell(Input::Wish { ticket: 7, agent: None, wish: Box::new(wish) });
        let reply = effects.iter().find_map(|effect| match effect {
            Effect::Replied { ticket: 7, result } => Some(*result),
            _ => None,
        });
        reply.expect("every wish is answered")
    }

    fn reconfigure(&mut self, text: &str) {
        let config = config(text);
        let (acd, rules) = (config.acd(), rules(&config, 10));
        let new = Reconfiguration { acd, rules, add_users: Vec::new(), remove_users: Vec::new() };
        self.tell(Input::Reconfigure(Box::new(new)));
    }

    /// The kinds of the contacts' events so far.
    fn events(&self) -> Vec<&ContactEventKind> {
        self.log
            .iter()
            .filter_map(|effect| if let Effect::Store(event) = effect { Some(&event.kind) } else { None })
            .collect()
    }

    /// Hands something in and gives what is wanted then.
    fn tell(&mut self, input: Input) -> &[Effect] {
        let before = self.log.len();
        self.board.handle(self.now, input, &mut self.log);
        &self.log[before..]
    }

    fn receive(&mut self, from: &str, text: &str) -> &[Effect] {
        let source = sip::api::Source {
            transport: sip::api::Transport::Udp,
            local: address(US),
            remote: address(from),
            flow: None,
        };
        let message = sip::message::parse_datagram(text.as_bytes());
        self.tell(Input::Sip(sip::api::Fact::Received { source, message }))
    }

    /// Lets time pass, deadline by deadline.
    fn pass(&mut self, time: Duration) {
        let end = self.now + time;
        while let Some((at, _)) = self.board.deadline().filter(|(at, _)| *at <= end) {
            self.now = self.now.max(at);
            self.tell(Input::Tick);
        }
        self.now = end;
    }

    /// The newest message sent that begins so.
    fn sent(&self, start: &str) -> Option<String> {
        self.log.iter().rev().find_map(|effect| text(effect).filter(|text| text.starts_with(start)))
    }

    fn place(&self, what: impl Fn(&Effect) -> bool) -> Option<usize> {
        self.log.iter().position(what)
    }

    fn opened(&mut self) -> LegId {
        let leg = self.log.iter().rev().find_map(|effect| match effect {
            Effect::Media(Media::Open { leg, .. }) => Some(*leg),
            _ => None,
        });
        let leg = leg.expect("a session is opened");
        self.tell(Input::Media(Event::Opened { leg, sdp: SDP.to_owned() }));
        leg
    }

    fn contact(&self) -> ContactId {
        let first = self.log.iter().rev().find_map(|effect| match effect {
            Effect::Store(event) if event.seq == 1 => Some(event.contact),
            _ => None,
        });
        first.expect("a contact began")
    }

    /// A caller comes in, is answered and stands in line.
    fn call(&mut self, name: &str) {
        self.receive(CALLER, &invite(name, "8000"));
        self.opened();
        let contact = self.contact();
        self.tell(Input::Stored(contact));
        self.acknowledge(name);
    }

    /// The caller acknowledges the answer.
    fn acknowledge(&mut self, name: &str) {
        let ok = self.sent("SIP/2.0 200").expect("the call is answered");
        let ack = format!(
            "ACK sip:8000@{US} SIP/2.0\r\nVia: SIP/2.0/UDP {CALLER};branch=z9hG4bK-ack-{name}\r\nMax-Forwards: 70\r\n\
             From: <sip:+4930@{CALLER}>;tag={name}\r\n{}\r\nCall-ID: {name}\r\nCSeq: 1 ACK\r\nContent-Length: 0\r\n\r\n",
            line(&ok, "To:")
        );
        self.receive(CALLER, &ack);
    }

    /// The caller hangs up.
    fn hang_up(&mut self, name: &str) {
        let call_id = format!("Call-ID: {name}\r\n");
        let answers = |text: &String| text.starts_with("SIP/2.0 200") && text.contains(&call_id);
        let ok = self.log.iter().rev().filter_map(text).find(answers).expect("the call is answered");
        let bye = format!(
            "BYE sip:8000@{US} SIP/2.0\r\nVia: SIP/2.0/UDP {CALLER};branch=z9hG4bK-bye-{name}\r\nMax-Forwards: 70\r\n\
             From: <sip:+4930@{CALLER}>;tag={name}\r\n{}\r\nCall-ID: {name}\r\nCSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n",
            line(&ok, "To:")
        );
        self.receive(CALLER, &bye);
    }

    /// The agent's phone answers the newest INVITE, whether or not it is still wanted.
    fn agent_answers(&mut self) -> &[Effect] {
        let invite = self.sent("INVITE").expect("the agent is rung");
        let ok = format!(
            "SIP/2.0 200 OK\r\n{}\r\n{}\r\n{};tag=phone\r\n{}\r\n{}\r\nContact: <sip:li.wei@{AGENT}>\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}",
            line(&invite, "Via:"),
            line(&invite, "From:"),
            line(&invite, "To:"),
            line(&invite, "Call-ID:"),
            line(&invite, "CSeq:"),
            SDP.len()
        );
        self.receive(AGENT, &ok)
    }
}

fn text(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Send { bytes, .. } => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

fn line<'a>(message: &'a str, start: &str) -> &'a str {
    message.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start} in\n{message}"))
}

fn invite(name: &str, number: &str) -> String {
    format!(
        "INVITE sip:{number}@{US} SIP/2.0\r\nVia: SIP/2.0/UDP {CALLER};branch=z9hG4bK-{name}\r\nMax-Forwards: 70\r\n\
         From: <sip:+4930@{CALLER}>;tag={name}\r\nTo: <sip:{number}@{US}>\r\nCall-ID: {name}\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:+4930@{CALLER}>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{SDP}",
        SDP.len()
    )
}

fn begins(effect: &Effect, start: &str) -> bool {
    text(effect).is_some_and(|text| text.starts_with(start))
}

fn pops(effect: &Effect) -> bool {
    matches!(effect, Effect::Desk(event) if matches!(event.body, DeskBody::Offered(_)))
}

fn joins(effect: &Effect) -> bool {
    let connected = matches!(effect, Effect::Store(event) if matches!(event.kind, ContactEventKind::Connected { .. }));
    connected || matches!(effect, Effect::Media(Media::Bridge { .. }))
}

#[test]
fn a_call_to_an_unknown_number_is_refused_and_makes_no_contact() {
    let mut bench = Bench::new(10);
    bench.receive(CALLER, &invite("a", "4711"));
    assert!(bench.sent("SIP/2.0 404").is_some());
    assert!(bench.place(|effect| matches!(effect, Effect::Store(_))).is_none());
    assert_eq!(bench.board.calls(), 0);
}

#[test]
fn one_call_too_many_is_asked_to_try_again_later() {
    let mut bench = Bench::new(1);
    bench.call("a");
    bench.receive(CALLER, &invite("b", "8000"));
    let refusal = bench.sent("SIP/2.0 503").expect("refused");
    assert_eq!(line(&refusal, "Retry-After:"), "Retry-After: 5");
    assert_eq!(bench.board.calls(), 1);
}

#[test]
fn an_emergency_call_is_never_one_too_many() {
    let mut bench = Bench::new(1);
    bench.board.rules.emergency = vec!["8000".to_owned()];
    bench.call("a");
    bench.call("b");
    assert!(bench.sent("SIP/2.0 503").is_none());
    assert_eq!(bench.board.calls(), 2);
}

#[test]
fn the_screen_pop_is_told_before_the_phone_rings() {
    let mut bench = Bench::new(10);
    bench.call("a");
    bench.opened();
    let pop = bench.place(pops).expect("a pop");
    let ring = bench.place(|effect| begins(effect, "INVITE")).expect("an INVITE");
    assert!(pop < ring);
}

#[test]
fn a_console_has_a_moment_to_show_the_pop() {
    let mut bench = Bench::new(10);
    bench.tell(Input::Presence { agent: "li.wei".parse().unwrap(), connected: true });
    bench.call("a");
    bench.opened();
    bench.pass(Duration::from_millis(99));
    assert!(bench.sent("INVITE").is_none());
    bench.pass(Duration::from_millis(1));
    assert!(bench.sent("INVITE").is_some());
}

#[test]
fn an_answer_joins_customer_and_agent() {
    let mut bench = Bench::new(10);
    bench.call("a");
    bench.opened();
    assert!(bench.agent_answers().iter().any(joins));
}

#[test]
fn an_answer_after_the_offers_end_joins_nobody_and_is_hung_up() {
    let mut bench = Bench::new(10);
    bench.call("a");
    bench.opened();
    bench.pass(Duration::from_secs(11));
    let effects = bench.agent_answers();
    assert!(!effects.iter().any(joins));
    assert!(effects.iter().any(|effect| begins(effect, "ACK")) && effects.iter().any(|effect| begins(effect, "BYE")));
    assert_eq!(bench.board.calls(), 1, "the customer still waits");
}

#[test]
fn draining_refuses_new_calls_and_keeps_old_ones() {
    let mut bench = Bench::new(10);
    bench.call("a");
    bench.opened();
    bench.tell(Input::Drain);
    bench.receive(CALLER, &invite("b", "8000"));
    assert!(bench.sent("SIP/2.0 503").is_some());
    assert_eq!(bench.board.calls(), 1);
    assert!(bench.agent_answers().iter().any(joins));
}

fn nobody_ready() -> String {
    CONFIG.replace("signed_in = true", "signed_in = false")
}

/// The flow with a way on from the queue.
fn with_a_way_back() -> String {
    let edge = "queue = \"billing\"\noverflow = \"bye\"\n[flow.direct.node.bye]\ntype = \"hangup\"\n";
    let at = CONFIG.rfind("queue = \"billing\"\n").unwrap();
    format!("{}{edge}", &CONFIG[..at])
}

#[test]
fn an_offer_tells_why_it_was_made() {
    let mut bench = Bench::new(10);
    bench.call("a");
    let decisions = bench.events().into_iter().filter_map(|kind| match kind {
        ContactEventKind::Offered { why, decision: Some(decision), .. } => Some((why.clone(), decision.clone())),
        _ => None,
    });
    let decisions: Vec<_> = decisions.collect();
    let [(line, decision)] = &decisions[..] else { panic!("one offer, not {decisions:?}") };
    assert_eq!(*line, decision.to_string());
    assert_eq!(decision.candidates[0].0.as_str(), "li.wei");
}

#[test]
fn a_waiting_contact_is_explained_and_one_that_talks_is_not() {
    let mut bench = Bench::with(&nobody_ready(), 10);
    bench.call("a");
    let contact = bench.contact();
    let told = bench.board.explain(bench.now, contact).expect("it waits");
    assert_eq!((told.position, told.agents.len()), (1, 1));
    assert_eq!(told.agents[0].verdict, Err(Exclusion::LoggedOut));
    let mut served = Bench::new(10);
    served.call("a");
    served.opened();
    served.agent_answers();
    assert!(served.board.explain(served.now, served.contact()).is_none());
}

#[test]
fn a_queue_that_closes_gives_its_callers_back_to_their_flow() {
    let text = with_a_way_back().replace("signed_in = true", "signed_in = false");
    let mut bench = Bench::with(&text, 10);
    bench.call("a");
    let queue = "billing".parse().unwrap();
    assert_eq!(bench.steer(Wish::OpenQueue { queue, open: false }), Ok(()));
    let left = ContactEventKind::QueueLeft { queue, reason: ExitReason::Closed };
    assert!(bench.events().contains(&&left));
    assert!(bench.sent("BYE").is_some(), "the flow ends the call");
    let floor = bench.board.floor(bench.now);
    assert_eq!((&floor.closed[..], floor.queues[0].expected), (&[queue][..], None), "nobody may come now");
    assert_eq!(
        bench.steer(Wish::OpenQueue { queue: "nowhere".parse().unwrap(), open: true }),
        Err(CommandError::UnknownQueue)
    );
}

#[test]
fn points_are_changed_of_contacts_in_line_only() {
    let mut bench = Bench::with(&nobody_ready(), 10);
    bench.call("a");
    let points = |contact| Wish::Reprioritise { contact, priority: Some(Priority(50)), age_per_s: None };
    assert_eq!(bench.steer(points(bench.contact())), Ok(()));
    assert_eq!(bench.board.explain(bench.now, bench.contact()).unwrap().score, 50_000);
    assert_eq!(bench.steer(points(ContactId::new(1))), Err(CommandError::UnknownContact));
    assert_eq!(bench.steer(Wish::Ready), Err(CommandError::UnknownAgent), "no agent stands behind it");
}

#[test]
fn a_new_agent_takes_a_contact_that_waits_already() {
    let mut bench = Bench::with(&nobody_ready(), 10);
    bench.call("a");
    let other =
        "\n[[agent]]\nid = \"ana\"\nphone = \"sip:ana@127.0.0.3:5060\"\nqueues = [\"billing\"]\nsigned_in = true\n";
    let at = CONFIG.find("[flow.direct]").unwrap();
    let text = nobody_ready();
    let at = at + text.len() - CONFIG.len();
    bench.reconfigure(&format!("{}{other}{}", &text[..at], &text[at..]));
    let ana = "ana".parse().unwrap();
    assert!(matches!(bench.board.agent_state(ana), Some(AgentState::Reserved(_))));
    bench.opened();
    assert!(bench.agent_answers().iter().any(joins));
}

#[test]
fn a_caller_keeps_the_flow_in_which_the_configuration_changed() {
    let mut bench = Bench::with(&with_a_way_back().replace("signed_in = true", "signed_in = false"), 10);
    bench.call("a");
    bench.reconfigure(&nobody_ready());
    assert_eq!(bench.steer(Wish::OpenQueue { queue: "billing".parse().unwrap(), open: false }), Ok(()));
    let notes = bench.log.iter().filter(|effect| matches!(effect, Effect::FlowNote { .. })).count();
    assert_eq!(notes, 0, "the old flow has an edge for it");
}

#[test]
fn a_waiting_caller_is_told_a_wait_once_a_call_was_served() {
    let mut bench = Bench::new(10);
    let expected = |bench: &Bench| bench.board.floor(bench.now).queues[0].expected.map(|told| told.mean_ms / 1_000);
    assert_eq!(expected(&bench), Some(0), "an agent is ready");
    bench.call("a");
    bench.opened();
    bench.agent_answers();
    assert_eq!(expected(&bench), None, "nothing has been served yet");
    bench.pass(Duration::from_secs(100));
    bench.hang_up("a");
    bench.pass(Duration::from_secs(200));
    bench.call("b");
    bench.opened();
    assert!(bench.agent_answers().iter().any(joins), "the agent is ready again");
    bench.call("c");
    let told = bench.board.explain(bench.now, bench.contact()).expect("it waits");
    let now = told.expected.expect("one call was served").mean_ms / 1_000;
    assert!((100..=300).contains(&now), "{now} s");
    assert_eq!(told.told, Some((bench.now, told.expected.unwrap())));
    assert!(expected(&bench) > Some(now), "who comes now stands behind");
}
