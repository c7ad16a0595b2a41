//! Every message of RFC 4475 and RFC 5118 over UDP and TCP: the daemon lives, and answers the next OPTIONS.

use crate::support::{Bench, PATIENCE, Plan};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};

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

/// The final status that answers a torture message on a UDP socket, told apart by Call-ID from our own OPTIONS.
async fn ask_udp(socket: &UdpSocket, server: SocketAddr, number: usize, message: &[u8]) -> (Option<u16>, bool) {
    let via = socket.local_addr().unwrap().to_string();
    socket.send_to(options(number, &via, "UDP").as_bytes(), server).await.unwrap();
    let mut verdict = None;
    let mut buffer = vec![0; 65_536];
    let alive = tokio::time::timeout(PATIENCE, async {
        loop {
            let (length, _) = socket.recv_from(&mut buffer).await.unwrap();
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if text.contains(&format!("torture-{number}-UDP")) {
                return true;
            }
            verdict = verdict_of(&buffer[..length], message).or(verdict);
        }
    })
    .await
    .unwrap_or(false);
    (verdict, alive)
}

/// The Vias of the corpora name these ports; answers go there (RFC 3261 §18.2.2) and not to the source port.
async fn answer_sockets() -> Vec<UdpSocket> {
    let mut sockets = Vec::new();
    for port in [5060, 5050, 5070, 5080, 6050, 19_823] {
        sockets.push(UdpSocket::bind(("127.0.0.2", port)).await.expect("a port of 127.0.0.2 is free"));
    }
    sockets
}

async fn collect(sockets: &[UdpSocket], verdict: Option<u16>, message: &[u8]) -> Option<u16> {
    let mut verdict = verdict;
    let mut buffer = vec![0; 65_536];
    for socket in sockets {
        while let Ok(length) = socket.try_recv(&mut buffer) {
            verdict = verdict_of(&buffer[..length], message).or(verdict);
        }
    }
    verdict
}

fn holds(expected: &str, got: Option<u16>) -> bool {
    let always = [401, 403, 404, 405, 407, 480, 481, 482, 483];
    match expected.split_once(':') {
        None if expected == "valid" => got.is_some_and(|status| !matches!(status, 400 | 500 | 505)),
        None if expected == "valid-response" || expected == "drop" => got.is_none(),
        None => true,
        Some(("valid", wanted)) => {
            got.is_some_and(|status| always.contains(&status) || wanted.split('|').any(|w| w.parse() == Ok(status)))
        }
        Some(("reject", wanted)) => got.is_some_and(|status| wanted.split('|').any(|w| w.parse() == Ok(status))),
        Some(("reject-or-drop", wanted)) => got.is_none() || got == wanted.parse().ok(),
        Some(_) => got.is_some(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_torture_messages_over_udp_leave_the_daemon_alive() {
    let bench = Bench::start(&Plan::default(), &[]).await;
    let ports = answer_sockets().await;
    let socket = UdpSocket::bind("127.0.0.2:0").await.unwrap();
    let expected = expectations();
    let (mut right, mut total) = (0, 0);
    println!("{:<38} {:<28} {:>6}  verdict", "message (UDP)", "expected", "status");
    for (number, file) in corpora().iter().enumerate() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let message = with_fresh_branch(&std::fs::read(file).unwrap(), number);
        socket.send_to(&message, bench.daemon.sip).await.unwrap();
        let (verdict, alive) = ask_udp(&socket, bench.daemon.sip, number, &message).await;
        assert!(alive, "no answer to the OPTIONS after {name}");
        // A final answer to an INVITE may take a round trip through media and history.
        let verdict = if verdict.is_none() && expected[&name].starts_with("valid") {
            settle(&ports, &socket, &message).await
        } else {
            collect(&ports, verdict, &message).await
        };
        let good = holds(&expected[&name], verdict);
        (right, total) = (right + usize::from(good), total + 1);
        let status = verdict.map_or("-".to_owned(), |status| status.to_string());
        println!("{name:<38} {:<28} {status:>6}  {}", expected[&name], if good { "as expected" } else { "OTHER" });
    }
    println!("{right} of {total} as expected");
    bench.stop().await;
}

/// Gives an answer half a second to come.
async fn settle(ports: &[UdpSocket], socket: &UdpSocket, message: &[u8]) -> Option<u16> {
    let mut buffer = vec![0; 65_536];
    for _ in 0..25 {
        if let Some(status) = collect(ports, None, message).await {
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

#[tokio::test(flavor = "multi_thread")]
async fn the_torture_messages_over_tcp_leave_the_daemon_alive() {
    let bench = Bench::start(&Plan::default(), &[]).await;
    for (number, file) in corpora().iter().enumerate() {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let mut torture = TcpStream::connect(bench.daemon.sip).await.unwrap();
        // The daemon may close this connection in the middle: that is its right.
        let _ = torture.write_all(&std::fs::read(file).unwrap()).await;
        let mut clean = TcpStream::connect(bench.daemon.sip).await.unwrap();
        let via = clean.local_addr().unwrap().to_string();
        clean.write_all(options(number, &via, "TCP").as_bytes()).await.unwrap();
        let mut buffer = vec![0; 4_096];
        let read = tokio::time::timeout(PATIENCE, clean.read(&mut buffer)).await;
        let length = read.unwrap_or_else(|_| panic!("no answer to the OPTIONS after {name}")).unwrap();
        assert_eq!(status_of(&buffer[..length]), Some(200), "after {name}");
    }
    bench.stop().await;
}
