//! TLS: SIP over it, and HTTPS; certificates that are renewed while calls go on.

use crate::support::tls::{self, Identity, Line};
use crate::support::{Bench, PATIENCE, Plan, Rest, answer, hears, phone, report, until};
use futures_util::{SinkExt as _, StreamExt as _};
use http_api::ReloadError;
use rustls::ClientConfig;
use serde_json::json;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use switchroom::phone::{Order, Phone, Report};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpStream, UdpSocket};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_while_a_call_goes_on_and_no_connection_is_lost() {
    let (bench, mut phones) = Bench::with_phones(&Plan { tls: true, ..Plan::default() }, &["anna"]).await;
    let (dir, address) = (bench.dir.path().to_owned(), bench.daemon.sip_tls.unwrap());
    let caller = bench.call_answered("8001").await;
    caller.order(Order::Tone(620)).await;
    answer(&mut phones[0]).await;
    // The second one keeps no session that it could resume without looking at a certificate.
    let (old, old_stranger) = (tls::believer(&dir), tls::believer(&dir));
    let mut line = Line::open(address, &old).await.unwrap();
    assert_eq!(line.register().await.code, 200);

    tls::renew(&dir);
    assert_eq!(bench.daemon.reload().await.unwrap().changed, ["tls"]);
    let new = tls::believer(&dir);
    assert!(Line::open(address, &old_stranger).await.is_err(), "new connections get the new certificate alone");
    let mut second = Line::open(address, &new).await.unwrap();
    let registered = second.register().await;
    assert_eq!(registered.code, 200);
    assert_eq!(registered.headers.contacts().unwrap().len(), 2, "the first one is still there");
    assert_eq!(line.register().await.code, 200, "its connection goes on");
    hears(&phones[0], 620).await;

    std::fs::write(dir.join(tls::CERTIFICATE), "no certificate").unwrap();
    let Err(ReloadError::Faulty(flaws)) = bench.daemon.reload().await else { panic!("a faulty one was taken") };
    assert_eq!(flaws.iter().map(|flaw| flaw.code.as_str()).collect::<Vec<_>>(), ["bad_certificate"]);
    assert!(Line::open(address, &new).await.is_ok(), "the one before it stays");
    hears(&phones[0], 620).await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_is_there_over_https_as_well() {
    let bench = Bench::start(&Plan { tls: true, ..Plan::default() }, &[]).await;
    let client = tls::believer(bench.dir.path());
    let mut stream = tls::connect(bench.daemon.https.unwrap(), &client).await.unwrap();
    stream.write_all(b"GET /health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").await.unwrap();
    stream.flush().await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    bench.stop().await;
}

/// Callers who call at the same time, connections of each one after the other at least, and calls over each connection.
const CALLERS: usize = 10;
const CONNECTIONS: usize = 4;
const CALLS: usize = 5;
const CALLS_MIN: usize = CALLERS * CONNECTIONS * CALLS;
/// How often the certificate is renewed meanwhile.
const RENEWALS: usize = 5;
/// Calls that last from before the first renewal until after the last one.
const LONG: usize = 4;
const AGENTS: usize = 8;
const HZ: u32 = 620;
/// How the numbers of callers begin whose calls last.
const LONG_FROM: &str = "+49301";

/// Certificates, which of them may be in force at this moment, and how many calls are over.
struct Renewing {
    identities: Vec<Identity>,
    client: Arc<ClientConfig>,
    /// The one that is in force for certain, and the newest that is about to be.
    in_force: AtomicUsize,
    coming: AtomicUsize,
    over: AtomicUsize,
    sip: SocketAddr,
}

impl Renewing {
    /// A new connection. It was shown a certificate that was in force during its handshake: which one.
    async fn connect(&self) -> (Line, usize) {
        let least = self.in_force.load(SeqCst);
        let line = Line::open(self.sip, &self.client).await.unwrap();
        let (shown, most) = (line.which(&self.identities), self.coming.load(SeqCst));
        assert!((least..=most).contains(&shown), "certificate {shown}, between {least} and {most}");
        (line, shown)
    }
}

/// Answers calls and ends them; one that is to last is kept, with the phone that says a tone in it.
async fn agent(mut phone: Phone) -> Phone {
    phone.order(Order::Tone(HZ)).await;
    let mut lasts = false;
    loop {
        match phone.report().await.expect("the phone runs") {
            Report::Rings { from, .. } => {
                lasts = from.starts_with(LONG_FROM);
                phone.order(Order::Answer).await;
            }
            Report::Talking if lasts => return phone,
            Report::Talking => phone.order(Order::HangUp).await,
            _ => {}
        }
    }
}

/// A port that sends back what comes.
async fn echo() -> (u16, JoinHandle<()>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let port = socket.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let mut buffer = [0; 2_048];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let _ = socket.send_to(&buffer[..length], from).await;
        }
    });
    (port, task)
}

/// One call after another until the last renewal is over: the certificates that the connections were shown.
async fn callers(renewing: Arc<Renewing>, number: usize, port: u16) -> Vec<usize> {
    let mut shown = Vec::new();
    while shown.len() < CONNECTIONS || renewing.in_force.load(SeqCst) < RENEWALS {
        let (mut line, certificate) = renewing.connect().await;
        shown.push(certificate);
        for _ in 0..CALLS {
            let answer = line.call(("8001", &format!("+49302{number:03}")), port).await;
            assert_eq!(answer.code, 200, "a call fails");
            tokio::time::timeout(PATIENCE, line.ended()).await.expect("the agent ends the call");
            renewing.over.fetch_add(1, SeqCst);
        }
    }
    shown
}

/// SIP over a WebSocket over TLS that is asked now and then whether it is there.
struct Browser {
    socket: WebSocketStream<TlsStream<TcpStream>>,
    asked: u32,
}

