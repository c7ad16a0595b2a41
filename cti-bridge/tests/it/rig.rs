//! A bridge on a port of its own, and clients for it.

use axum::http::HeaderValue;
use cti_bridge::{Ask, Bridge, Names, Presence, SUBPROTOCOL, Settings, WishRequest};
use domain::{
    AgentId, AgentState, Ani, Answer, Audience, CommandError, ContactId, Decision, DeskBody, DeskEvent, Dnis,
    Exclusion, Explanation, FloorView, Instant, InteractionId, InteractionPhase, InteractionView, Offer, OfferId,
    OfferResult, PastDecision, Proficiency, Query, Redacted, Role, RoutingRule, ScreenPop, Session, User, Verdict,
    WallTime, WhyStory, Wish,
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Where the engine's clock stands at its start.
pub const START_MS: i64 = 1_700_000_000_000;

pub struct Rig {
    pub bridge: Bridge,
    pub address: String,
    pub presence: mpsc::Receiver<Presence>,
    /// The wishes that reached the control loop: agent, login, wish.
    pub wishes: mpsc::Receiver<(Option<AgentId>, String, Wish)>,
}

pub fn agent(id: &str) -> AgentId {
    id.parse().unwrap()
}

/// Tokens: `li`, `ana` (agents), `sam` (a supervisor who is no agent).
fn session(token_sha256: &str) -> Option<Session> {
    let users =
        [("li", Role::Agent, Some("li.wei")), ("ana", Role::Agent, Some("ana")), ("sam", Role::Supervisor, None)];
    let hash = |login: &str| Sha256::digest(login.as_bytes()).iter().map(|b| format!("{b:02x}")).collect::<String>();
    let (login, role, id) = users.into_iter().find(|(login, ..)| hash(login) == token_sha256)?;
    let user = User { login: login.into(), name: login.to_uppercase(), role, agent: id.map(agent) };
    Some(Session { user, expires: WallTime::from_micros(i64::MAX) })
}

/// Refuses everything but `Ready`, `NotReady`, `SignIn` and `OpenQueue`.
fn verdict(wish: &Wish) -> Result<(), CommandError> {
    match wish {
        Wish::Ready | Wish::NotReady(_) | Wish::SignIn | Wish::OpenQueue { .. } => Ok(()),
        _ => Err(CommandError::WrongState),
    }
}

impl Rig {
    pub async fn start() -> Self {
        let (asks, mut asked) = mpsc::channel::<Ask>(8);
        let (wishes, mut wished) = mpsc::channel::<WishRequest>(8);
        let (presence_in, presence) = mpsc::channel(8);
        let (seen_in, seen) = mpsc::channel(64);
        let bridge = Bridge::new(settings(), names(), asks, wishes, presence_in);
        tokio::spawn(async move {
            while let Some(ask) = asked.recv().await {
                let answer = match ask.query {
                    Query::FindSession { token_sha256, .. } => Answer::Session(session(&token_sha256)),
                    Query::Why(contact) => Answer::Why(why(contact).map(Box::new)),
                    other => panic!("nobody asks {other:?}"),
                };
                let _ = ask.reply.send(Ok(answer));
            }
        });
        tokio::spawn(async move {
            while let Some(request) = wished.recv().await {
                let _ = request.reply.send(verdict(&request.wish));
                let _ = seen_in.send((request.agent, request.by, request.wish)).await;
            }
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(axum::serve(listener, bridge.router()).into_future());
        Self { bridge, address, presence, wishes: seen }
    }

    /// Opens a WebSocket without saying anything.
    pub async fn open(&self) -> Client {
        self.try_open(Some(SUBPROTOCOL), None).await.expect("the handshake succeeds")
    }

    pub async fn try_open(
        &self,
        protocol: Option<&'static str>,
        origin: Option<&'static str>,
    ) -> Result<Client, Error> {
        let mut request = format!("ws://{}/cti", self.address).into_client_request()?;
        if let Some(protocol) = protocol {
            request.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(protocol));
        }
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", HeaderValue::from_static(origin));
        }
        tokio_tungstenite::connect_async(request).await.map(|(socket, _)| Client(socket))
    }

    /// Signs in and returns the welcome and the message after it.
    pub async fn sign_in(&self, token: &str) -> (Client, Value, Value) {
        let mut client = self.open().await;
        client.send(json!({"type": "hello", "token": token})).await;
        let (welcome, snapshot) = (client.next().await, client.next().await);
        (client, welcome, snapshot)
    }

    /// Signs in with a number to go on from; returns the welcome.
    pub async fn resume(&self, token: &str, from: u64, session: &Value) -> (Client, Value) {
        let mut client = self.open().await;
        client.send(json!({"type": "hello", "token": token, "resume_from": from, "last_session": session})).await;
        let welcome = client.next().await;
        (client, welcome)
    }

    pub fn ready(&self, id: &str, at_ms: u64) {
        self.bridge.publish(state(id, at_ms, AgentState::Ready));
    }

    pub fn floor(&self, at_ms: u64, calls: u32) {
        let view = FloorView { at: Instant::from_millis(at_ms), calls, ..FloorView::default() };
        self.bridge.publish_floor(Arc::new(view));
    }
}

fn settings() -> Settings {
    Settings {
        wall_at_start: WallTime::from_micros(START_MS * 1_000),
        started: std::time::Instant::now(),
        start: Instant::ZERO,
        server_version: "0.1.0".into(),
    }
}

fn names() -> Names {
    Names {
        queues: BTreeMap::from([("sales".parse().unwrap(), "Sales".into())]),
        agents: BTreeMap::from([(agent("li.wei"), "Li Wei".into())]),
    }
}

/// Contact 7 waits and was offered once; there is no other.
fn why(contact: ContactId) -> Option<WhyStory> {
    let queue = "sales".parse().unwrap();
    let skill = Exclusion::Skill { skill: "sales".parse().unwrap(), held: 2, needed: 5 };
    let waiting = Explanation {
        at: Instant::from_millis(9_000),
        contact,
        queue,
        score: 73_500,
        position: 2,
        ring: 1,
        need: vec![("sales".parse().unwrap(), Proficiency::new(5).unwrap())],
        next_change: Some(Instant::from_millis(15_000)),
        expected: Some(domain::ExpectedWait { mean_ms: 60_000, p90_ms: 110_000 }),
        told: None,
        rule: RoutingRule::BestLevel,
        agents: vec![
            Verdict { agent: agent("li.wei"), verdict: Ok((1, 8)) },
            Verdict { agent: agent("ana"), verdict: Err(skill) },
        ],
    };
    let decision = Decision {
        score: 1,
        ring: 0,
        rule: RoutingRule::BestLevel,
        candidates: vec![(agent("li.wei"), 8)],
        passed_over: vec![(agent("ana"), Exclusion::NotReady("lunch".parse().unwrap()))],
    };
    let past = PastDecision {
        at: WallTime::from_micros((START_MS + 1) * 1_000),
        offer: OfferId::new(1),
        agent: agent("li.wei"),
        queue,
        result: Some(OfferResult::Declined),
        line: decision.to_string(),
        decision: Some(decision),
    };
    let at = WallTime::from_micros((START_MS + 9_000) * 1_000);
    let story = WhyStory { contact, at, waiting: Some(waiting), decisions: vec![past] };
    (contact == ContactId::new(7)).then_some(story)
}

/// A client's WebSocket.
pub struct Client(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Client {
    pub async fn send(&mut self, message: Value) {
        self.send_raw(Message::text(message.to_string())).await;
    }

    pub async fn send_raw(&mut self, message: Message) {
        self.0.send(message).await.expect("the server reads");
    }

    /// The next JSON message.
    pub async fn next(&mut self) -> Value {
        loop {
            match self.0.next().await.expect("the connection is open").expect("a frame") {
                Message::Text(text) => return serde_json::from_str(&text).expect("JSON"),
                Message::Ping(_) => {}
                other => panic!("a message, not {other:?}"),
            }
        }
    }

    /// The next messages, so many.
    pub async fn take(&mut self, count: usize) -> Vec<Value> {
        let mut messages = Vec::new();
        for _ in 0..count {
            messages.push(self.next().await);
        }
        messages
    }

    /// Reads to the end: the last error's code, and the code of the close frame.
    pub async fn until_closed(mut self) -> (Value, Option<u16>) {
        let mut error = Value::Null;
        while let Some(Ok(message)) = self.0.next().await {
            match message {
                Message::Text(text) => {
                    let message: Value = serde_json::from_str(&text).expect("JSON");
                    if message["type"] == "error" {
                        error = message["code"].clone();
                    }
                }
                Message::Close(frame) => return (error, frame.map(|frame| frame.code.into())),
                _ => {}
            }
        }
        (error, None)
    }

    pub async fn close(mut self) {
        self.0.close(None).await.expect("the server closes too");
        while let Some(Ok(_)) = self.0.next().await {}
    }
}

pub fn state(id: &str, at_ms: u64, state: AgentState) -> DeskEvent {
    let at = Instant::from_millis(at_ms);
    let body = DeskBody::AgentState { state, since: at, next: None, note: None };
    DeskEvent { at, to: Audience::Agent(agent(id)), body }
}

pub fn offered(id: &str, at_ms: u64, number: u64) -> DeskEvent {
    let offer = Offer {
        offer: OfferId::new(number),
        interaction: InteractionId::new(u128::from(number)),
        deadline: Instant::from_millis(at_ms + 20_000),
        why: "longest idle".into(),
        pop: pop(number),
        consulted_by: None,
    };
    let (at, to) = (Instant::from_millis(at_ms), Audience::Agent(agent(id)));
    DeskEvent { at, to, body: DeskBody::Offered(Box::new(offer)) }
}

pub fn interaction(id: &str, at_ms: u64, number: u64, notes: &str) -> DeskEvent {
    let view = InteractionView {
        interaction: InteractionId::new(u128::from(number)),
        contact: ContactId::new(u128::from(number)),
        queue: Some("sales".parse().unwrap()),
        phase: InteractionPhase::Talking,
        since: Instant::from_millis(at_ms),
        connected: Some(Instant::from_millis(at_ms)),
        held_ms: 0,
        muted: false,
        recording: None,
        paused_by: None,
        wrap_up_deadline: None,
        disposition: None,
        notes: Redacted::from(notes),
        consult: None,
        secure_entry: None,
        pop: pop(number),
    };
    let (at, to) = (Instant::from_millis(at_ms), Audience::Agent(agent(id)));
    DeskEvent { at, to, body: DeskBody::Interaction(Box::new(view)) }
}

fn pop(number: u64) -> ScreenPop {
    ScreenPop {
        contact: ContactId::new(u128::from(number)),
        ani: Ani::new("+493023125042"),
        caller_name: Redacted::from("Marta"),
        dnis: Dnis::new("8000"),
        queue: Some("sales".parse().unwrap()),
        customer: None,
        path: vec!["welcome".parse().unwrap(), "menu".parse().unwrap()],
        digits: vec![("menu".parse().unwrap(), Redacted::from("1"))],
        started: Instant::from_millis(1_000),
        queued: Some(Instant::from_millis(5_000)),
        outgoing: false,
        signalled: domain::Signalled::default(),
        channel: domain::Channel::Voice,
        message: None,
    }
}
