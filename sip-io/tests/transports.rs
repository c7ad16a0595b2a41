//! The transports over real sockets on 127.0.0.1.

use futures_util::{SinkExt, StreamExt};
use poller::{Poller, Ready, Token};
use sip::Message;
use sip::api::{Destination, DoorNote, Fact, FlowId, Source, Transport};
use sip::door::Rules;
use sip_io::{Counters, Datagrams, Limits, Settings, Transports, bind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

const OPTIONS: &str = "OPTIONS sip:pbx SIP/2.0\r\nVia: SIP/2.0/X 127.0.0.1;branch=z9hG4bK1\r\n\
    From: <sip:a@pbx>;tag=1\r\nTo: <sip:pbx>\r\nCall-ID: c\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";

struct Under {
    transports: Transports,
    inbox: mpsc::Receiver<Fact>,
    counters: Arc<Counters>,
    local: SocketAddr,
    http: SocketAddr,
}

async fn started(limits: Limits, inbox_size: usize) -> Under {
    guarded(limits, Rules { rate_per_s: 0, ..Rules::default() }, inbox_size).await
}

async fn guarded(limits: Limits, door: Rules, inbox_size: usize) -> Under {
    let bound = bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let local = bound.local;
    let (sender, inbox) = mpsc::channel(inbox_size);
    let counters = Arc::new(Counters::default());
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let http = server.local_addr().unwrap();
    let (transports, datagrams) =
        Transports::start(bound, Settings { limits, door, ..Settings::default() }, sender, Arc::clone(&counters));
    std::thread::spawn(move || take_all(datagrams));
    let service = transports.ws_router(http, false).into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move { axum::serve(server, service).await });
    Under { transports, inbox, counters, local, http }
}

/// Takes datagrams as they come, until nobody reads the inbox.
fn take_all(mut datagrams: Datagrams) {
    let poller = Poller::new(Token(0)).unwrap();
    poller.add(&datagrams, Token(1)).unwrap();
    let mut ready = Ready::new();
    loop {
        poller.wait(&mut ready, Duration::from_secs(1)).unwrap();
        if datagrams.take().is_err() {
            return;
        }
    }
}

impl Under {
    async fn received(&mut self) -> (Source, Result<Message, sip::message::ParseError>) {
        match self.inbox.recv().await.unwrap() {
            Fact::Received { source, message } => (source, message),
            other => panic!("{other:?}"),
        }
    }

    async fn closed(&mut self) -> FlowId {
        loop {
            if let Fact::FlowClosed(flow) = self.inbox.recv().await.unwrap() {
                return flow;
            }
        }
    }
}

fn flow_of(source: Source) -> Destination {
    Destination::Flow(source.flow.unwrap())
}

async fn websocket(
    http: SocketAddr,
    subprotocol: &str,
) -> Result<tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<TcpStream>>, tungstenite::Error> {
    let mut request = format!("ws://{http}/sip").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", subprotocol.parse().unwrap());
    tokio_tungstenite::connect_async(request).await.map(|(socket, _)| socket)
}

#[tokio::test]
async fn a_datagram_comes_in_and_the_answer_goes_out_of_the_same_port() {
    let mut under = started(Limits::default(), 8).await;
    let phone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    phone.send_to(b"\r\n\r\n", under.local).await.unwrap();
    phone.send_to(OPTIONS.as_bytes(), under.local).await.unwrap();
    let (source, message) = under.received().await;
    assert_eq!((source.transport, source.local, source.flow), (Transport::Udp, under.local, None));
    assert_eq!(source.remote, phone.local_addr().unwrap());
    under.transports.send(Destination::Udp(source.remote), message.unwrap().to_bytes());
    let mut buffer = [0; 1_000];
    let (length, from) = phone.recv_from(&mut buffer).await.unwrap();
    assert_eq!((&buffer[..length], from), (OPTIONS.as_bytes(), under.local));
}

#[tokio::test]
async fn a_broken_datagram_comes_in_with_what_is_needed_to_answer_it() {
    let mut under = started(Limits::default(), 8).await;
    let phone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    phone.send_to(OPTIONS.replace("Length: 0", "Length: 1").as_bytes(), under.local).await.unwrap();
    let (_, message) = under.received().await;
    assert_eq!(message.unwrap_err().response("t").unwrap().code, 400);
}

