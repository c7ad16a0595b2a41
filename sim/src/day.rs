//! A given day of given callers on the real switchboard: nothing is lost on the way, everybody answers when they are to,
//! and what happens is what the routing decides. For comparing it with other accounts of the same day.

mod wire;

use crate::plan;
use call::api::FinishedRecording;
use core::net::SocketAddr;
use core::time::Duration;
use domain::{AgentId, ContactEventKind as Kind, ContactId, FloorView, Instant, LegId, OfferId, WallTime, Wish};
use media::api::{Command as Media, Event};
use sip::api::{Destination, Source, Transport};
use std::collections::{BTreeMap, VecDeque};
use switchboard::{Effect, Input, Switchboard};
use wire::{AGENTS, CALLERS, SDP, address, call_id, caller_of, from, in_dialog, invite, line, reply};

/// Eight in the morning of a day in UTC.
const WALL_AT_START: WallTime = WallTime::from_micros(1_700_035_200_000_000);
/// The configuration but for the agents and the words of the queue.
const TEXT: &str = r#"
[sip]
listen = "127.0.0.1:5060"
phone_keep_alive_s = 0
trunk_keep_alive_s = 0
[[trunk]]
id = "lan"
sources = ["127.0.0.2/32", "127.0.0.3/32"]
[[trunk]]
id = "carrier"
peer = "udp:127.0.0.4:5060"
[[entry]]
id = "main"
dnis = "8000"
flow = "main"
[flow.main]
start = "line"
[flow.main.node.line]
type = "enqueue"
queue = "calls"
keys = { 1 = "book", 2 = "speak" }
timeout = "sent-away"
[flow.main.node.book]
type = "callback"
queue = "calls"
booked = "bye"
refused = "back"
[flow.main.node.back]
type = "resume"
[flow.main.node.speak]
type = "voicemail"
queue = "calls"
max_s = 300
next = "bye"
failed = "bye"
[flow.main.node.sent-away]
type = "menu"
prompts = ["main-menu"]
digits = { 2 = "speak", 3 = "bye" }
exhausted = "bye"
[flow.main.node.bye]
type = "hangup"
[[queue]]
id = "calls"
record = false
offer_timeout_s = 60
wrap_up_s = 3600
"#;

/// Where the line sends those who have waited too long.
const SENT_AWAY: &str = "sent-away";

/// A caller. Times are microseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// When it calls, after the day's beginning.
    pub at_us: u64,
    /// How long it waits before it gives up; `None`: for ever.
    pub patience_us: Option<u64>,
    /// How long the talk lasts.
    pub service_us: u64,
    /// How long the agent then has work.
    pub wrap_up_us: u64,
    /// Keys 1 to be called back.
    pub accepts: bool,
    /// Keys 2 to leave a message, in line or when the line sends it away.
    pub leaves: bool,
    /// How long an agent has its message in hand.
    pub message_us: u64,
    /// Whether each try to call back is answered.
    pub tries: Vec<bool>,
    /// After how long it rings in by itself instead of being called back, and gives up that time.
    pub rings_in: Option<(u64, Option<u64>)>,
}

/// How long everybody takes, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// From the first ring to an agent's answer.
    pub agent_us: u64,
    /// From the first ring to a customer's answer.
    pub customer_us: u64,
    /// From a caller's arrival to the key for a call back.
    pub key_us: u64,
    /// From a caller's arrival to the key for a message.
    pub message_us: u64,
    /// How long a caller speaks a message.
    pub speak_us: u64,
}

/// What happened.
#[derive(Debug)]
pub struct Played {
    /// Every event with its wall time, in order.
    pub events: Vec<(ContactId, WallTime, Kind)>,
    /// The floor when the last call was over.
    pub floor: FloorView,
}

/// Something that somebody does at a moment.
#[derive(Clone, Debug)]
enum Deed {
    /// The caller calls, for the first time or the second.
    Call(usize, bool),
    GivesUp(ContactId),
    /// In line, or where the line sent the caller.
    Key(ContactId, char),
    /// The message is spoken.
    Spoken(ContactId),
    /// The agent takes the message that is offered.
    Accept(AgentId, OfferId),
    /// The phone with this Call-ID is taken off the hook.
    PickUp(String),
    HangUp(ContactId, AgentId),
    Finish(ContactId, AgentId),
}

/// A call as the day sees it.
#[derive(Debug, Default)]
struct Known {
    caller: usize,
    is_callback: bool,
    is_message: bool,
    /// Would leave a message.
    leaves: bool,
    /// Leaves one.
    speaks: bool,
    /// The caller's own call.
    call_id: String,
    leg: Option<LegId>,
    /// Agents' phones that ring.
    rings: u32,
    /// The customer's phone rings.
    dialled: bool,
    connected: bool,
    over: bool,
}

