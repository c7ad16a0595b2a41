//! The console's side of a demo call: REST by `ureq`, CTI by WebSocket.

use crate::commands::Failure;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Something that a step of a demo call could not do.
pub(super) fn failed(step: &str, why: impl std::fmt::Display) -> Failure {
    Failure::Step(format!("{step}: {why}"))
}

/// A REST client of one demo.
#[derive(Clone)]
pub(super) struct Api {
    base: String,
    token: Option<String>,
}

impl Api {
    pub fn new(base: &str, token: Option<&str>) -> Self {
        Self { base: base.to_owned(), token: token.map(str::to_owned) }
    }

    async fn call(&self, method: &'static str, path: &str, body: Option<Value>) -> Result<Value, Failure> {
        let url = format!("{}/api/v1{path}", self.base);
        let token = self.token.clone();
        let task = tokio::task::spawn_blocking(move || exchange(method, &url, token.as_deref(), body.as_ref()));
        let step = format!("{method} {path}");
        task.await.map_err(|error| failed(&step, error))?.map_err(|error| failed(&step, error))
    }

    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        self.call("GET", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Result<Value, Failure> {
        self.call("POST", path, Some(body)).await
    }

    /// Signs in: an API of this user.
    pub async fn sign_in(&self, login: &str, password: &str) -> Result<Self, Failure> {
        let session = self.post("/sessions", json!({ "login": login, "password": password })).await?;
        let token = session["token"].as_str().ok_or_else(|| failed("sign-in", "no token"))?;
        Ok(Self::new(&self.base, Some(token)))
    }

    /// Opens the CTI WebSocket.
    pub async fn cti(&self) -> Result<Cti, Failure> {
        let url = format!("{}{}", self.base.replacen("http", "ws", 1), cti_bridge::PATH);
        let mut request = url.into_client_request().map_err(|error| failed("CTI", error))?;
        let protocol = cti_bridge::SUBPROTOCOL.parse().map_err(|_| failed("CTI", "bad subprotocol"))?;
        request.headers_mut().insert("Sec-WebSocket-Protocol", protocol);
        let (socket, _) = tokio_tungstenite::connect_async(request).await.map_err(|error| failed("CTI", error))?;
        let mut cti = Cti { socket, wishes: 0 };
        cti.send(json!({ "type": "hello", "token": self.token })).await?;
        cti.wait("snapshot", |message| message["type"] == "snapshot").await?;
        Ok(cti)
    }
}

fn exchange(method: &str, url: &str, token: Option<&str>, body: Option<&Value>) -> Result<Value, ureq::Error> {
    let bearer = token.map(|token| format!("Bearer {token}")).unwrap_or_default();
    let mut response = match (method, body) {
        ("POST", Some(body)) => ureq::post(url).header("Authorization", &bearer).send_json(body)?,
        _ => ureq::get(url).header("Authorization", &bearer).call()?,
    };
    let text = response.body_mut().read_to_string()?;
    Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// A console without a screen.
pub(super) struct Cti {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    wishes: u32,
}

impl Cti {
    async fn send(&mut self, message: Value) -> Result<(), Failure> {
        let text = Message::text(message.to_string());
        self.socket.send(text).await.map_err(|error| failed("CTI", error))
    }

    async fn next(&mut self) -> Result<Value, Failure> {
        loop {
            let message = self.socket.next().await.ok_or_else(|| failed("CTI", "the bridge closed the socket"))?;
            if let Message::Text(text) = message.map_err(|error| failed("CTI", error))? {
                return serde_json::from_str(&text).map_err(|error| failed("CTI", error));
            }
        }
    }

    /// Waits for a message that fits; the others are dropped.
    pub async fn wait(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Result<Value, Failure> {
        loop {
            let message = self.next().await?;
            if message["type"] == "error" {
                return Err(failed(what, &message));
            }
            if fits(&message) {
                return Ok(message);
            }
        }
    }

    /// Makes a wish and waits for its reply.
    pub async fn wish(&mut self, wish: Value) -> Result<(), Failure> {
        self.wishes += 1;
        let id = format!("w{}", self.wishes);
        let what = wish["type"].as_str().unwrap_or_default().to_owned();
        self.send(json!({ "type": "wish", "id": id, "wish": wish })).await?;
        let reply = self.wait(&what, |m| m["type"] == "reply" && m["id"] == id.as_str()).await?;
        if reply["ok"] == true { Ok(()) } else { Err(failed(&what, &reply["error"])) }
    }
}
