//! Every message of RFC 4475 and RFC 5118 over UDP, TCP and WebSocket, on IPv4 and IPv6: each is answered as it should
//! be, the daemon lives, and answers the next OPTIONS.

use crate::support::{Bench, PATIENCE, Plan};
use futures_util::{SinkExt as _, StreamExt as _};
use sip::api::Credentials;
use sip::digest;
use sip::message::{HeaderName, Message, Method, Uri, parse_frame};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio_tungstenite::tungstenite::Message as Frame;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Got {
    /// This final status.
    Status(u16),
    /// No answer, and the connection was closed.
    Closed,
    /// No answer.
    Silence,
}

fn corpora() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/sip");
    let mut files: Vec<PathBuf> = ["rfc4475", "rfc5118"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap().flatten())
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "dat"))
        .collect();
    files.sort();
    assert_eq!(files.len(), 51 + 12, "the corpora are whole");
    files
}

/// What the index of each corpus expects.
fn expectations() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/sip");
    let mut all = BTreeMap::new();
    for folder in ["rfc4475", "rfc5118"] {
        let index = std::fs::read_to_string(root.join(folder).join("index.tsv")).unwrap();
        for line in index.lines().skip(1) {
            let fields: Vec<&str> = line.split('\t').collect();
            all.insert(fields[0].to_owned(), fields[3].to_owned());
        }
    }
    all
}

fn options(number: usize, via: &str, transport: &str) -> String {
    format!(
        "OPTIONS sip:8000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} {via};rport;branch=z9hG4bK-torture-{number}\r\n\
         From: <sip:t@127.0.0.1>;tag=t{number}\r\nTo: <sip:8000@127.0.0.1>\r\nCall-ID: torture-{number}-{transport}\r\n\
         CSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
    )
}

/// A branch of its own for each message: some of the RFC's share one.
fn with_fresh_branch(bytes: &[u8], number: usize) -> Vec<u8> {
    let needle = b"z9hG4bK";
    let found = bytes.windows(needle.len()).position(|window| window == needle);
    let Some(at) = found.map(|at| at + needle.len()) else { return bytes.to_vec() };
    let bare = bytes.get(at).is_none_or(|b| matches!(b, b'\r' | b'\n' | b';' | b' '));
    let mut fresh = bytes.to_vec();
    if !bare {
        fresh.splice(at..at, format!("t{number}x").into_bytes());
    }
    fresh
}

fn status_of(answer: &[u8]) -> Option<u16> {
    String::from_utf8_lossy(answer).strip_prefix("SIP/2.0 ")?.get(..3)?.parse().ok()
}

/// The Call-ID of a message, however it is written.
fn call_id(message: &[u8]) -> Option<String> {
    String::from_utf8_lossy(message).lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_call_id = matches!(name.trim().to_ascii_lowercase().as_str(), "call-id" | "i");
        is_call_id.then(|| value.trim().to_owned())
    })
}

/// The final status of an answer to this message. Others come in between: refused INVITEs without an ACK have their
/// answers repeated.
fn verdict_of(answer: &[u8], message: &[u8]) -> Option<u16> {
    let status = status_of(answer).filter(|status| *status >= 200)?;
    let own = call_id(message).is_none_or(|id| call_id(answer).is_some_and(|answered| answered == id));
    own.then_some(status)
}

/// Where messages are sent, and where the answers are looked for.
enum Way {
    Udp { socket: UdpSocket, ports: Vec<UdpSocket> },
    Tcp,
    Ws { url: String },
}

impl Way {
    /// The Vias of the corpora name these ports; answers go there (RFC 3261 §18.2.2) and not to the source port.
    async fn udp(ip: IpAddr) -> Self {
        let mut ports = Vec::new();
        for port in [5060, 5050, 5070, 5080, 6050, 19_823] {
            ports.push(UdpSocket::bind((ip, port)).await.unwrap_or_else(|e| panic!("port {port} of {ip}: {e}")));
        }
        Self::Udp { socket: UdpSocket::bind((ip, 0)).await.unwrap(), ports }
    }

