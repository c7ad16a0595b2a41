//! SIPp as an agent's desk phones: a call that is picked up on another one (INVITE with Replaces, RFC 3891), by whom it may
//! not, and an attended transfer (REFER with Replaces). Each SIPp says back what it hears, so that a caller who hears the
//! own tone is heard there and hears from there.

use crate::support::desk::Desk;
use crate::support::ports::free_port;
use crate::support::sipp::{must_succeed, sipp};
use crate::support::{Bench, Plan, TONES, answer, config_text, hears, phone, report, until};
use domain::{AgentState, ContactDetail};
use serde_json::json;
use std::net::SocketAddr;
use std::process::Child;
use switchroom::phone::{Order, Phone, Report};
use tempfile::TempDir;
use tokio::net::UdpSocket;

const CALLER_HZ: u32 = 620;
const BERT_HZ: u32 = 1_040;

/// A SIPp that runs. It ends when dropped.
struct Desktop {
    child: Option<Child>,
    dir: TempDir,
    port: u16,
    /// How often it was told to go on.
    told: u32,
}

impl Drop for Desktop {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Desktop {
    /// One call by this scenario, from this port.
    fn start(bench: &Bench, port: u16, scenario: &str, arguments: &[&str]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (server, own, media) = (bench.daemon.sip.to_string(), port.to_string(), free_port().to_string());
        let child = sipp(scenario, dir.path())
            .args(["-p", &own, "-mp", &media, "-rtp_echo", "-m", "1", "-timeout", "120"])
            .args(["-trace_logs", "-log_file", "log", "-key", "server", &server])
            .args(arguments)
            .arg(&server)
            .spawn()
            .expect("SIPp is needed: apt-get install sip-tester");
        Self { child: Some(child), dir, port, told: 0 }
    }

    /// The same from a new port, at which this user has registered.
    async fn registered(bench: &Bench, user: &str, scenario: &str, arguments: &[&str]) -> Self {
        let port = free_port();
        let credentials = ["-key", "user", user, "-au", user, "-ap", "phone-secret"];
        Self::start(bench, port, "register.xml", &credentials).over("registration").await;
        Self::start(bench, port, scenario, arguments)
    }

    /// What follows these words in its log.
    async fn logged(&self, words: &str) -> String {
        until(words, async || {
            let log = std::fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
            log.split_inclusive('\n').find_map(|line| line.strip_prefix(words)?.strip_suffix('\n')).map(str::to_owned)
        })
        .await
    }

    /// Lets a scenario that waits for an INFO go on.
    async fn go_on(&mut self, dialog: &str) {
        self.told += 1;
        let (number, to) = (self.told, SocketAddr::from(([127, 0, 0, 1], self.port)));
        let call = dialog.split(';').next().unwrap();
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let own = socket.local_addr().unwrap();
        let text = format!(
            "INFO sip:{to} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{number}\r\nMax-Forwards: 70\r\n\
             From: <sip:test@{own}>;tag=t\r\nTo: <sip:{to}>\r\nCall-ID: {call}\r\nCSeq: {number} INFO\r\n\
             Content-Length: 0\r\n\r\n"
        );
        socket.send_to(text.as_bytes(), to).await.unwrap();
    }

