//! A queue that calls its customers back: the number by which a caller books, and a carrier that a test answers for.

use super::{Bench, FLOW, PATIENCE, Plan, config_text, phone, until, write_config};
use domain::{Answer, CallbackState, Channel, ContactDetail, Query};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use switchroom::phone::{Order, Phone};

/// The line, in which key 1 books.
pub const KEYED: &str = "8010";
/// Booked at once.
pub const AT_ONCE: &str = "8011";

/// Offered to everybody, tried again after a second.
const SETTINGS: &str = "callback = { attempts = 3, pause_s = 1, min_wait_s = 0, within_s = 604800, \
                        most_load_percent = 1000, quarantine_s = 0 }";

const ENTRIES: &str = r#"
[[entry]]
id = "keyed"
dnis = "8010"
flow = "keyed"
language = "en"

[[entry]]
id = "booked"
dnis = "8011"
flow = "booked"
language = "en"
"#;

/// The line is silent, so that whatever is heard is the promise.
const FLOWS: &str = r#"
[flow.keyed]
start = "line"

[flow.keyed.node.line]
type = "enqueue"
queue = "help"
keys = { 1 = "book" }
overflow = "bye"

[flow.keyed.node.book]
type = "callback"
queue = "help"
booked = "promised"
refused = "wait-on"

[flow.keyed.node.wait-on]
type = "resume"

[flow.keyed.node.promised]
type = "play"
prompts = ["goodbye"]
next = "bye"

[flow.keyed.node.bye]
type = "hangup"

[flow.booked]
start = "book"

[flow.booked.node.book]
type = "callback"
queue = "help"
booked = "promised"
refused = "bye"

[flow.booked.node.promised]
type = "play"
prompts = ["goodbye"]
next = "bye"

[flow.booked.node.bye]
type = "hangup"
"#;

/// One agent, Anna, with a fixed phone, and a carrier to which every number is dialled.
pub fn text(anna: SocketAddr, carrier: SocketAddr) -> String {
    let plan = Plan { treatment: SETTINGS, wrap_up_s: 0, record: false, ..Plan::default() };
    let text = config_text(&plan, &[("anna".to_owned(), format!("sip:anna@{anna}"))]);
    let peer = format!("id = \"loopback\"\npeer = \"udp:{carrier}\"");
    format!("{}\n{ENTRIES}", text.replacen("id = \"loopback\"", &peer, 1))
}

/// Writes a configuration and the flows that book.
pub fn write(dir: &Path, text: &str) -> PathBuf {
    let file = write_config(dir, text);
    std::fs::write(dir.join("flow.toml"), format!("{FLOW}{FLOWS}")).unwrap();
    file
}

/// Somebody with this number calls.
pub async fn call(server: SocketAddr, dialled: &str, number: &str) -> Phone {
    let caller = phone().await;
    let (uri, from) = (format!("sip:{dialled}@{server}"), number.to_owned());
    caller.order(Order::Call { uri, from, name: number.to_owned() }).await;
    caller
}

/// Waits until the call back to this number is so far.
pub async fn is(bench: &Bench, number: &str, state: CallbackState) {
    let mut floor = bench.daemon.floor();
    let there = floor.wait_for(|floor| {
        floor.callbacks.iter().any(|callback| callback.number.0 == number && callback.state == state)
    });
    tokio::time::timeout(PATIENCE, there).await.unwrap_or_else(|_| panic!("{number} is never {state:?}")).unwrap();
}

/// Waits until a call back to this number is in the list, however far it is.
pub async fn is_listed(bench: &Bench, number: &str) {
    let mut floor = bench.daemon.floor();
    let there = floor.wait_for(|floor| floor.callbacks.iter().any(|callback| callback.number.0 == number));
    tokio::time::timeout(PATIENCE, there).await.unwrap_or_else(|_| panic!("{number} is never listed")).unwrap();
}

/// Waits until the caller with this number stands in line on the telephone.
pub async fn waits(bench: &Bench, number: &str) {
    let mut floor = bench.daemon.floor();
    let there = floor.wait_for(|floor| {
        floor.waiting.iter().any(|waiting| waiting.channel == Channel::Voice && waiting.customer.0 == number)
    });
    tokio::time::timeout(PATIENCE, there).await.unwrap_or_else(|_| panic!("{number} never waits")).unwrap();
}

/// The story of the newest contact of a channel with this number, once it fits.
pub async fn story(
    bench: &Bench,
    channel: Channel,
    number: &str,
    fits: impl Fn(&ContactDetail) -> bool,
) -> ContactDetail {
    until(&format!("the story of {number}"), async || {
        let is_it = |row: &domain::ContactRow| row.channel == channel.as_str() && row.ani.0 == number;
        let row = bench.contacts().await.into_iter().find(is_it)?;
        match bench.daemon.store.answer(Query::Contact(row.id)).await.unwrap() {
            Answer::Contact(Some(detail)) if fits(&detail) => Some(*detail),
            _ => None,
        }
    })
    .await
}
