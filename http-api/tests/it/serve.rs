//! Those who hold connections for nothing are put out, others are served.

use axum::Router;
use axum::routing::{get, post};
use http_api::{ConnectionLimits, Gate};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

const GET: &[u8] = b"GET / HTTP/1.1\r\nhost: a\r\n\r\n";

/// A server that ends with the set.
async fn started(limits: ConnectionLimits) -> (SocketAddr, Gate, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let router =
        Router::new().route("/", get(|| async { "hello" })).route("/echo", post(|body: String| async move { body }));
    let gate = Gate::new(limits);
    let mut tasks = JoinSet::new();
    tasks.spawn(http_api::serve(listener, None, router, gate.clone()));
    (address, gate, tasks)
}

/// Sends the bytes, and reads until the server closes.
async fn to_the_end(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut all = String::new();
    // A server that closes with bytes unread resets the connection.
    _ = stream.read_to_string(&mut all).await;
    all
}

/// The head and the body of one answer with a body of five bytes.
async fn answer(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    while !all.ends_with(b"hello") {
        let byte = stream.read_u8().await.unwrap();
        all.push(byte);
    }
    String::from_utf8(all).unwrap()
}

#[tokio::test]
async fn a_request_whose_head_does_not_come_is_not_waited_for_and_neither_is_the_next_one() {
    let (address, gate, _tasks) =
        started(ConnectionLimits { head: Duration::from_millis(50), ..Default::default() }).await;
    to_the_end(address, b"GET / HTTP/1.1\r\nhost: a\r\nx-slow: ").await;
    let idle = to_the_end(address, GET).await;
    assert!(idle.starts_with("HTTP/1.1 200 OK") && idle.ends_with("hello"), "{idle}");
    while gate.timed_out() < 2 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_answered_with_a_problem() {
    let limits = ConnectionLimits { answer: Duration::from_millis(50), ..Default::default() };
    let (address, gate, _tasks) = started(limits).await;
    let slow = b"POST /echo HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 9\r\n\r\nslow";
    let told = to_the_end(address, slow).await;
    assert!(told.starts_with("HTTP/1.1 408") && told.contains("too_slow"), "{told}");
    assert_eq!(gate.timed_out(), 1);
}

#[tokio::test]
async fn no_address_has_more_connections_than_it_may_and_a_closed_one_makes_room() {
    let limits = ConnectionLimits { connections_per_address_max: 1, ..Default::default() };
    let (address, gate, _tasks) = started(limits).await;
    let mut first = TcpStream::connect(address).await.unwrap();
    first.write_all(GET).await.unwrap();
    assert!(answer(&mut first).await.starts_with("HTTP/1.1 200"));
    assert_eq!(to_the_end(address, GET).await, "");
    assert_eq!(gate.refused(), 1);
    drop(first);
    let close = b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n";
    // The server sees the end of the first one in its own time.
    while !to_the_end(address, close).await.ends_with("hello") {}
}

#[tokio::test]
async fn connections_end_with_the_server() {
    let (address, _, tasks) = started(ConnectionLimits::default()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(GET).await.unwrap();
    answer(&mut stream).await;
    drop(tasks);
    assert!(matches!(stream.read(&mut [0; 9]).await, Ok(0) | Err(_)));
}