    /// Waits until the scenario is over: all was as it says.
    async fn over(mut self, who: &str) {
        let child = self.child.take().unwrap();
        let output = tokio::task::spawn_blocking(move || child.wait_with_output().unwrap()).await.unwrap();
        must_succeed(who, &output, self.dir.path());
    }
}

/// Anna has desk phones that register; so has Bert unless he has a fixed one.
async fn open(bert: &str) -> Bench {
    // SIPp knows no SHA-256.
    let plan = Plan { md5_only: true, wrap_up_s: 0, silence_s: 120, ..Plan::default() };
    let text = config_text(&plan, &[("anna".to_owned(), "desk".to_owned()), ("bert".to_owned(), bert.to_owned())]);
    // A scenario that waits for its call must not be asked whether it is there.
    Bench::with_text(&text.replacen("md5_only", "phone_keep_alive_s = 0\nmd5_only", 1)).await
}

/// A caller talks with Anna on the phone that this scenario is. Also the dialog, as Replaces names it.
async fn talking(bench: &Bench, scenario: &str, arguments: &[&str]) -> (Phone, Desktop, String) {
    let desk = Desktop::registered(bench, "anna", scenario, arguments).await;
    let caller = bench.call_answered("8001").await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    let dialog = desk.logged("dialog ").await;
    hears(&caller, CALLER_HZ).await;
    (caller, desk, dialog)
}

/// The end of the one contact, with one part for the agent and one recording without a gap.
async fn one_of_all(bench: &Bench) -> ContactDetail {
    let story = bench.story(|story| story.recordings.iter().any(|tape| tape.state == "complete")).await;
    let gaps: Vec<u64> = story.recordings.iter().map(|tape| tape.gap_ms).collect();
    assert_eq!((bench.contacts().await.len(), gaps), (1, vec![0]), "one contact, one recording");
    story
}

#[tokio::test(flavor = "multi_thread")]
async fn another_phone_of_the_agent_picks_the_call_up_and_the_first_one_gets_its_bye() {
    let bench = open("desk").await;
    let (caller, mut desk, dialog) = talking(&bench, "desk.xml", &[]).await;
    let up = Desktop::registered(&bench, "anna", "pick_up.xml", &["-key", "replaces", &dialog]).await;
    desk.logged("bye").await;
    desk.go_on(&dialog).await;
    desk.over("the first phone").await;
    // The first phone is gone: what is heard comes from the second.
    hears(&caller, CALLER_HZ).await;
    bench.agent("anna", |state| state == AgentState::Busy).await;
    caller.order(Order::HangUp).await;
    up.over("the second phone").await;
    let story = one_of_all(&bench).await;
    let agents: Vec<&str> = story.interactions.iter().map(|part| part.agent.as_str()).collect();
    assert_eq!(agents, ["anna"], "it is the same agent's part");
    bench.quiet().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_rings_is_picked_up_by_early_only_and_the_first_phone_is_cancelled() {
    let bench = open("desk").await;
    let desk = Desktop::registered(&bench, "anna", "desk_rings.xml", &[]).await;
    let caller = bench.call_answered("8001").await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    let dialog = format!("{};early-only", desk.logged("dialog ").await);
    let up = Desktop::registered(&bench, "anna", "pick_up.xml", &["-key", "replaces", &dialog]).await;
    desk.over("the phone that rang").await;
    hears(&caller, CALLER_HZ).await;
    caller.order(Order::HangUp).await;
    up.over("the phone that picked up").await;
    let story = one_of_all(&bench).await;
    assert_eq!(story.row.outcome.as_deref(), Some("answered"));
    let count = |kind: &str| story.events.iter().filter(|event| event.kind == kind).count();
    assert_eq!((count("offered"), count("connected")), (1, 1), "one offer, answered once");
    bench.stop().await;
}

/// A phone of this user, at a port where the user has registered or none has, wants a call and gets this status.
async fn is_refused(bench: &Bench, (port, user): (u16, &str), replaces: &str, status: u16) {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/e2e/sipp/pick_up_refused.xml");
    let text = std::fs::read_to_string(file).unwrap().replace("STATUS", &status.to_string());
    let dir = tempfile::tempdir().unwrap();
    let scenario = dir.path().join("refused.xml");
    std::fs::write(&scenario, text).unwrap();
    let keys = ["-key", "user", user, "-key", "replaces", replaces];
    let who = format!("{user} with {replaces}, to be refused by {status}");
    Desktop::start(bench, port, scenario.to_str().unwrap(), &keys).over(&who).await;
}

async fn registered_port(bench: &Bench, user: &str) -> u16 {
    let port = free_port();
    let credentials = ["-key", "user", user, "-au", user, "-ap", "phone-secret"];
    Desktop::start(bench, port, "register.xml", &credentials).over("registration").await;
    port
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_pick_up_or_names_no_call_is_refused_and_the_call_goes_on() {
    let bench = open("desk").await;
    let (mut caller, mut desk, dialog) = talking(&bench, "desk.xml", &[]).await;
    let anna = (registered_port(&bench, "anna").await, "anna");
    let (bert, stranger) = ((registered_port(&bench, "bert").await, "bert"), (free_port(), "anna"));
    let [call, to, from] = dialog.split(';').collect::<Vec<_>>()[..] else { panic!("{dialog}") };
    let swapped = format!("{call};to-{};from-{}", &from["from-".len()..], &to["to-".len()..]);
    caller.order(Order::TellDialog).await;
    let told = report(&mut caller, |report| matches!(report, Report::Dialog(_))).await;
    let Report::Dialog(customers) = told else { unreachable!("it is a dialog") };
    for (who, replaces, status, why) in [
        (anna, format!("nobody;{to};{from}"), 481, "no such call"),
        (anna, format!("{call};{to};from-tag=other"), 481, "another tag of the phone"),
        (anna, format!("{call};to-tag=other;{from}"), 481, "another tag of the engine"),
        (anna, swapped, 481, "the tags of the other side's view"),
        (anna, format!("{dialog};early-only"), 486, "it is answered"),
        (anna, format!("{call};{to}"), 400, "a tag is missing"),
        (bert, dialog.clone(), 403, "another agent"),
        (stranger, dialog.clone(), 403, "a trunk, whatever name it gives"),
        (anna, customers, 403, "the customer's own call"),
    ] {
        println!("{status}: {why}");
        is_refused(&bench, who, &replaces, status).await;
        hears(&caller, CALLER_HZ).await;
    }
    let up = Desktop::start(&bench, anna.0, "pick_up.xml", &["-key", "replaces", &dialog]);
    desk.logged("bye").await;
    println!("603: it has been taken over, and its end is not answered yet");
    let third = (registered_port(&bench, "anna").await, "anna");
    is_refused(&bench, third, &dialog, 603).await;
    desk.go_on(&dialog).await;
    desk.over("the first phone").await;
    hears(&caller, CALLER_HZ).await;
    println!("481: it is over");
    is_refused(&bench, third, &dialog, 481).await;
    caller.order(Order::HangUp).await;
    up.over("the second phone").await;
    one_of_all(&bench).await;
    bench.stop().await;
}

/// A desk phone holds, asks Bert by its second call, and connects the two by a REFER in one of its calls.
async fn connects(carrier: &str) {
    let mut bert = phone().await;
    let bench = open(&format!("sip:bert@{}", bert.address)).await;
    let mut console = Desk::sign_in(bench.daemon.http, "bert", "secret-bert").await;
    assert_eq!(console.wish(json!({ "type": "not_ready", "reason": "break" })).await, Ok(()), "the call is for Anna");
    let (caller, mut desk, dialog) = talking(&bench, "attended.xml", &["-key", "carrier", carrier]).await;
    desk.go_on(&dialog).await;
    bert.order(Order::Tone(BERT_HZ)).await;
    answer(&mut bert).await;
    desk.logged("asked").await;
    hears(&bert, BERT_HZ).await;
    caller.ear().clear();
    until("music", async || (caller.ear().samples() > 12_000).then_some(())).await;
    let heard = caller.ear().tone(TONES);
    assert!(heard != Some(CALLER_HZ) && heard != Some(BERT_HZ), "the customer hears music, and {heard:?}");
    desk.go_on(&dialog).await;
    let byes = desk.logged("byes ").await;
    let (one, other) = byes.split_once(" and ").expect("two calls end");
    let is_second = [one, other].map(|call| call.contains("///"));
    assert_ne!(is_second[0], is_second[1], "each of the two calls gets its BYE: {byes}");
    desk.over("the desk phone").await;
    hears(&caller, BERT_HZ).await;
    hears(&bert, CALLER_HZ).await;
    caller.order(Order::HangUp).await;
    let story = one_of_all(&bench).await;
    let agents: Vec<&str> = story.interactions.iter().map(|part| part.agent.as_str()).collect();
    assert_eq!(agents, ["anna", "bert"]);
    let count = |kind: &str| story.events.iter().filter(|event| event.kind == kind).count();
    assert_eq!([count("consult_started"), count("consult_answered"), count("transferred")], [1, 1, 1]);
    bench.quiet().await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_phone_connects_its_two_calls_by_refer_in_the_first_and_is_notified() {
    connects("first").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_phone_connects_its_two_calls_by_refer_in_the_second_and_is_notified() {
    connects("second").await;
}
