//! SIP over WebSocket (RFC 7118): one message per frame.

use crate::connection::{Connection, End, Inlet};
use crate::{Limits, Shared};
use axum::Router;
use axum::extract::ws::{Message as WsMessage, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use sip::api::Transport;
use sip::message::{MESSAGE_BYTES_MAX, ParseErrorKind, parse_frame};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, timeout, timeout_at};

const SUBPROTOCOL: &str = "sip";

/// The server that carries the WebSockets.
#[derive(Clone)]
struct Carrier {
    shared: Arc<Shared>,
    local: SocketAddr,
    transport: Transport,
}

pub(crate) fn router(shared: Arc<Shared>, local: SocketAddr, transport: Transport) -> Router {
    Router::new().route("/sip", get(upgrade)).with_state(Carrier { shared, local, transport })
}

async fn upgrade(
    State(Carrier { shared, local, transport }): State<Carrier>,
    ConnectInfo(remote): ConnectInfo<SocketAddr>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let upgrade = upgrade.max_message_size(MESSAGE_BYTES_MAX).max_frame_size(MESSAGE_BYTES_MAX);
    let upgrade = upgrade.protocols([SUBPROTOCOL]);
    // RFC 7118 §4.1: the client must ask for it.
    if upgrade.selected_protocol().is_none() {
        return (StatusCode::BAD_REQUEST, "the WebSocket subprotocol must be sip").into_response();
    }
    let Some(admission) = shared.admit(remote.ip()) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many connections").into_response();
    };
    upgrade.on_upgrade(async move |socket| {
        let limits = shared.limits;
        let ends = shared.flows.add(None, limits.queue_messages_max);
        let addresses = (local, remote);
        let (connection, inlet, queue) = Connection::new(ends, transport, addresses, admission, &shared);
        let (sink, stream) = socket.split();
        connection.run(read(stream, inlet, limits), write(sink, queue, limits)).await;
    })
}

async fn read(mut stream: SplitStream<WebSocket>, inlet: Inlet, limits: Limits) -> End {
    let mut first_message = Instant::now().checked_add(limits.first_message);
    loop {
        let silence = Instant::now() + limits.pong;
        let deadline = first_message.map_or(silence, |first| first.min(silence));
        let frame = match timeout_at(deadline, stream.next()).await {
            Ok(Some(Ok(frame))) => frame,
            Ok(_) => return End::Peer,
            Err(_) => return End::TimedOut,
        };
        let bytes = match &frame {
            WsMessage::Text(text) => text.as_bytes(),
            WsMessage::Binary(bytes) => bytes,
            WsMessage::Ping(_) | WsMessage::Pong(_) => continue,
            WsMessage::Close(_) => return End::Peer,
        };
        match parse_frame(bytes) {
            Err(error) if error.kind == ParseErrorKind::Empty => inlet.pong(),
            message => {
                first_message = None;
                if let Err(end) = inlet.message(message).await {
                    return end;
                }
            }
        }
    }
}

async fn write(mut sink: SplitSink<WebSocket, WsMessage>, mut queue: mpsc::Receiver<Vec<u8>>, limits: Limits) -> End {
    let mut pings = tokio::time::interval(limits.ping.max(Duration::from_millis(1)));
    pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pings.reset();
    loop {
        let frame = tokio::select! {
            bytes = queue.recv() => match bytes {
                Some(bytes) => frame(bytes),
                None => break,
            },
            _ = pings.tick() => WsMessage::Ping(bytes::Bytes::new()),
        };
        match timeout(limits.write, sink.send(frame)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return End::Peer,
            Err(_) => return End::TimedOut,
        }
    }
    _ = timeout(limits.write, sink.close()).await;
    End::Finished
}

/// Text where it can be: browsers' SIP stacks prefer it (RFC 7118 §5).
fn frame(bytes: Vec<u8>) -> WsMessage {
    match String::from_utf8(bytes) {
        Ok(text) => WsMessage::Text(text.into()),
        Err(error) => WsMessage::Binary(error.into_bytes().into()),
    }
}
