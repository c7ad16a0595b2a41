//! One WebSocket from upgrade to close.

use crate::bridge::Bridge;
use crate::convert::role_word;
use crate::hub::{Cut, Joined, Sight, write};
use crate::reply::ErrorCode;
use crate::schema::{
    AgentCard, AnswerBody, AnswerMessage, AskBody, AskMessage, ClientMessage, Hello, PROTOCOL_VERSION, Pong, Problem,
    Reply, ServerMessage, UserCard, Welcome, WishMessage,
};
use crate::wish;
use crate::{SUBPROTOCOL, origin};
use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade, close_code};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::{AgentId, CommandError, Role, Session, User};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, interval_at, sleep, timeout};

/// Largest message of a client, in bytes.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// The time that a client has for its `hello`.
const HELLO_WITHIN: Duration = Duration::from_secs(5);
/// How often the server pings.
const PING_EVERY: Duration = Duration::from_secs(20);
/// A client that has sent nothing for so long, not even a pong, is gone.
const SILENCE_MAX: Duration = Duration::from_secs(50);
/// How often a session is looked up again, so that signing out ends its connections.
const SESSION_EVERY: Duration = Duration::from_secs(60);
/// The time that the last words to a client may take.
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
/// Longest id of a wish, in bytes.
const WISH_ID_MAX: usize = 64;

type Sink = SplitSink<WebSocket, Message>;

/// Why a connection ends.
enum End {
    /// The client has gone.
    Gone,
    /// The server closes it: code and last word.
    Close(u16, Problem),
}

/// Answers `GET /cti`.
pub(crate) async fn upgrade(State(bridge): State<Bridge>, headers: HeaderMap, upgrade: WebSocketUpgrade) -> Response {
    if !origin::is_ours(&headers) {
        return (StatusCode::FORBIDDEN, "This page's origin is not this server's.\n").into_response();
    }
    let upgrade = upgrade.protocols([SUBPROTOCOL]);
    if upgrade.selected_protocol().is_none() {
        return (StatusCode::BAD_REQUEST, format!("Ask for the subprotocol {SUBPROTOCOL}.\n")).into_response();
    }
    let upgrade = upgrade.max_message_size(MESSAGE_BYTES_MAX).max_frame_size(MESSAGE_BYTES_MAX);
    upgrade.on_upgrade(move |socket| run(bridge, socket))
}

async fn run(bridge: Bridge, socket: WebSocket) {
    let (mut sink, mut stream) = socket.split();
    let end = match sign_in(&bridge, &mut stream).await {
        Ok(client) => serve(&bridge, client, &mut sink, stream).await,
        Err(end) => end,
    };
    if let End::Close(code, problem) = end {
        let last_words = async {
            // A close frame holds 123 bytes of reason (RFC 6455 section 5.5).
            let reason = Utf8Bytes::from(&problem.message[..problem.message.floor_char_boundary(120)]);
            sink.feed(Message::Text(write(&ServerMessage::Error(problem)))).await?;
            sink.send(Message::Close(Some(CloseFrame { code, reason }))).await
        };
        // A client that does not listen to its last words loses them.
        let _ = timeout(CLOSE_WITHIN, last_words).await;
    }
}

/// A signed-in client before it joins.
struct Client {
    session: Session,
    token_sha256: String,
    resume_from: Option<u64>,
}

async fn sign_in(bridge: &Bridge, stream: &mut SplitStream<WebSocket>) -> Result<Client, End> {
    let closed = |problem| End::Close(close_code::POLICY, problem);
    let first = timeout(HELLO_WITHIN, first_text(stream)).await.map_err(|_| closed(Problem::hello_expected()))??;
    let Ok(ClientMessage::Hello(hello)) = serde_json::from_str(&first) else {
        return Err(closed(Problem::hello_expected()));
    };
    let token_sha256 = token_sha256(&hello.token);
    let session = bridge.session(&token_sha256).await.map_err(closed)?;
    let session = session.ok_or_else(|| closed(Problem::unauthenticated()))?;
    Ok(Client { session, token_sha256, resume_from: resume_from(bridge, &hello) })
}

async fn first_text(stream: &mut SplitStream<WebSocket>) -> Result<Utf8Bytes, End> {
    loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => return Ok(text),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => return Err(End::Close(close_code::POLICY, Problem::hello_expected())),
            Some(Err(error)) => return Err(broken(&error)),
            Some(Ok(Message::Close(_))) | None => return Err(End::Gone),
        }
    }
}

