//! Requests to servers on loopback, good ones and bad ones.

use domain::{
    HttpAnswer, HttpFailure, HttpField, HttpMethod, HttpOrigin, HttpPlace, HttpRequest, HttpValue, Redacted, SecretId,
};
use http_step::{HttpSteps, Settings};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio_rustls::TlsAcceptor;

/// What a server does once it has the request.
#[derive(Clone)]
enum Act {
    /// Writes this and closes.
    Say(String),
    /// Writes this, and no more.
    Begin(&'static str),
    /// Writes the first, then the second for ever.
    Endless(&'static str, String),
    /// Keeps the connection and says nothing until it is notified; then writes this.
    After(Arc<Notify>, String),
}

fn say(text: &str) -> Act {
    Act::Say(text.to_owned())
}

fn json(status: &str, body: &str) -> Act {
    Act::Say(format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len()))
}

/// A server whose acts are done one for each connection, the last one over and over.
struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    came: mpsc::UnboundedReceiver<()>,
}

async fn read_request(wire: &mut (impl AsyncRead + Unpin)) -> String {
    let (mut text, mut part) = (Vec::new(), [0; 4_096]);
    loop {
        let all = String::from_utf8_lossy(&text).into_owned();
        if let Some((head, body)) = all.split_once("\r\n\r\n") {
            let length =
                head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                return all;
            }
        }
        match wire.read(&mut part).await {
            Ok(0) | Err(_) => return all,
            Ok(n) => text.extend_from_slice(&part[..n]),
        }
    }
}

async fn act(mut wire: impl AsyncWrite + Unpin, act: Act) {
    // Whoever asked may have gone away: that is what some of the tests are about.
    match act {
        Act::Say(text) => drop(wire.write_all(text.as_bytes()).await),
        Act::Begin(text) => {
            drop(wire.write_all(text.as_bytes()).await);
            std::future::pending::<()>().await;
        }
        Act::Endless(first, then) => {
            let mut good = wire.write_all(first.as_bytes()).await;
            while good.is_ok() {
                good = wire.write_all(then.as_bytes()).await;
            }
        }
        Act::After(notify, text) => {
            notify.notified().await;
            drop(wire.write_all(text.as_bytes()).await);
        }
    }
    drop(wire.shutdown().await);
}

impl Server {
    async fn start(acts: Vec<Act>) -> Self {
        Self::with(acts, None).await
    }

    async fn with(acts: Vec<Act>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, requests) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let (told, came) = mpsc::unbounded_channel();
        let kept = Arc::clone(&requests);
        tokio::spawn(async move {
            for n in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let next = acts[n.min(acts.len() - 1)].clone();
                tokio::spawn(converse(stream, tls.clone(), next, Arc::clone(&kept), told.clone()));
            }
        });
        Self { address, requests, came }
    }

    fn asked(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    fn request(&self) -> HttpRequest {
        let origin = HttpOrigin { tls: false, host: self.address.ip().to_string(), port: self.address.port() };
        HttpRequest {
            number: 1,
            method: HttpMethod::Get,
            origin,
            target: Redacted::from("/orders/4711?of=1"),
            headers: Vec::new(),
            body: None,
            timeout: Duration::from_secs(30),
            retries: 0,
            max_bytes: 64 * 1_024,
            take: vec!["/status".to_owned()],
        }
    }
}

async fn converse(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    next: Act,
    kept: Arc<Mutex<Vec<String>>>,
    told: mpsc::UnboundedSender<()>,
) {
    if let Some(tls) = tls {
        let Ok(mut stream) = tls.accept(stream).await else { return };
        let request = read_request(&mut stream).await;
        kept.lock().unwrap().push(request);
        return act(stream, next).await;
    }
    let mut stream = stream;
    let request = read_request(&mut stream).await;
    kept.lock().unwrap().push(request);
    let _ = told.send(());
    act(stream, next).await;
}

fn tls(roots: RootCertStore) -> Arc<ClientConfig> {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap();
    Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
}

fn loopback() -> Vec<HttpPlace> {
    let network = |address: &str, prefix| HttpPlace::Network { address: address.parse().unwrap(), prefix, port: None };
    vec![network("127.0.0.0", 8), network("::1", 128)]
}

fn steps(allow_private: Vec<HttpPlace>, max_concurrent: usize) -> HttpSteps {
    let secret: (SecretId, _) = ("token".parse().unwrap(), "s3cret-token".to_owned().into());
    let tls = tls(RootCertStore::empty());
    HttpSteps::new(Settings { allow_private, max_concurrent, secrets: [secret].into(), tls })
}