    const fn name(&self) -> &'static str {
        match self {
            Self::Udp { .. } => "UDP",
            Self::Tcp => "TCP",
            Self::Ws { .. } => "WS",
        }
    }

    /// Sends one message and tells what became of it. `due`: an answer is due, and waited for.
    async fn ask(&self, server: SocketAddr, number: usize, message: &[u8], due: bool) -> Got {
        match self {
            Self::Udp { socket, ports } => {
                socket.send_to(message, server).await.unwrap();
                let early = alive_by_udp(socket, server, number, message).await;
                let late = collect(ports, early, message);
                if late.is_some() || !due {
                    return late.map_or(Got::Silence, Got::Status);
                }
                settle(ports, socket, message).await.map_or(Got::Silence, Got::Status)
            }
            Self::Tcp => {
                let mut stream = TcpStream::connect(server).await.unwrap();
                // The daemon may close this connection in the middle: that is its right.
                let _ = stream.write_all(message).await;
                self.listen(Line::Tcp(stream, Vec::new()), number, message, due).await
            }
            Self::Ws { url } => {
                let mut line = Line::Ws(Box::new(web_socket(url).await));
                register(&mut line, number).await;
                line.say(message).await;
                self.listen(line, number, message, due).await
            }
        }
    }

    /// What comes back on the connection that brought the message: where no answer is due, up to the answer to an
    /// OPTIONS that follows it.
    async fn listen(&self, mut line: Line, number: usize, message: &[u8], due: bool) -> Got {
        let own = format!("torture-{number}-{}", self.name());
        if !due {
            line.say(options(number, "127.0.0.1", self.name()).as_bytes()).await;
        }
        let search = async {
            loop {
                let Some(answer) = line.hear().await else { return Got::Closed };
                if let Some(status) = verdict_of(&answer, message) {
                    return Got::Status(status);
                }
                if call_id(&answer).is_some_and(|id| id == own) {
                    return Got::Silence;
                }
            }
        };
        tokio::time::timeout(PATIENCE, search).await.unwrap_or(Got::Silence)
    }
}

/// A connection: what it brings is cut into messages.
enum Line {
    Tcp(TcpStream, Vec<u8>),
    Ws(Box<WebSocketStream<MaybeTlsStream<TcpStream>>>),
}

impl Line {
    async fn say(&mut self, message: &[u8]) {
        // One that is closed says so when it is listened to.
        let _ = match self {
            Self::Tcp(stream, _) => stream.write_all(message).await.is_ok(),
            Self::Ws(socket) => socket.send(frame(message)).await.is_ok(),
        };
    }

    /// The next message; `None`: closed.
    async fn hear(&mut self) -> Option<Vec<u8>> {
        match self {
            Self::Tcp(stream, rest) => loop {
                if let Some(message) = cut(rest) {
                    return Some(message);
                }
                let mut buffer = [0; 4_096];
                match stream.read(&mut buffer).await {
                    Ok(0) | Err(_) => return None,
                    Ok(length) => rest.extend_from_slice(&buffer[..length]),
                }
            },
            Self::Ws(socket) => loop {
                match socket.next().await {
                    Some(Ok(Frame::Text(text))) => return Some(text.as_bytes().to_vec()),
                    Some(Ok(Frame::Binary(bytes))) => return Some(bytes.to_vec()),
                    Some(Ok(Frame::Close(_)) | Err(_)) | None => return None,
                    Some(Ok(_)) => {}
                }
            },
        }
    }
}

/// The first whole message of what a stream has brought.
fn cut(rest: &mut Vec<u8>) -> Option<Vec<u8>> {
    let head = rest.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&rest[..head]).to_ascii_lowercase();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    let end = head + length.unwrap_or(0);
    (rest.len() >= end).then(|| rest.drain(..end).collect())
}

