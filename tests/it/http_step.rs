//! Flows that ask other systems over HTTP, while other calls go on.

use crate::support::{Bench, Plan, Rest, answer, config_text, hears, log, phone, report, until, write_config};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use switchroom::phone::{Order, Report};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

const SECRET: &str = "s3cret-0123456789-token";

/// The other system: it answers `/orders/…` to those who know the secret, and `/silent` not at all. What it was asked, and
/// the connections that it leaves without an answer.
struct Orders {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
    silent: mpsc::UnboundedReceiver<TcpStream>,
}

impl Orders {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, asked) = (listener.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let (left, silent) = mpsc::unbounded_channel();
        let kept = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&kept), left.clone()));
            }
        });
        Self { address, asked, silent }
    }
}

async fn serve(mut stream: TcpStream, asked: Arc<Mutex<Vec<String>>>, left: mpsc::UnboundedSender<TcpStream>) {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return,
        }
    }
    let head = String::from_utf8(head).unwrap();
    asked.lock().unwrap().push(head.lines().next().unwrap().to_owned());
    let known = head.to_ascii_lowercase().contains(&format!("authorization: bearer {SECRET}\r\n"));
    let body = r#"{ "order": { "status": "sent", "parcels": 3 } }"#;
    let (status, body) = match head.split(' ').nth(1).unwrap_or_default() {
        "/silent" => {
            // The test is over when nobody takes it.
            let _ = left.send(stream);
            return;
        }
        path if path.starts_with("/orders/47") && known => ("200 OK", body),
        path if path.starts_with("/orders/") && known => ("404 Not Found", "{}"),
        _ => ("403 Forbidden", "{}"),
    };
    let answer = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let _ = stream.write_all(answer.as_bytes()).await;
}

/// 8010 asks for an order and says how many parcels there are; 8011 waits for an answer that does not come; 8012 asks at
/// a private address that nothing allows.
const FLOWS: &str = r#"
[http_step]
allow_private = ["ORDERS"]

[[secret]]
id = "orders_token"
file = "token"

[[entry]]
dnis = "8010"
flow = "orders"
[[entry]]
dnis = "8011"
flow = "silent"
[[entry]]
dnis = "8012"
flow = "inside"

[flow.orders]
start = "number"
[flow.orders.node.number]
type = "collect"
prompts = ["main-menu"]
variable = "number"
min = 4
max = 4
exhausted = "bye"
next = "ask"
[flow.orders.node.ask]
type = "http"
url = "http://ORDERS/orders/$number"
headers = { Authorization = { secret = "orders_token", before = "Bearer " } }
timeout_ms = 30000
take = { status = "/order/status", parcels = "/order/parcels" }
next = "known"
failed = "broken"
not_found = "unknown"
[flow.orders.node.known]
type = "branch"
cases = [{ when = "vars.status == 'sent' && int(vars.parcels) == 3", next = "say" }]
else = "bye"
[flow.orders.node.say]
type = "play"
prompts = [{ number = "$parcels" }]
next = "bye"
[flow.orders.node.broken]
type = "hangup"
prompts = ["goodbye"]
[flow.orders.node.unknown]
type = "hangup"
prompts = ["goodbye"]
[flow.orders.node.bye]
type = "hangup"
prompts = ["goodbye"]

[flow.silent]
start = "ask"
[flow.silent.node.ask]
type = "http"
url = "http://ORDERS/silent"
timeout_ms = 30000
next = "bye"
failed = "line"
[flow.silent.node.line]
type = "enqueue"
queue = "help"
overflow = "bye"
[flow.silent.node.bye]
type = "hangup"
prompts = ["goodbye"]

[flow.inside]
start = "ask"
[flow.inside.node.ask]
type = "http"
url = "http://localhost:PORT/orders/4711"
headers = { Authorization = { secret = "orders_token", before = "Bearer " } }
timeout_ms = 30000
next = "bye"
failed = "refused"
[flow.inside.node.refused]
type = "hangup"
prompts = ["goodbye"]
[flow.inside.node.bye]
type = "hangup"
prompts = ["goodbye"]
"#;

fn flows(orders: SocketAddr) -> String {
    // Another port than the one that is allowed.
    let port = if orders.port() == 9 { 10 } else { 9 };
    FLOWS.replace("ORDERS", &orders.to_string()).replace("PORT", &port.to_string())
}