fn count(steps: &HttpSteps, result: &str) -> u64 {
    steps.counts().0.into_iter().find(|(name, _)| *name == result).unwrap().1
}

fn taken(text: &str) -> HttpAnswer {
    HttpAnswer::Taken(vec![Redacted::from(text)])
}

fn failed(failure: HttpFailure) -> HttpAnswer {
    HttpAnswer::Failed(failure)
}

/// What comes of asking a server that does these things, and how often it was asked.
async fn comes_of(acts: Vec<Act>, change: impl Fn(&mut HttpRequest)) -> (HttpAnswer, usize) {
    let server = Server::start(acts).await;
    let mut request = server.request();
    change(&mut request);
    let answer = steps(loopback(), 64).ask(&request).await;
    (answer, server.asked().len())
}

#[tokio::test]
async fn a_good_answer_gives_what_is_asked_of_it() {
    let server = Server::start(vec![json("200 OK", r#"{ "status": "sent" }"#)]).await;
    let steps = steps(loopback(), 64);
    assert_eq!(steps.ask(&server.request()).await, taken("sent"));
    let asked = server.asked().remove(0).to_ascii_lowercase();
    assert!(asked.starts_with("get /orders/4711?of=1 http/1.1\r\n"), "{asked}");
    for field in
        [format!("host: {}", server.address), "user-agent: switchroom".to_owned(), "connection: close".to_owned()]
    {
        assert!(asked.contains(&format!("{field}\r\n")), "{field} in {asked}");
    }
    assert!(!asked.contains("cookie"), "{asked}");
    assert_eq!((count(&steps, "answered"), steps.counts().1), (1, 0));
}

#[tokio::test]
async fn secrets_go_into_the_header_and_values_into_the_body() {
    let server = Server::start(vec![json("201 Created", r#"{ "status": 7 }"#)]).await;
    let mut request = server.request();
    request.method = HttpMethod::Post;
    let secret = HttpField::Secret { before: "Bearer ".to_owned(), secret: "token".parse().unwrap() };
    request.headers = vec![
        ("Authorization".to_owned(), secret),
        ("Accept".to_owned(), HttpField::Text("application/vnd.orders+json".to_owned())),
    ];
    let text = HttpValue::Text("a \"quote\" ü".to_owned());
    let inner = HttpValue::List(vec![HttpValue::Int(3), HttpValue::Flag(true)]);
    request.body = Some(HttpValue::Table(vec![("number".to_owned(), text), ("more".to_owned(), inner)]));
    assert_eq!(steps(loopback(), 64).ask(&request).await, taken("7"));
    let asked = server.asked().remove(0);
    let (head, body) = asked.split_once("\r\n\r\n").unwrap();
    let head = head.to_ascii_lowercase();
    for field in
        ["authorization: bearer s3cret-token", "content-type: application/json", "accept: application/vnd.orders+json"]
    {
        assert!(head.contains(field), "{field} in {head}");
    }
    assert_eq!(body, r#"{"number":"a \"quote\" ü","more":[3,true]}"#);
    assert!(!format!("{request:?}").contains("s3cret"));
}

#[tokio::test]
async fn a_secret_that_is_not_there_keeps_the_request_from_being_sent() {
    let unknown = HttpField::Secret { before: String::new(), secret: "other".parse().unwrap() };
    let change = |request: &mut HttpRequest| request.headers = vec![("Authorization".to_owned(), unknown.clone())];
    let (answer, asked) = comes_of(vec![json("200 OK", "{}")], change).await;
    assert_eq!((answer, asked), (failed(HttpFailure::Unsendable), 0));
}

#[tokio::test]
async fn a_server_that_says_nothing_costs_the_time_of_the_request_and_no_more() {
    let silent = Act::After(Arc::default(), String::new());
    let quick = |request: &mut HttpRequest| (request.timeout, request.retries) = (Duration::from_millis(200), 3);
    assert_eq!(comes_of(vec![silent], quick).await, (HttpAnswer::TimedOut, 1));
    let stuck = Act::Begin("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
    assert_eq!(comes_of(vec![stuck], quick).await.0, HttpAnswer::TimedOut);
}

#[tokio::test]
async fn an_answer_that_is_too_big_is_not_read_to_its_end() {
    let chunk = format!("400\r\n{}\r\n", " ".repeat(1_024));
    let endless = Act::Endless("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk);
    let too_big = (failed(HttpFailure::TooBig), 1);
    let again = |request: &mut HttpRequest| request.retries = 3;
    assert_eq!(comes_of(vec![endless], again).await, too_big);
    assert_eq!(comes_of(vec![say("HTTP/1.1 200 OK\r\nContent-Length: 65537\r\n\r\n")], again).await, too_big);
    let until_closed = Act::Endless("HTTP/1.1 200 OK\r\n\r\n", " ".repeat(1_024));
    assert_eq!(comes_of(vec![until_closed], again).await, too_big);
    let head = Act::Endless("HTTP/1.1 200 OK\r\n", "X-Long: 0123456789012345678901234567890123456789\r\n".to_owned());
    assert_eq!(comes_of(vec![head], |_| {}).await, (failed(HttpFailure::Broken), 1));
}

#[tokio::test]
async fn an_answer_as_big_as_it_may_be_is_taken() {
    let body = format!("{{\"status\":\"x\"{}}}", " ".repeat(1_024 - 14));
    let exact = |request: &mut HttpRequest| request.max_bytes = 1_024;
    assert_eq!(body.len(), 1_024);
    assert_eq!(comes_of(vec![json("200 OK", &body)], exact).await.0, taken("x"));
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let other = Server::start(vec![json("200 OK", r#"{ "status": "stolen" }"#)]).await;
    let location = format!("HTTP/1.1 302 Found\r\nLocation: http://{}/\r\nContent-Length: 0\r\n\r\n", other.address);
    let (answer, asked) = comes_of(vec![Act::Say(location)], |request| request.retries = 3).await;
    assert_eq!((answer, asked, other.asked().len()), (failed(HttpFailure::Status(302)), 1, 0));
}

#[tokio::test]
async fn what_is_no_http_and_what_is_no_json_fails() {
    assert_eq!(comes_of(vec![say("SSH-2.0-OpenSSH_9\r\n")], |_| {}).await.0, failed(HttpFailure::Broken));
    assert_eq!(comes_of(vec![say("")], |_| {}).await.0, failed(HttpFailure::Broken));
    let short = say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}");
    assert_eq!(comes_of(vec![short], |_| {}).await.0, failed(HttpFailure::Broken));
    for body in ["<html>", "", "{\"status\":", &"[".repeat(10_000)] {
        assert_eq!(comes_of(vec![json("200 OK", body)], |_| {}).await.0, failed(HttpFailure::NotJson), "{body:.9}");
    }
    let nothing_taken = |request: &mut HttpRequest| request.take.clear();
    assert_eq!(comes_of(vec![json("200 OK", "<html>")], nothing_taken).await.0, HttpAnswer::Taken(Vec::new()));
    assert_eq!(comes_of(vec![say("HTTP/1.1 204 No Content\r\n\r\n")], |_| {}).await.0, taken(""));
}

#[tokio::test]
async fn it_is_tried_again_after_errors_of_the_server_where_that_does_no_harm() {
    let acts = || vec![json("503 Busy", ""), say(""), json("200 OK", r#"{ "status": "sent" }"#)];
    let twice = |request: &mut HttpRequest| request.retries = 2;
    assert_eq!(comes_of(acts(), twice).await, (taken("sent"), 3));
    let once = |request: &mut HttpRequest| request.retries = 1;
    assert_eq!(comes_of(acts(), once).await, (failed(HttpFailure::Broken), 2));
    let post = |request: &mut HttpRequest| (request.retries, request.method) = (3, HttpMethod::Post);
    assert_eq!(comes_of(acts(), post).await, (failed(HttpFailure::Status(503)), 1));
    for (status, answer) in [("404 Not Found", HttpAnswer::NotFound), ("401 No", failed(HttpFailure::Status(401)))] {
        assert_eq!(comes_of(vec![json(status, "")], twice).await, (answer, 1));
    }
}

#[tokio::test]
async fn a_host_that_cannot_be_reached_is_tried_again_also_by_post() {
    let server = Server::start(vec![json("200 OK", "{}")]).await;
    let mut request = server.request();
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    request.origin.port = gone.local_addr().unwrap().port();
    drop(gone);
    (request.retries, request.method) = (2, HttpMethod::Post);
    let steps = steps(loopback(), 64);
    assert_eq!(steps.ask(&request).await, failed(HttpFailure::Unreachable));
    assert_eq!((steps.counts().1, count(&steps, "unreachable")), (2, 1));
}

#[tokio::test]
async fn private_addresses_are_refused_by_default_under_whatever_name() {
    let server = Server::start(vec![json("200 OK", "{}")]).await;
    let steps = steps(Vec::new(), 64);
    for host in ["127.0.0.1", "localhost", "::ffff:127.0.0.1", "::1", "0.0.0.0", "127.1", "2130706433"] {
        let mut request = server.request();
        request.origin.host = host.to_owned();
        request.retries = 3;
        let answer = steps.ask(&request).await;
        // Not every system takes numbers of other kinds for addresses.
        let fits = answer == failed(HttpFailure::Forbidden)
            || (matches!(host, "127.1" | "2130706433") && answer == failed(HttpFailure::Unknown));
        assert!(fits, "{host}: {answer:?}");
    }
    assert_eq!(server.asked().len(), 0, "nobody connected");
}

#[tokio::test]
async fn a_private_place_that_is_named_may_be_asked() {
    let server = Server::start(vec![json("200 OK", r#"{ "status": "sent" }"#)]).await;
    let port = server.address.port();
    let asked = async |place: HttpPlace, host: &str| {
        let mut request = server.request();
        request.origin.host = host.to_owned();
        steps(vec![place], 64).ask(&request).await
    };
    let named = |port| HttpPlace::Host { name: "localhost".to_owned(), port };
    let network = |port| HttpPlace::Network { address: "127.0.0.1".parse().unwrap(), prefix: 32, port };
    assert_eq!(asked(named(None), "localhost").await, taken("sent"));
    assert_eq!(asked(named(Some(port)), "localhost").await, taken("sent"));
    assert_eq!(asked(network(Some(port)), "127.0.0.1").await, taken("sent"));
    assert_eq!(asked(network(None), "::ffff:127.0.0.1").await, taken("sent"));
    assert_eq!(asked(named(Some(1)), "localhost").await, failed(HttpFailure::Forbidden));
    assert_eq!(asked(named(None), "127.0.0.1").await, failed(HttpFailure::Forbidden));
    assert_eq!(asked(network(Some(1)), "127.0.0.1").await, failed(HttpFailure::Forbidden));
}

#[tokio::test]
async fn settings_that_are_read_anew_hold_from_then_on() {
    let server = Server::start(vec![json("200 OK", r#"{ "status": "sent" }"#)]).await;
    let steps = steps(Vec::new(), 64);
    assert_eq!(steps.ask(&server.request()).await, failed(HttpFailure::Forbidden));
    steps.replace(Settings { allow_private: loopback(), ..Settings::new(tls(RootCertStore::empty())) });
    assert_eq!(steps.ask(&server.request()).await, taken("sent"));
}

#[tokio::test]
async fn more_requests_at_once_than_allowed_fail_at_once_and_do_not_disturb_the_others() {
    let notify = Arc::new(Notify::new());
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{ \"status\": \"a\" }".to_owned();
    let mut server = Server::start(vec![Act::After(Arc::clone(&notify), answer)]).await;
    let steps = steps(loopback(), 1);
    let (asker, request) = (steps.clone(), server.request());
    let first = tokio::spawn(async move { asker.ask(&request).await });
    server.came.recv().await.unwrap();
    assert_eq!(steps.ask(&server.request()).await, failed(HttpFailure::Busy));
    assert_eq!(count(&steps, "busy"), 1);
    notify.notify_one();
    assert_eq!(first.await.unwrap(), taken("a"));
    notify.notify_one();
    assert_eq!(steps.ask(&server.request()).await, taken("a"), "there is room again");
}

#[tokio::test]
async fn a_certificate_that_is_not_believed_is_refused() {
    let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let (certificate, key) = (made.cert.der().clone(), PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into()));
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()));
    let builder = builder.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let acceptor = builder.with_single_cert(vec![certificate.clone()], key).unwrap();
    let acts = vec![json("200 OK", r#"{ "status": "sent" }"#)];
    let server = Server::with(acts, Some(TlsAcceptor::from(Arc::new(acceptor)))).await;
    let mut request = server.request();
    (request.origin.tls, request.origin.host) = (true, "localhost".to_owned());
    assert_eq!(steps(loopback(), 64).ask(&request).await, failed(HttpFailure::Insecure));
    assert_eq!(server.asked().len(), 0);
    let mut roots = RootCertStore::empty();
    roots.add(certificate).unwrap();
    let settings = || Settings { allow_private: loopback(), ..Settings::new(tls(roots.clone())) };
    assert_eq!(HttpSteps::new(settings()).ask(&request).await, taken("sent"));
    request.origin.host = "127.0.0.1".to_owned();
    assert_eq!(HttpSteps::new(settings()).ask(&request).await, failed(HttpFailure::Insecure), "another name");
}