async fn web_socket(url: &str) -> WebSocketStream<MaybeTlsStream<TcpStream>> {
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("Sec-WebSocket-Protocol", "sip".parse().unwrap());
    tokio_tungstenite::connect_async(request).await.unwrap().0
}

fn frame(message: &[u8]) -> Frame {
    match str::from_utf8(message) {
        Ok(text) => Frame::text(text),
        Err(_) => Frame::binary(message.to_vec()),
    }
}

/// Registers a phone on this connection: strangers on WebSockets get no answers.
async fn register(line: &mut Line, number: usize) {
    let uri = Uri::parse("sip:127.0.0.1").unwrap();
    let credentials = Credentials {
        user: "6001".to_owned(),
        password: "softphone-secret".to_owned(),
        ha1_md5: String::new(),
        ha1_sha256: String::new(),
    };
    let mut authorization = String::new();
    for cseq in 1..=2 {
        let request = format!(
            "REGISTER {uri} SIP/2.0\r\nVia: SIP/2.0/WS t.invalid;branch=z9hG4bK-reg-{number}-{cseq}\r\n\
             From: <sip:6001@127.0.0.1>;tag=r\r\nTo: <sip:6001@127.0.0.1>\r\nCall-ID: register-{number}\r\n\
             CSeq: {cseq} REGISTER\r\nMax-Forwards: 70\r\nContact: <sip:6001@t.invalid;transport=ws>\r\n\
             {authorization}Content-Length: 0\r\n\r\n"
        );
        line.say(request.as_bytes()).await;
        let answer = tokio::time::timeout(PATIENCE, line.hear()).await.unwrap().expect("an answer to the REGISTER");
        let Ok(Message::Response(answer)) = parse_frame(&answer) else { panic!("no response") };
        if answer.code == 200 {
            return;
        }
        let challenges: Vec<&str> = answer.headers.all(&HeaderName::WwwAuthenticate).collect();
        let value = digest::answer(&challenges, &Method::Register, &uri, &credentials, "torture").unwrap();
        authorization = format!("Authorization: {value}\r\n");
    }
    panic!("not registered");
}

/// Waits until an OPTIONS is answered. What answered the torture message meanwhile is told apart by its Call-ID.
async fn alive_by_udp(socket: &UdpSocket, server: SocketAddr, number: usize, message: &[u8]) -> Option<u16> {
    let via = socket.local_addr().unwrap().to_string();
    socket.send_to(options(number, &via, "UDP").as_bytes(), server).await.unwrap();
    let mut verdict = None;
    let mut buffer = vec![0; 65_536];
    let answered = tokio::time::timeout(PATIENCE, async {
        loop {
            let (length, _) = socket.recv_from(&mut buffer).await.unwrap();
            if call_id(&buffer[..length]).is_some_and(|id| id == format!("torture-{number}-UDP")) {
                return;
            }
            verdict = verdict_of(&buffer[..length], message).or(verdict);
        }
    });
    answered.await.expect("no answer to the OPTIONS");
    verdict
}

fn collect(sockets: &[UdpSocket], verdict: Option<u16>, message: &[u8]) -> Option<u16> {
    let mut verdict = verdict;
    let mut buffer = vec![0; 65_536];
    for socket in sockets {
        while let Ok(length) = socket.try_recv(&mut buffer) {
            verdict = verdict_of(&buffer[..length], message).or(verdict);
        }
    }
    verdict
}

