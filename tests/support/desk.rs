//! A console without a screen: a CTI connection that makes wishes.

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use std::net::SocketAddr;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// A person at a console.
pub struct Desk {
    socket: WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>,
    wishes: u64,
    /// What the desk was told, in order.
    pub told: Vec<Value>,
}

impl Desk {
    /// Signs in over HTTP and opens the connection.
    pub async fn sign_in(http: SocketAddr, login: &str, password: &str) -> Self {
        let rest = super::Rest::sign_in(&format!("http://{http}"), login, password).await;
        let mut request = format!("ws://{http}/cti").into_client_request().unwrap();
        let protocol = axum::http::HeaderValue::from_static("switchroom.cti.v1");
        request.headers_mut().insert("sec-websocket-protocol", protocol);
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        let mut desk = Self { socket, wishes: 0, told: Vec::new() };
        desk.send(json!({ "type": "hello", "token": rest.token() })).await;
        desk.until(|message| message["type"] == "snapshot").await;
        desk
    }

    async fn send(&mut self, message: Value) {
        self.socket.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn next(&mut self) -> Value {
        loop {
            let message =
                tokio::time::timeout(super::PATIENCE, self.socket.next()).await.expect("the desk is told nothing");
            if let Message::Text(text) = message.expect("the connection stays").unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// Reads on until a message fits.
    pub async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.next().await;
            self.told.push(message.clone());
            if fits(&message) {
                return message;
            }
        }
    }

    /// Makes a wish; the code of its refusal, if it is refused.
    pub async fn wish(&mut self, wish: Value) -> Result<(), String> {
        self.wishes += 1;
        let id = self.wishes.to_string();
        self.send(json!({ "type": "wish", "id": id, "wish": wish })).await;
        let reply = self.until(|message| message["type"] == "reply" && message["id"] == id).await;
        if reply["ok"] == true { Ok(()) } else { Err(reply["error"]["code"].as_str().unwrap_or_default().to_owned()) }
    }

    /// Makes a wish about a contact, which is granted.
    pub async fn granted(&mut self, kind: &str, contact: &str, more: Value) {
        let mut wish = json!({ "type": kind, "contact": contact });
        for (key, value) in more.as_object().into_iter().flatten() {
            wish[key] = value.clone();
        }
        assert_eq!(self.wish(wish.clone()).await, Ok(()), "{wish}");
    }

    /// Waits until the desk's part in the contact is in a phase.
    pub async fn phase(&mut self, phase: &str) -> Value {
        self.until(|message| message["event"]["type"] == "interaction" && message["event"]["phase"] == phase).await
    }
}