impl Browser {
    async fn open(https: SocketAddr, client: &Arc<ClientConfig>) -> Self {
        let mut request = format!("wss://{https}/sip").into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "sip".parse().unwrap());
        let stream = tls::connect(https, client).await.unwrap();
        let (socket, _) = tokio_tungstenite::client_async(request, stream).await.unwrap();
        Self { socket, asked: 0 }
    }

    async fn is_there(&mut self) {
        self.asked += 1;
        let text = format!(
            "OPTIONS sips:127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/WSS a.invalid;branch=z9hG4bK{0}\r\nMax-Forwards: 70\r\n\
             From: <sips:a@a.invalid>;tag=1\r\nTo: <sips:127.0.0.1>\r\nCall-ID: a\r\nCSeq: {0} OPTIONS\r\n\
             Content-Length: 0\r\n\r\n",
            self.asked
        );
        self.socket.send(Message::text(text)).await.unwrap();
        let answer = self.socket.next().await.unwrap().unwrap().into_text().unwrap();
        assert!(answer.starts_with("SIP/2.0 200 OK"), "{answer}");
    }
}

/// Puts the next certificate in force while calls come, and looks whether new connections get it and the old one is refused
/// by whoever believes it alone.
async fn renew(bench: &Bench, renewing: &Renewing, rest: &Rest, next: usize) {
    let due = next * CALLS_MIN / (RENEWALS + 1);
    until("more calls", async || (renewing.over.load(SeqCst) >= due).then_some(())).await;
    renewing.coming.store(next, SeqCst);
    renewing.identities[next].install(bench.dir.path());
    assert_eq!(rest.post("/config/reload", json!({})).await["changed"], json!(["tls"]));
    renewing.in_force.store(next, SeqCst);
    assert_eq!(renewing.connect().await.1, next, "SIP over TLS");
    let https = tls::connect(bench.daemon.https.unwrap(), &renewing.client).await.unwrap();
    assert_eq!(tls::which(&https, &renewing.identities), next, "HTTPS");
    let of_before = tls::believer_of(&renewing.identities[next - 1..next]);
    assert!(Line::open(renewing.sip, &of_before).await.is_err(), "the one of before is shown no more");
}

/// Calls that last, each over a connection of its own: the connections, and the agents' phones.
async fn long_calls(renewing: &Renewing, agents: &mut JoinSet<Phone>, port: u16) -> (Vec<Line>, Vec<Phone>) {
    let (mut lines, mut phones) = (Vec::new(), Vec::new());
    for number in 0..LONG {
        let mut line = renewing.connect().await.0;
        assert_eq!(line.call(("8001", &format!("{LONG_FROM}{number}")), port).await.code, 200);
        phones.push(agents.join_next().await.unwrap().unwrap());
        lines.push(line);
    }
    (lines, phones)
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_calls_come_by_tls_while_the_certificate_is_renewed_and_none_fails_or_is_dropped() {
    let (mut seats, mut agents) = (Vec::new(), JoinSet::new());
    for number in 0..AGENTS {
        let phone = phone().await;
        seats.push((format!("a{number}"), format!("sip:a{number}@{}", phone.address)));
        agents.spawn(agent(phone));
    }
    let bench = Bench::start(&Plan { tls: true, wrap_up_s: 0, record: false, ..Plan::default() }, &seats).await;
    let identities: Vec<Identity> = (0..=RENEWALS).map(|_| Identity::make()).collect();
    identities[0].install(bench.dir.path());
    bench.daemon.reload().await.unwrap();
    let (sip, zero) = (bench.daemon.sip_tls.unwrap(), AtomicUsize::default);
    let client = tls::believer_of(&identities);
    let renewing = Arc::new(Renewing { identities, client, in_force: zero(), coming: zero(), over: zero(), sip });
    let (port, _echo) = echo().await;
    let (lines, mut phones) = long_calls(&renewing, &mut agents, port).await;
    let mut browser = Browser::open(bench.daemon.https.unwrap(), &renewing.client).await;
    let rest = Rest::sign_in(&format!("http://{}", bench.daemon.http), "admin", "admin-secret").await;

    let calling: Vec<_> = (0..CALLERS).map(|n| tokio::spawn(callers(renewing.clone(), n, port))).collect();
    for next in 1..=RENEWALS {
        renew(&bench, &renewing, &rest, next).await;
        browser.is_there().await;
        for phone in &phones {
            // The caller sends back what the phone says.
            hears(phone, HZ).await;
        }
    }
    let mut shown = [0; RENEWALS + 1];
    for caller in calling {
        caller.await.expect("no call fails").into_iter().for_each(|certificate| shown[certificate] += 1);
    }
    println!(
        "{} calls over {} connections, {LONG} calls that last, by certificate {shown:?}",
        renewing.over.load(SeqCst),
        shown.iter().sum::<usize>()
    );
    assert!(shown.iter().filter(|connections| **connections > 0).count() > 1, "connections before and after a renewal");
    for (mut line, phone) in lines.into_iter().zip(&mut phones) {
        phone.order(Order::HangUp).await;
        tokio::time::timeout(PATIENCE, line.ended()).await.expect("the end comes by the connection of the beginning");
        report(phone, |report| matches!(report, Report::Over(_))).await;
    }
    bench.quiet().await;
    let (closed, all) = (bench.all_closed().await, renewing.over.load(SeqCst) + LONG);
    let answered = closed.iter().filter(|row| row.outcome.as_deref() == Some("answered")).count();
    assert!(all >= CALLS_MIN + LONG, "{all} calls");
    assert_eq!((closed.len(), answered), (all, all));
    bench.stop().await;
}