/// Gives an answer half a second to come: a final answer to an INVITE may take a round trip through media and history.
async fn settle(ports: &[UdpSocket], socket: &UdpSocket, message: &[u8]) -> Option<u16> {
    let mut buffer = vec![0; 65_536];
    for _ in 0..25 {
        if let Some(status) = collect(ports, None, message) {
            return Some(status);
        }
        if let Ok((length, _)) = socket.try_recv_from(&mut buffer)
            && let Some(status) = verdict_of(&buffer[..length], message)
        {
            return Some(status);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    None
}

/// On a stream a message whose end cannot be told has its connection closed; elsewhere silence is no answer.
fn holds(expected: &str, got: Got) -> bool {
    let always = [401, 403, 404, 405, 407, 480, 481, 482, 483];
    let (kind, wanted) = expected.split_once(':').unwrap_or((expected, ""));
    let wants = |status: u16| wanted.split('|').any(|w| w.parse() == Ok(status));
    match (kind, got) {
        ("valid", Got::Status(status)) if wanted.is_empty() => !matches!(status, 400 | 500 | 505),
        ("valid", Got::Status(status)) => always.contains(&status) || wants(status),
        ("valid", _) | ("reject" | "reject-or-tolerate", Got::Silence) => false,
        ("valid-response", got) => got == Got::Silence,
        ("drop", got) => !matches!(got, Got::Status(_)),
        ("reject" | "reject-or-drop", Got::Status(status)) => wants(status),
        _ => true,
    }
}

/// Sends all messages, prints what became of each, and returns how many of each RFC ended as they should.
#[allow(clippy::print_stdout, reason = "prints the table of verdicts")]
async fn table(way: &Way, bench: &Bench) -> [usize; 2] {
    let expected = expectations();
    let mut right = [0; 2];
    println!("{:<38} {:<28} {:>8}  verdict", format!("message ({})", way.name()), "expected", "status");
    for (number, file) in corpora().iter().enumerate() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let expected = expected[&name].as_str();
        let due = expected.starts_with("valid") && expected != "valid-response"
            || expected.starts_with("reject:")
            || expected.starts_with("reject-or-tolerate");
        let message = with_fresh_branch(&std::fs::read(file).unwrap(), number);
        let got = way.ask(bench.daemon.sip, number, &message, due).await;
        let good = holds(expected, got);
        right[usize::from(file.to_string_lossy().contains("rfc5118"))] += usize::from(good);
        let status = match got {
            Got::Status(status) => status.to_string(),
            Got::Closed => "closed".to_owned(),
            Got::Silence => "-".to_owned(),
        };
        println!("{name:<38} {expected:<28} {status:>8}  {}", if good { "as expected" } else { "OTHER" });
    }
    println!("{} of 51 of RFC 4475, {} of 12 of RFC 5118 as expected", right[0], right[1]);
    right
}

/// Tortures a daemon on this address by one transport.
async fn torture(ip: IpAddr, way: impl AsyncFnOnce(&Bench) -> Way) {
    let bench = Bench::start(&Plan { ip, ..Plan::default() }, &[]).await;
    let way = way(&bench).await;
    let right = table(&way, &bench).await;
    assert!(right[0] >= 50 && right[1] == 12, "{} of 51 and {} of 12", right[0], right[1]);
    let clean = UdpSocket::bind((ip, 0)).await.unwrap();
    alive_by_udp(&clean, bench.daemon.sip, usize::MAX, b"").await;
    bench.stop().await;
}

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

async fn by_ws(bench: &Bench) -> Way {
    Way::Ws { url: format!("ws://{}/sip", bench.daemon.http) }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_torture_messages_over_udp_are_answered_as_they_should_be() {
    torture(V4, async |_| Way::udp(IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2))).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_torture_messages_over_udp_and_ipv6_are_answered_as_they_should_be() {
    torture(V6, async |_| Way::udp(V6).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_torture_messages_over_tcp_are_answered_as_they_should_be() {
    torture(V4, async |_| Way::Tcp).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_torture_messages_over_tcp_and_ipv6_are_answered_as_they_should_be() {
    torture(V6, async |_| Way::Tcp).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_torture_messages_over_websocket_are_answered_as_they_should_be() {
    torture(V4, by_ws).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_torture_messages_over_websocket_and_ipv6_are_answered_as_they_should_be() {
    torture(V6, by_ws).await;
}