struct Day<'a> {
    callers: &'a [Caller],
    pace: Pace,
    now: Instant,
    board: Switchboard,
    agenda: BTreeMap<(Instant, u64), Deed>,
    made: u64,
    inbox: VecDeque<Input>,
    known: BTreeMap<ContactId, Known>,
    /// INVITEs that ring, with where they went, by Call-ID.
    ringing: BTreeMap<String, (SocketAddr, String)>,
    /// The To of the answers to callers' INVITEs, by Call-ID.
    answered: BTreeMap<String, String>,
    /// The call that is coming in.
    calling: String,
    events: Vec<(ContactId, WallTime, Kind)>,
}

/// Plays a day: so many agents, who are ready from its beginning; `queue`: more words of the queue's table, in TOML.
#[must_use]
pub fn play(agents: usize, queue: &str, callers: &[Caller], pace: Pace) -> Played {
    let mut text = format!("{TEXT}{queue}\n");
    for agent in 0..agents {
        text.push_str(&format!(
            "[[agent]]\nid = \"{agent}\"\nphone = \"sip:{agent}@{AGENTS}\"\nqueues = [\"calls\"]\n"
        ));
    }
    let config = plan::checked(text);
    let mut setup = plan::board_of(&config, 10_000, [7; 32]);
    setup.wall_at_start = WALL_AT_START;
    let mut effects = Vec::new();
    let board = Switchboard::new(Instant::ZERO, setup, &mut effects);
    let mut day = Day {
        callers,
        pace,
        now: Instant::ZERO,
        board,
        agenda: BTreeMap::new(),
        made: 0,
        inbox: VecDeque::new(),
        known: BTreeMap::new(),
        ringing: BTreeMap::new(),
        answered: BTreeMap::new(),
        calling: String::new(),
        events: Vec::new(),
    };
    effects.into_iter().for_each(|effect| day.on(effect));
    for agent in config.agents() {
        day.wish(agent.id, Wish::SignIn);
        day.wish(agent.id, Wish::Ready);
    }
    for (number, caller) in callers.iter().enumerate() {
        day.at(Instant::from_micros(caller.at_us), Deed::Call(number, false));
    }
    day.run()
}