#[tokio::test]
async fn datagrams_are_dropped_and_counted_while_the_inbox_is_full() {
    let mut under = started(Limits::default(), 1).await;
    let phone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    while under.counters.inbox_full.load(Ordering::Relaxed) == 0 {
        phone.send_to(OPTIONS.as_bytes(), under.local).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert!(under.received().await.1.is_ok());
}

#[tokio::test]
async fn a_stream_is_cut_into_messages_pings_are_answered_and_close_comes_after_what_is_queued() {
    let mut under = started(Limits::default(), 8).await;
    let mut phone = TcpStream::connect(under.local).await.unwrap();
    let (start, rest) = OPTIONS.split_at(50);
    phone.write_all(start.as_bytes()).await.unwrap();
    phone.write_all(format!("{rest}{OPTIONS}\r\n\r\n").as_bytes()).await.unwrap();
    let (source, message) = under.received().await;
    assert_eq!((source.transport, source.remote), (Transport::Tcp, phone.local_addr().unwrap()));
    assert!(message.is_ok());
    assert!(under.received().await.1.is_ok());
    let mut pong = [0; 2];
    phone.read_exact(&mut pong).await.unwrap();
    assert_eq!(&pong, b"\r\n");
    under.transports.send(flow_of(source), b"one".to_vec());
    under.transports.send(Destination::Tcp(source.remote), b"two".to_vec());
    under.transports.close(source.flow.unwrap());
    let mut all = String::new();
    phone.read_to_string(&mut all).await.unwrap();
    assert_eq!(all, "onetwo");
    assert_eq!(Some(under.closed().await), source.flow);
}

#[tokio::test]
async fn a_connection_is_opened_once_and_used_again() {
    let mut under = started(Limits::default(), 8).await;
    let trunk = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = trunk.local_addr().unwrap();
    under.transports.send(Destination::Tcp(address), b"one".to_vec());
    under.transports.send(Destination::Tcp(address), b"two".to_vec());
    let (mut stream, _) = trunk.accept().await.unwrap();
    let mut six = [0; 6];
    stream.read_exact(&mut six).await.unwrap();
    assert_eq!(&six, b"onetwo");
    stream.write_all(OPTIONS.as_bytes()).await.unwrap();
    assert_eq!(under.received().await.0.remote, address);
    assert_eq!(under.transports.connections(), 1);
    drop(stream);
    under.closed().await;
    under.transports.send(Destination::Tcp(address), b"six".to_vec());
    assert!(trunk.accept().await.is_ok());
}

#[tokio::test]
async fn a_peer_that_refuses_the_connection_is_told() {
    let mut under = started(Limits::default(), 8).await;
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    under.transports.send(Destination::Tcp(gone), b"x".to_vec());
    match under.inbox.recv().await.unwrap() {
        Fact::SendFailed(destination) => assert_eq!(destination, Destination::Tcp(gone)),
        other => panic!("{other:?}"),
    }
    assert_eq!(under.transports.connections(), 0);
}

#[tokio::test]
async fn a_stream_whose_framing_is_lost_is_closed() {
    let mut under = started(Limits::default(), 8).await;
    let mut phone = TcpStream::connect(under.local).await.unwrap();
    phone.write_all(OPTIONS.replace("Length: 0", "Length: -1").as_bytes()).await.unwrap();
    under.closed().await;
    assert_eq!(phone.read(&mut [0; 9]).await.unwrap(), 0);
    assert_eq!(under.counters.framing_lost.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn connections_that_bring_no_message_or_half_of_one_are_closed() {
    let short = Duration::from_millis(20);
    let mut under = started(Limits { first_message: short, ..Limits::default() }, 8).await;
    let mut silent = TcpStream::connect(under.local).await.unwrap();
    under.closed().await;
    assert_eq!(silent.read(&mut [0; 9]).await.unwrap(), 0);
    let mut under = started(Limits { message: short, ..Limits::default() }, 8).await;
    let mut slow = TcpStream::connect(under.local).await.unwrap();
    slow.write_all(format!("{OPTIONS}INVITE").as_bytes()).await.unwrap();
    under.closed().await;
    assert_eq!(under.counters.timed_out.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn no_address_has_more_connections_than_it_may() {
    let mut under = started(Limits { connections_per_address_max: 1, ..Limits::default() }, 8).await;
    let mut first = TcpStream::connect(under.local).await.unwrap();
    first.write_all(OPTIONS.as_bytes()).await.unwrap();
    assert!(under.received().await.1.is_ok());
    let mut second = TcpStream::connect(under.local).await.unwrap();
    assert_eq!(second.read(&mut [0; 9]).await.unwrap(), 0);
    assert!(websocket(under.http, "sip").await.is_err());
    drop(first);
    under.closed().await;
    assert!(websocket(under.http, "sip").await.is_ok());
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_dropped() {
    let mut under = started(Limits { queue_messages_max: 4, ..Limits::default() }, 8).await;
    let mut phone = TcpStream::connect(under.local).await.unwrap();
    phone.write_all(OPTIONS.as_bytes()).await.unwrap();
    let (source, _) = under.received().await;
    while under.counters.overflowed.load(Ordering::Relaxed) == 0 {
        under.transports.send(flow_of(source), vec![b'x'; 60_000]);
        tokio::task::yield_now().await;
    }
    assert_eq!(Some(under.closed().await), source.flow);
}

#[tokio::test]
async fn a_websocket_carries_one_message_per_frame_in_text_or_binary() {
    let mut under = started(Limits::default(), 8).await;
    let mut browser = websocket(under.http, "sip").await.unwrap();
    browser.send(tungstenite::Message::text(OPTIONS)).await.unwrap();
    browser.send(tungstenite::Message::binary(OPTIONS.as_bytes())).await.unwrap();
    let (source, message) = under.received().await;
    assert_eq!((source.transport, source.local), (Transport::Ws, under.http));
    assert_eq!(message, under.received().await.1);
    under.transports.send(flow_of(source), b"text".to_vec());
    under.transports.send(flow_of(source), vec![0xff]);
    assert_eq!(browser.next().await.unwrap().unwrap(), tungstenite::Message::text("text"));
    assert_eq!(browser.next().await.unwrap().unwrap(), tungstenite::Message::binary(vec![0xff]));
    browser.send(tungstenite::Message::text("\r\n\r\n")).await.unwrap();
    assert_eq!(browser.next().await.unwrap().unwrap(), tungstenite::Message::text("\r\n"));
    under.transports.close(source.flow.unwrap());
    assert!(browser.next().await.unwrap().unwrap().is_close());
    assert_eq!(Some(under.closed().await), source.flow);
}

#[tokio::test]
async fn a_websocket_without_the_subprotocol_is_refused() {
    let under = started(Limits::default(), 8).await;
    let Err(tungstenite::Error::Http(response)) = websocket(under.http, "chat").await else { panic!() };
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn a_websocket_that_answers_no_ping_is_closed_and_one_that_does_stays() {
    let limits = Limits { ping: Duration::from_millis(20), pong: Duration::from_millis(200), ..Limits::default() };
    let mut under = started(limits, 8).await;
    let mut dead = websocket(under.http, "sip").await.unwrap();
    dead.send(tungstenite::Message::text(OPTIONS)).await.unwrap();
    let dead_flow = under.received().await.0.flow;
    let mut alive = websocket(under.http, "sip").await.unwrap();
    alive.send(tungstenite::Message::text(OPTIONS)).await.unwrap();
    let alive_flow = under.received().await.0.flow;
    // Reading is what makes the client answer pings.
    let reader = tokio::spawn(async move { while alive.next().await.is_some() {} });
    assert_eq!(Some(under.closed().await), dead_flow);
    assert_ne!(dead_flow, alive_flow);
    reader.abort();
}

#[tokio::test]
async fn everything_ends_when_the_inbox_is_dropped() {
    let Under { inbox, local, transports, .. } = started(Limits::default(), 8).await;
    let mut phone = TcpStream::connect(local).await.unwrap();
    phone.write_all(b"OPTIONS").await.unwrap();
    drop(inbox);
    assert!(matches!(phone.read(&mut [0; 9]).await, Ok(0) | Err(_)));
    // The listener is gone, though a handle is left.
    while TcpStream::connect(local).await.is_ok() {}
    assert_eq!(transports.local(), local);
}

/// Sends datagrams until one of them counts.
async fn until(count: impl Fn() -> u64, phone: &UdpSocket, to: SocketAddr) {
    while count() == 0 {
        phone.send_to(OPTIONS.as_bytes(), to).await.unwrap();
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn of_a_source_that_sends_too_much_datagrams_are_dropped_unread_and_streams_are_read_slowly() {
    let door = Rules { rate_per_s: 20, burst: 2, ..Rules::default() };
    let mut under = guarded(Limits::default(), door, 8).await;
    let counters = Arc::clone(&under.counters);
    let phone = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    until(|| counters.rate_limited.load(Ordering::Relaxed), &phone, under.local).await;
    assert_eq!(counters.received.load(Ordering::Relaxed), 2);
    for _ in 0..2 {
        _ = under.received().await;
    }
    let mut stream = TcpStream::connect(under.local).await.unwrap();
    stream.write_all(OPTIONS.repeat(4).as_bytes()).await.unwrap();
    for _ in 0..4 {
        assert_eq!(under.received().await.0.transport, Transport::Tcp, "late, but none is lost");
    }
}

#[tokio::test]
async fn a_banned_source_is_not_heard_but_for_the_phones_that_are_registered_there() {
    let door = Rules { failures: 3, rate_per_s: 0, ..Rules::default() };
    let mut under = guarded(Limits::default(), door, 8).await;
    let (phone, stranger) =
        (UdpSocket::bind("127.0.0.1:0").await.unwrap(), UdpSocket::bind("127.0.0.1:0").await.unwrap());
    let mut connected =
        [TcpStream::connect(under.local).await.unwrap(), TcpStream::connect(under.local).await.unwrap()];
    let mut flows = Vec::new();
    for stream in &mut connected {
        stream.write_all(OPTIONS.as_bytes()).await.unwrap();
        flows.push(under.received().await.0.flow.unwrap());
    }
    let homes = [Destination::Udp(phone.local_addr().unwrap()), Destination::Flow(flows[0])];
    homes.into_iter().for_each(|at| under.transports.note(DoorNote::Home { at, known: true }));
    for _ in 0..3 {
        under.transports.note(DoorNote::Failure(under.local.ip()));
    }
    assert_eq!(under.counters.bans.load(Ordering::Relaxed), 1);
    let counters = Arc::clone(&under.counters);
    until(|| counters.banned_dropped.load(Ordering::Relaxed), &stranger, under.local).await;
    phone.send_to(OPTIONS.as_bytes(), under.local).await.unwrap();
    assert_eq!(under.received().await.0.remote, phone.local_addr().unwrap());
    for stream in &mut connected {
        stream.write_all(OPTIONS.as_bytes()).await.unwrap();
    }
    assert_eq!(under.received().await.0.flow, Some(flows[0]), "registered");
    assert_eq!(under.closed().await, flows[1], "not registered");
    let mut late = TcpStream::connect(under.local).await.unwrap();
    assert!(matches!(late.read(&mut [0; 9]).await, Ok(0) | Err(_)), "no new connections");
}

#[tokio::test]
async fn a_connection_of_a_stranger_is_closed_when_it_idles_and_that_of_a_registered_phone_stays() {
    let limits = Limits { stranger_idle: Duration::from_millis(100), ..Limits::default() };
    let mut under = started(limits, 8).await;
    let mut connected =
        [TcpStream::connect(under.local).await.unwrap(), TcpStream::connect(under.local).await.unwrap()];
    let mut flows = Vec::new();
    for stream in &mut connected {
        stream.write_all(OPTIONS.as_bytes()).await.unwrap();
        let flow = under.received().await.0.flow.unwrap();
        if flows.is_empty() {
            under.transports.note(DoorNote::Home { at: Destination::Flow(flow), known: true });
        }
        flows.push(flow);
    }
    assert_eq!(under.closed().await, flows[1]);
    connected[0].write_all(OPTIONS.as_bytes()).await.unwrap();
    assert_eq!(under.received().await.0.flow, Some(flows[0]));
}
