//! Everything over IPv6: UDP, TLS, HTTP and WebSockets, and the sound.

use crate::support::tls::{self, Line};
use crate::support::{Bench, Plan, answer, config_text, hears, report};
use futures_util::{SinkExt as _, StreamExt as _};
use std::net::SocketAddr;
use switchroom::phone::{Order, Phone, Report};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

async fn phone() -> Phone {
    Phone::start("[::1]:0".parse().unwrap()).await.unwrap()
}

async fn started(agents: &[(String, String)]) -> Bench {
    let text = config_text(&Plan { tls: true, ..Plan::default() }, agents);
    let text = text.replace("127.0.0.1:0", "[::1]:0").replace("127.0.0.0/8", "::1");
    Bench::start_of(&text.replace("address = \"127.0.0.1\"", "address = \"::1\"")).await
}

fn options(transport: &str, from: SocketAddr) -> String {
    format!(
        "OPTIONS sip:[::1] SIP/2.0\r\nVia: SIP/2.0/{transport} {from};rport;branch=z9hG4bK1\r\nMax-Forwards: 70\r\n\
         From: <sip:a@[::1]>;tag=1\r\nTo: <sip:[::1]>\r\nCall-ID: c-{transport}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_over_ipv6_is_answered_by_an_agent_and_both_hear() {
    let mut desk = phone().await;
    let bench = started(&[("anna".to_owned(), format!("sip:anna@{}", desk.address))]).await;
    let mut caller = phone().await;
    let (uri, from) = (format!("sip:8001@{}", bench.daemon.sip), "+493023125042".to_owned());
    caller.order(Order::Call { uri, from, name: "Marta".to_owned() }).await;
    report(&mut caller, |report| *report == Report::Talking).await;
    caller.order(Order::Tone(620)).await;
    desk.order(Order::Tone(1_040)).await;
    answer(&mut desk).await;
    hears(&desk, 620).await;
    hears(&caller, 1_040).await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_transport_is_there_over_ipv6() {
    let bench = started(&[]).await;
    let client = tls::believer(bench.dir.path());
    let mut line = Line::open(bench.daemon.sip_tls.unwrap(), &client).await.unwrap();
    assert_eq!(line.register().await.code, 200, "TLS");

    let mut tcp = tokio::net::TcpStream::connect(bench.daemon.sip).await.unwrap();
    tcp.write_all(options("TCP", tcp.local_addr().unwrap()).as_bytes()).await.unwrap();
    let mut start = [0; 14];
    tcp.read_exact(&mut start).await.unwrap();
    assert_eq!(&start, b"SIP/2.0 200 OK");

    let mut request = format!("ws://{}/sip", bench.daemon.http).into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "sip".parse().unwrap());
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    socket.send(Message::text(options("WS", bench.daemon.http))).await.unwrap();
    let answered = socket.next().await.unwrap().unwrap().into_text().unwrap();
    assert!(answered.starts_with("SIP/2.0 200 OK"), "{answered}");
    bench.stop().await;
}