/// The number to go on from, if it belongs to this engine's sequence.
fn resume_from(bridge: &Bridge, hello: &Hello) -> Option<u64> {
    let ours = hello.last_session.as_deref() == Some(bridge.sequence_name().as_str());
    hello.resume_from.filter(|_| ours)
}

/// The SHA-256 of a session token in hex: how the store knows it.
fn token_sha256(token: &str) -> String {
    Sha256::digest(token.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

async fn serve(bridge: &Bridge, client: Client, sink: &mut Sink, stream: SplitStream<WebSocket>) -> End {
    let Client { session, token_sha256, resume_from } = client;
    let user = session.user;
    let sight = Sight { agent: user.agent, all: user.role >= Role::Supervisor };
    let Some(joined) = bridge.join(sight, resume_from) else {
        return End::Close(close_code::RESTART, CommandError::Draining.into());
    };
    bridge.report_presence(user.agent).await;
    let welcome = welcome(bridge, &user, &joined);
    let Joined { client, backlog, queue, cut, replies, .. } = joined;
    let reader = Reader { bridge, user: &user, client, replies };
    let outgoing = Outgoing { first: std::iter::once(welcome).chain(backlog).collect(), queue };
    let end = tokio::select! {
        biased;
        end = was_cut(cut) => end,
        end = watch_session(bridge, &token_sha256) => end,
        end = outgoing.write_to(sink) => end,
        end = reader.run(stream) => end,
    };
    bridge.leave(client);
    bridge.report_presence(user.agent).await;
    end
}

fn welcome(bridge: &Bridge, user: &User, joined: &Joined) -> Utf8Bytes {
    let name = |id: AgentId| bridge.agent_name(id).unwrap_or_else(|| user.name.clone());
    write(&ServerMessage::Welcome(Welcome {
        session: bridge.sequence_name(),
        seq: joined.seq,
        version: PROTOCOL_VERSION,
        server: bridge.settings().server_version.clone(),
        server_time_ms: bridge.server_time_ms(),
        user: UserCard { login: user.login.clone(), name: user.name.clone(), role: role_word(user.role) },
        agent: user.agent.map(|id| AgentCard { id: id.to_string(), name: name(id) }),
        resumed: joined.resumed,
    }))
}

async fn was_cut(cut: oneshot::Receiver<Cut>) -> End {
    match cut.await {
        Ok(Cut::Slow) => End::Close(close_code::POLICY, Problem::slow_reader()),
        Ok(Cut::Stopping) | Err(_) => End::Close(close_code::RESTART, CommandError::Draining.into()),
    }
}

/// Ends when the session does. A store that does not answer ends nothing.
async fn watch_session(bridge: &Bridge, token_sha256: &str) -> End {
    loop {
        sleep(SESSION_EVERY).await;
        if let Ok(None) = bridge.session(token_sha256).await {
            return End::Close(close_code::POLICY, Problem::unauthenticated());
        }
    }
}

/// What goes to the client.
struct Outgoing {
    first: Vec<Utf8Bytes>,
    queue: mpsc::Receiver<Utf8Bytes>,
}

impl Outgoing {
    async fn write_to(mut self, sink: &mut Sink) -> End {
        for text in self.first {
            if sink.send(Message::Text(text)).await.is_err() {
                return End::Gone;
            }
        }
        let mut pings = interval_at(Instant::now() + PING_EVERY, PING_EVERY);
        loop {
            let message = tokio::select! {
                text = self.queue.recv() => match text {
                    Some(text) => Message::Text(text),
                    None => return End::Gone,
                },
                _ = pings.tick() => Message::Ping(axum::body::Bytes::new()),
            };
            if sink.send(message).await.is_err() {
                return End::Gone;
            }
        }
    }
}

/// What comes from the client.
struct Reader<'a> {
    bridge: &'a Bridge,
    user: &'a User,
    client: u64,
    replies: mpsc::Sender<Utf8Bytes>,
}

/// What can still be read of a message that is not one of ours.
#[derive(Deserialize)]
struct OnlyId {
    id: Option<String>,
}

impl Reader<'_> {
    /// One message after the other: a client cannot pile up work here.
    async fn run(&self, mut stream: SplitStream<WebSocket>) -> End {
        loop {
            match timeout(SILENCE_MAX, stream.next()).await {
                Ok(Some(Ok(Message::Text(text)))) => {
                    if let Some(answer) = self.on_text(&text).await {
                        self.reply(&answer);
                    }
                }
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                Ok(Some(Ok(Message::Binary(_)))) => {
                    return End::Close(close_code::UNSUPPORTED, bad_message("messages are JSON in text frames"));
                }
                Ok(Some(Err(error))) => return broken(&error),
                Ok(Some(Ok(Message::Close(_))) | None) | Err(_) => return End::Gone,
            }
        }
    }

    /// A client that lets replies pile up is as slow as one that lets events pile up.
    fn reply(&self, message: &ServerMessage) {
        if self.replies.try_send(write(message)).is_err() {
            self.bridge.cut_slow(self.client);
        }
    }

    async fn on_text(&self, text: &str) -> Option<ServerMessage> {
        match serde_json::from_str(text) {
            Ok(ClientMessage::Wish(wish)) => {
                let id = wish.id.clone();
                let result = self.on_wish(wish).await;
                Some(ServerMessage::Reply(Reply::new(id, result)))
            }
            Ok(ClientMessage::Ask(ask)) => {
                let (id, result) = (ask.id.clone(), self.on_ask(ask).await);
                let (answer, error) = result.map_or_else(|error| (None, Some(error)), |answer| (Some(answer), None));
                Some(ServerMessage::Answer(AnswerMessage { id, ok: answer.is_some(), answer, error }))
            }
            Ok(ClientMessage::Ping(ping)) => {
                Some(ServerMessage::Pong(Pong { id: ping.id, server_time_ms: self.bridge.server_time_ms() }))
            }
            Ok(ClientMessage::Hello(_)) => Some(ServerMessage::Error(bad_message("`hello` was said already"))),
            Err(error) => Some(not_ours(text, &error)),
        }
    }

    async fn on_wish(&self, message: WishMessage) -> Result<(), Problem> {
        self.check_id(&message.id)?;
        let wish = if wish::steers(&message.wish) {
            self.supervises("only supervisors steer the floor")?;
            (None, wish::wish(message.wish)?)
        } else {
            if wish::monitors(&message.wish) {
                self.supervises("only supervisors monitor contacts")?;
            }
            let agent = self.agent_for(message.agent.as_deref())?;
            (Some(agent), wish::wish(message.wish)?)
        };
        self.bridge.wish(wish.0, self.user.login.clone(), wish.1).await
    }

    async fn on_ask(&self, message: AskMessage) -> Result<AnswerBody, Problem> {
        self.check_id(&message.id)?;
        self.supervises("only supervisors may ask")?;
        let AskBody::Why { contact } = message.ask;
        let contact = wish::id(&contact, CommandError::UnknownContact)?;
        self.bridge.why(contact).await.map(|story| AnswerBody::Why(Box::new(story)))
    }

    fn check_id(&self, id: &str) -> Result<(), Problem> {
        if id.len() > WISH_ID_MAX {
            return Err(Problem::new(ErrorCode::BadField, format!("id: at most {WISH_ID_MAX} characters")));
        }
        Ok(())
    }

    fn supervises(&self, otherwise: &str) -> Result<(), Problem> {
        if self.user.role >= Role::Supervisor { Ok(()) } else { Err(Problem::new(ErrorCode::Forbidden, otherwise)) }
    }

    /// Agents act for themselves; supervisors for whom they name.
    fn agent_for(&self, named: Option<&str>) -> Result<AgentId, Problem> {
        let forbidden = |why: &str| Problem::new(ErrorCode::Forbidden, why);
        let Some(named) = named else {
            return self.user.agent.ok_or_else(|| forbidden("this user is no agent; name one in `agent`"));
        };
        let agent = wish::id(named, CommandError::UnknownAgent)?;
        if self.user.agent == Some(agent) || self.user.role >= Role::Supervisor {
            return Ok(agent);
        }
        Err(forbidden("only supervisors act for others"))
    }
}

fn bad_message(message: impl Into<String>) -> Problem {
    Problem::new(ErrorCode::BadMessage, message)
}

fn not_ours(text: &str, error: &serde_json::Error) -> ServerMessage {
    let problem = bad_message(format!("not a message of this protocol: {error}"));
    match serde_json::from_str(text) {
        Ok(OnlyId { id: Some(id) }) => ServerMessage::Reply(Reply::new(id, Err(problem))),
        _ => ServerMessage::Error(problem),
    }
}

fn broken(error: &axum::Error) -> End {
    tracing::debug!(%error, "a CTI connection broke");
    let text = error.to_string();
    if text.contains("too long") || text.contains("too big") {
        return End::Close(close_code::SIZE, bad_message(format!("a message holds at most {MESSAGE_BYTES_MAX} bytes")));
    }
    End::Gone
}