impl Day<'_> {
    fn run(mut self) -> Played {
        // What people do at a moment comes before what falls due then, as in the simulator.
        loop {
            let next = self.agenda.keys().next().map(|(at, _)| *at);
            let due = self.board.deadline().map(|(at, _)| at);
            match (next, due) {
                (Some(at), due) if due.is_none_or(|due| at <= due) => {
                    self.now = self.now.max(at);
                    if let Some((_, deed)) = self.agenda.pop_first() {
                        self.act(deed);
                    }
                }
                (_, Some(due)) if next.is_some() || self.board.calls() > 0 => {
                    self.now = self.now.max(due);
                    self.tell(Input::Tick);
                }
                _ => return Played { floor: self.board.floor(self.now), events: self.events },
            }
        }
    }

    fn at(&mut self, at: Instant, deed: Deed) {
        self.made += 1;
        self.agenda.insert((at, self.made), deed);
    }

    fn after(&mut self, us: u64, deed: Deed) {
        self.at(self.now + Duration::from_micros(us), deed);
    }

    fn tell(&mut self, input: Input) {
        self.inbox.push_back(input);
        self.hand_in();
    }

    /// Hands in what has come, and what everybody answers to it at once.
    fn hand_in(&mut self) {
        while let Some(input) = self.inbox.pop_front() {
            let mut effects = Vec::new();
            self.board.handle(self.now, input, &mut effects);
            effects.into_iter().for_each(|effect| self.on(effect));
        }
    }

    fn wish(&mut self, agent: AgentId, wish: Wish) {
        self.made += 1;
        self.tell(Input::Wish { ticket: self.made, agent: Some(agent), wish: Box::new(wish) });
    }

    fn act(&mut self, deed: Deed) {
        match deed {
            Deed::Call(caller, again) if !again || self.is_to_be_called(caller) => {
                self.calling = call_id(caller, again);
                let invite = invite(caller, &self.calling);
                self.receive(address(CALLERS), &invite);
            }
            Deed::Call(..) => {}
            Deed::GivesUp(contact) => {
                if self.known.get(&contact).is_some_and(|known| !known.connected && !known.speaks) {
                    self.hang_up(contact);
                }
            }
            Deed::Spoken(contact) => self.hang_up(contact),
            Deed::Key(contact, digit) => {
                let free = |known: &&Known| known.rings == 0 && !known.connected && !known.speaks && !known.over;
                if let Some(leg) = self.known.get(&contact).filter(free).and_then(|known| known.leg) {
                    self.tell(Input::Media(Event::Digit { leg, digit }));
                }
            }
            Deed::Accept(agent, offer) => self.wish(agent, Wish::Answer(offer)),
            Deed::PickUp(call_id) => {
                if let Some((to, invite)) = self.ringing.remove(&call_id) {
                    self.receive(to, &reply(&invite, "200 OK", SDP));
                }
            }
            Deed::HangUp(contact, agent) => self.wish(agent, Wish::HangUp(contact)),
            Deed::Finish(contact, agent) => self.wish(agent, Wish::FinishWrapUp(contact)),
        }
        self.hand_in();
    }

    /// The caller puts the telephone down, if the call is not over.
    fn hang_up(&mut self, contact: ContactId) {
        let known = self.known.get(&contact).filter(|known| !known.over);
        if let Some((known, to)) = known.and_then(|known| Some((known, self.answered.get(&known.call_id)?))) {
            let bye = in_dialog("BYE", 2, &known.call_id, &from(known.caller, &known.call_id), to);
            self.receive(address(CALLERS), &bye);
        }
    }

    /// The caller waits to be called back, and nobody calls at this moment.
    fn is_to_be_called(&self, caller: usize) -> bool {
        let of = |known: &&Known| known.is_callback && known.caller == caller;
        self.known.values().find(of).is_some_and(|known| !known.dialled && !known.connected && !known.over)
    }

    fn receive(&mut self, remote: SocketAddr, text: &str) {
        let source = Source { transport: Transport::Udp, local: plan::BOARD, remote, flow: None };
        let message = sip::message::parse_datagram(text.as_bytes());
        self.inbox.push_back(Input::Sip(sip::api::Fact::Received { source, message }));
    }

    fn on(&mut self, effect: Effect) {
        match effect {
            Effect::Store(event) => {
                if event.seq == 1 {
                    self.inbox.push_back(Input::Stored(event.contact));
                }
                self.hear(event.contact, &event.kind);
                self.events.push((event.contact, WALL_AT_START.at(event.at), event.kind));
            }
            Effect::Media(Media::Open { leg, contact, offer, .. }) => {
                if let Some(known) = self.known.get_mut(&contact).filter(|_| offer.is_some()) {
                    known.leg = Some(leg);
                }
                self.inbox.push_back(Input::Media(Event::Opened { leg, sdp: SDP.to_owned() }));
            }
            Effect::Media(Media::StopRecording { recording }) => {
                self.inbox.push_back(Input::Recorded { recording, finished: Some(tape()) });
            }
            Effect::Send { to: Destination::Udp(to), bytes } => {
                self.on_message(to, &String::from_utf8_lossy(&bytes));
            }
            _ => {}
        }
    }

    fn hear(&mut self, contact: ContactId, kind: &Kind) {
        match kind {
            Kind::Started { channel: domain::Channel::Voice, ani, .. } => {
                let Some(caller) = caller_of(ani.as_str()) else { return };
                let again = self.known.values().any(|known| known.caller == caller);
                let (call_id, leaves) = (self.calling.clone(), self.callers[caller].leaves && !again);
                self.known.insert(contact, Known { caller, call_id, leaves, ..Known::default() });
                self.waits(contact, again);
            }
            Kind::CallbackRequested(order) => {
                let Some(caller) = caller_of(order.number.as_str()) else { return };
                self.known.insert(contact, Known { caller, is_callback: true, ..Known::default() });
                if let Some((after, _)) = self.callers[caller].rings_in {
                    self.after(after, Deed::Call(caller, true));
                }
            }
            Kind::VoicemailRequested(order) => {
                let Some(caller) = self.known.get(&order.from).map(|known| known.caller) else { return };
                self.known.insert(contact, Known { caller, is_message: true, ..Known::default() });
            }
            _ => {}
        }
        self.follow(contact, kind);
    }

    /// What follows for a call that is known.
    fn follow(&mut self, contact: ContactId, kind: &Kind) {
        let Some(known) = self.known.get_mut(&contact) else { return };
        let (caller, was_connected) = (&self.callers[known.caller], known.connected);
        match kind {
            Kind::Offered { agent, offer, .. } => {
                known.rings += 1;
                if known.is_message {
                    self.after(self.pace.agent_us, Deed::Accept(*agent, *offer));
                }
            }
            Kind::NodeEntered { node } if node.as_str() == SENT_AWAY => {
                let digit = if known.leaves { '2' } else { '3' };
                self.after(0, Deed::Key(contact, digit));
            }
            Kind::VoicemailLeft { .. } => {
                known.speaks = true;
                self.after(self.pace.speak_us, Deed::Spoken(contact));
            }
            Kind::OfferEnded { .. } => known.rings = known.rings.saturating_sub(1),
            Kind::CallbackDialled { .. } => known.dialled = true,
            Kind::CallbackMissed { .. } => known.dialled = false,
            Kind::Connected { agent, .. } => {
                known.connected = true;
                let length = if known.is_message { caller.message_us } else { caller.service_us };
                let agent = *agent;
                self.after(length, Deed::HangUp(contact, agent));
            }
            Kind::InteractionEnded { agent, .. } => {
                let (agent, length) = (*agent, if was_connected { caller.wrap_up_us } else { 0 });
                self.after(length, Deed::Finish(contact, agent));
            }
            Kind::CustomerLeft { .. } | Kind::Closed { .. } => known.over = true,
            _ => {}
        }
    }

    /// What a caller will do while waiting.
    fn waits(&mut self, contact: ContactId, again: bool) {
        let caller = &self.callers[self.known[&contact].caller];
        let patience = if again { caller.rings_in.and_then(|(_, patience)| patience) } else { caller.patience_us };
        let keys = caller.accepts && !again;
        if let Some(patience) = patience {
            self.after(patience, Deed::GivesUp(contact));
        }
        let leaves = caller.leaves && !again;
        if keys {
            self.after(self.pace.key_us, Deed::Key(contact, '1'));
        }
        if leaves {
            self.after(self.pace.message_us, Deed::Key(contact, '2'));
        }
    }

    fn on_message(&mut self, to: SocketAddr, text: &str) {
        let call_id = line(text, "Call-ID:").trim_start_matches("Call-ID:").trim().to_owned();
        let verb = text.split_whitespace().next().unwrap_or_default();
        match verb {
            "INVITE" if line(text, "To:").contains(";tag=") => self.receive(to, &reply(text, "200 OK", SDP)),
            "INVITE" if self.ringing.contains_key(&call_id) => {}
            "INVITE" => {
                self.receive(to, &reply(text, "180 Ringing", ""));
                self.ringing.insert(call_id.clone(), (to, text.to_owned()));
                if to == address(AGENTS) {
                    self.after(self.pace.agent_us, Deed::PickUp(call_id));
                } else if self.is_answered(text) {
                    self.after(self.pace.customer_us, Deed::PickUp(call_id));
                }
            }
            "CANCEL" => {
                self.receive(to, &reply(text, "200 OK", ""));
                if let Some((to, invite)) = self.ringing.remove(&call_id) {
                    self.receive(to, &reply(&invite, "487 Request Terminated", ""));
                }
            }
            "BYE" | "UPDATE" | "OPTIONS" => self.receive(to, &reply(text, "200 OK", "")),
            "SIP/2.0" if text.starts_with("SIP/2.0 200") && line(text, "CSeq:").ends_with("INVITE") => {
                let (from, to) = (line(text, "From:").to_owned(), line(text, "To:").to_owned());
                let ack = in_dialog("ACK", 1, &call_id, &from, &to);
                self.answered.insert(call_id, to);
                self.receive(address(CALLERS), &ack);
            }
            _ => {}
        }
    }

    /// Whether the customer whom this INVITE rings answers.
    fn is_answered(&self, invite: &str) -> bool {
        let to = line(invite, "To:");
        let digits: String = to.chars().skip_while(|c| *c != '+').skip(1).take_while(char::is_ascii_digit).collect();
        let Some(caller) = caller_of(&digits) else { return false };
        let of = |(contact, _, kind): &&(ContactId, WallTime, Kind)| {
            let own = self.known.get(contact).is_some_and(|known| known.caller == caller);
            own && matches!(kind, Kind::CallbackDialled { .. })
        };
        let tries = self.events.iter().filter(of).count();
        self.callers[caller].tries.get(tries.saturating_sub(1)).copied().unwrap_or_default()
    }
}

/// A message that somebody spoke.
fn tape() -> FinishedRecording {
    FinishedRecording {
        path: "message.wav".to_owned(),
        duration_ms: 30_000,
        sha256: "00".to_owned(),
        gap_ms: 0,
        voiced_ms: 20_000,
    }
}