/// Calls the number of orders, keys one and hangs up at the end of the flow; the nodes on the way and the whole story.
async fn asks_for(bench: &Bench, number: &str, end: &str) -> (Vec<String>, String) {
    let mut caller = bench.call_answered("8010").await;
    caller.order(Order::Digits(number.to_owned())).await;
    report(&mut caller, |report| matches!(report, Report::Over(_))).await;
    let story = bench.story(|story| story.row.path.iter().any(|node| node == end)).await;
    let story = bench.story(|now| now.row.id == story.row.id && now.row.closed.is_some()).await;
    (story.row.path.clone(), format!("{story:?}"))
}

/// The files below a folder in which this text stands.
fn holding(folder: &Path, text: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(holding(&path, text));
        } else if std::fs::read(&path).unwrap_or_default().windows(text.len()).any(|part| part == text.as_bytes()) {
            found.push(path);
        }
    }
    found
}

async fn bench(orders: &Orders) -> (Bench, switchroom::phone::Phone) {
    let anna = phone().await;
    let agents = [("anna".to_owned(), format!("sip:anna@{}", anna.address))];
    let dir = tempfile::tempdir().unwrap();
    let text = format!("{}{}", config_text(&Plan { wrap_up_s: 0, ..Plan::default() }, &agents), flows(orders.address));
    write_config(dir.path(), &text);
    std::fs::write(dir.path().join("token"), format!("{SECRET}\n")).unwrap();
    (Bench::open(dir).await, anna)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flow_says_what_another_system_answers_and_the_secret_shows_nowhere() {
    log::keep();
    let orders = Orders::start().await;
    let (bench, _anna) = bench(&orders).await;
    let (path, known) = asks_for(&bench, "4711", "say").await;
    assert_eq!(path, ["number", "ask", "known", "say", "bye"]);
    let (path, unknown) = asks_for(&bench, "1234", "unknown").await;
    assert_eq!(path, ["number", "ask", "unknown"]);
    let mut caller = bench.call_answered("8012").await;
    report(&mut caller, |report| matches!(report, Report::Over(_))).await;
    let story = bench.story(|story| story.row.path.iter().any(|node| node == "refused")).await;
    assert_eq!(*orders.asked.lock().unwrap(), ["GET /orders/4711 HTTP/1.1", "GET /orders/1234 HTTP/1.1"]);

    let api = Rest::sign_in(&format!("http://{}", bench.daemon.http), "admin", "admin-secret").await;
    let metrics = api.root("/metrics").await;
    for line in ["result=\"answered\"} 1", "result=\"not_found\"} 1", "result=\"forbidden\"} 1"] {
        assert!(metrics.contains(&format!("switchroom_http_steps_total{{{line}")), "{line} in {metrics}");
    }
    let log = until("the log", async || Some(log::kept()).filter(|log| log.contains("allow_private"))).await;
    assert!(log.contains("localhost:"), "the host is told: {log}");
    let contact = story.row.id;
    let told = [
        ("the log", log.clone()),
        ("the first story", known),
        ("the second story", unknown),
        ("the trace", api.text(&format!("/contacts/{contact}/trace")).await),
        ("the contact", api.text(&format!("/contacts/{contact}")).await),
        ("the metrics", metrics),
    ];
    for (what, text) in told {
        assert!(!text.contains(SECRET) && !text.contains(&SECRET[..12]), "{what}");
    }
    let asked = log.lines().filter(|line| line.contains("http_step") && line.contains("/orders/"));
    assert_eq!(asked.count(), 0, "no path is logged: {log}");
    let data = bench.dir.path().join("data");
    bench.daemon.stop(std::time::Duration::ZERO).await;
    assert_eq!(holding(&data, SECRET), [] as [std::path::PathBuf; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_system_that_does_not_answer_holds_up_nobody_else() {
    let mut orders = Orders::start().await;
    let (bench, mut anna) = bench(&orders).await;
    let _waits = bench.call_answered("8011").await;
    let silent = orders.silent.recv().await.expect("it is asked");
    let other = bench.call_answered("8001").await;
    anna.order(Order::Tone(1_040)).await;
    answer(&mut anna).await;
    hears(&other, 1_040).await;
    let path = |rows: Vec<domain::ContactRow>| rows.iter().find(|row| row.path.contains(&"ask".to_owned())).cloned();
    let row = path(bench.contacts().await).expect("the first caller's contact");
    assert_eq!(row.path, ["ask"], "nothing has come back");
    drop(silent);
    let row = until("the way on", async || path(bench.contacts().await).filter(|row| row.path.len() > 1)).await;
    assert_eq!(row.path, ["ask", "line"]);
    bench.stop().await;
}
