//! The messages of a call: printed as a ladder, and mirrored to a capture server.

use crate::support::{Bench, Plan, answer, config_text, hears, phone, report, until};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::time::Duration;
use switchroom::phone::{Order, Report};
use tokio::net::UdpSocket;

/// `switchroom trace` of the one contact.
async fn traced(bench: &Bench, contact: &str, more: &[&str]) -> std::process::Output {
    let (server, contact) = (format!("http://{}", bench.daemon.http), contact.to_owned());
    let more: Vec<String> = more.iter().map(|word| (*word).to_owned()).collect();
    let run = move || {
        Command::new(env!("CARGO_BIN_EXE_switchroom"))
            .args(["trace", &contact, "--server", &server, "--login", "admin"])
            .args(more)
            .env("SWITCHROOM_PASSWORD", "admin-secret")
            .output()
            .unwrap()
    };
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// The ladder without what differs from run to run: times, ports, and what was sent twice because the machine was slow.
fn settled(ladder: &str, names: &[(String, &str)]) -> String {
    let mut text = String::new();
    for (n, line) in ladder.lines().filter(|line| !line.contains(" again ")).enumerate() {
        let named = names
            .iter()
            .fold(line.to_owned(), |line, (address, name)| line.replace(address, &format!("{name:0$}", address.len())));
        let shown = if n == 0 { named } else { named.get(8..).unwrap_or_default().to_owned() };
        text.push_str(shown.trim_end());
        text.push('\n');
    }
    text
}

const LADDER: &str = "      ms  caller                        Switchroom                    anna
  |-------- INVITE +SDP ------->|                             |
  |<------- 100 Trying ---------|                             |
  |<------- 200 OK +SDP --------|                             |
  |------------ ACK ----------->|                             |
  |                             |-------- INVITE +SDP ------->|
  |                             |<------- 100 Trying ---------|
  |                             |<------- 180 Ringing --------|
  |                             |----------- PRACK ---------->|
  |                             |<--------- 200 OK -----------|
  |                             |<------- 200 OK +SDP --------|
  |                             |------------ ACK ----------->|
  |------------ BYE ----------->|                             |
  |<--------- 200 OK -----------|                             |
  |                             |------------ BYE ----------->|
  |                             |<--------- 200 OK -----------|
";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_is_printed_as_a_ladder_and_its_messages_without_secrets() {
    let (bench, mut phones) = Bench::with_phones(&Plan { wrap_up_s: 0, ..Plan::default() }, &["anna"]).await;
    let caller = bench.call_answered("8001").await;
    phones[0].order(Order::Tone(1_040)).await;
    report(&mut phones[0], |report| matches!(report, Report::Rings { .. })).await;
    let contact = bench.contacts().await[0].id.to_string();
    // One who lifts the receiver while the PRACK is on its way may answer the INVITE first.
    until("the PRACK is answered", async || {
        let ladder = String::from_utf8(traced(&bench, &contact, &[]).await.stdout).unwrap();
        ladder.split_once(" PRACK ").is_some_and(|(_, after)| after.contains("200 OK")).then_some(())
    })
    .await;
    phones[0].order(Order::Answer).await;
    hears(&caller, 1_040).await;
    caller.order(Order::HangUp).await;
    report(&mut phones[0], |report| matches!(report, Report::Over(_))).await;
    bench.closed_story().await;

    let names = [(format!("{} UDP", caller.address), "caller"), (format!("{} UDP", phones[0].address), "anna")];
    let ladder = until("the whole ladder", async || {
        let output = traced(&bench, &contact, &[]).await;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let settled = settled(&text, &names);
        // The phone's last answer may still be on its way.
        (settled.lines().count() >= LADDER.lines().count()).then_some(settled)
    })
    .await;
    assert_eq!(ladder, LADDER, "{ladder}");

    let raw = String::from_utf8(traced(&bench, &contact, &["--raw"]).await.stdout).unwrap();
    assert!(raw.contains(&format!("X-Switchroom-Contact: {contact}")), "{raw}");
    assert!(raw.contains(&format!("--- 0 ms  {} -> {} UDP", caller.address, bench.daemon.sip)), "{raw}");
    let unknown = traced(&bench, &"0".repeat(contact.len()), &[]).await;
    assert_eq!(unknown.status.code(), Some(1));
    let told = String::from_utf8(unknown.stderr).unwrap();
    assert!(told.contains("trace_gone"), "{told}");
    bench.stop().await;
}

/// The chunks of a HEP packet by type.
fn chunks(packet: &[u8]) -> BTreeMap<u16, Vec<u8>> {
    let number = |bytes: &[u8]| u16::from_be_bytes([bytes[0], bytes[1]]);
    assert_eq!((&packet[..4], usize::from(number(&packet[4..]))), (&b"HEP3"[..], packet.len()));
    let (mut chunks, mut rest) = (BTreeMap::new(), &packet[6..]);
    while !rest.is_empty() {
        let (vendor, kind, length) = (number(rest), number(&rest[2..]), usize::from(number(&rest[4..])));
        assert_eq!(vendor, 0, "the generic vendor");
        chunks.insert(kind, rest[6..length].to_vec());
        rest = &rest[length..];
    }
    chunks
}

#[tokio::test(flavor = "multi_thread")]
async fn sip_and_rtcp_of_a_call_are_mirrored_to_a_capture_server() {
    let capture = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let mut anna = phone().await;
    let agents = [("anna".to_owned(), format!("sip:anna@{}", anna.address))];
    let server = capture.local_addr().unwrap();
    let hep = format!("[hep]\nserver = \"{server}\"\ncapture_id = 77\npassword = \"seen\"\n");
    let text = config_text(&Plan::default(), &agents).replace("[media]", &format!("{hep}\n[media]"));
    let bench = Bench::start_of(&text).await;
    let caller = bench.call_answered("8001").await;
    anna.order(Order::Tone(1_040)).await;
    answer(&mut anna).await;
    hears(&caller, 1_040).await;
    let contact = bench.contacts().await[0].id.to_string();

    let (mut sip, mut rtcp) = (BTreeSet::new(), Vec::new());
    let gather = async {
        let mut buffer = vec![0; 65_536];
        while rtcp.len() < 2 || !sip.iter().any(|line: &String| line.starts_with("ACK ")) {
            let (length, _) = capture.recv_from(&mut buffer).await.unwrap();
            let of = chunks(&buffer[..length]);
            assert_eq!(
                (&of[&1], &of[&2], &of[&12], &of[&14]),
                (&vec![2], &vec![17], &vec![0, 0, 0, 77], &b"seen".to_vec())
            );
            assert_eq!(of[&17], contact.as_bytes(), "all of it belongs to the one contact");
            let payload = String::from_utf8(of[&15].clone()).unwrap();
            match of[&11][..] {
                [1] => _ = sip.insert(payload.lines().next().unwrap().to_owned()),
                [5] => rtcp.push(serde_json::from_str::<serde_json::Value>(&payload).unwrap()),
                _ => panic!("protocol {:?}", of[&11]),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), gather).await.expect("SIP and RTCP come");
    let has = |start: &str| sip.iter().any(|line| line.starts_with(start));
    assert!(has("INVITE sip:8001@") && has("INVITE sip:anna@") && has("SIP/2.0 200 "), "{sip:?}");
    assert!(
        rtcp.iter().all(|report| report["type"] == 200 && report["sender_information"]["packets"].as_u64() > Some(0)),
        "{rtcp:?}"
    );
    caller.order(Order::HangUp).await;
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_capture_server_that_is_not_there_delays_no_call() {
    let gone = UdpSocket::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let mut anna = phone().await;
    let agents = [("anna".to_owned(), format!("sip:anna@{}", anna.address))];
    let text =
        config_text(&Plan::default(), &agents).replace("[media]", &format!("[hep]\nserver = \"{gone}\"\n\n[media]"));
    let bench = Bench::start_of(&text).await;
    let caller = bench.call_answered("8001").await;
    anna.order(Order::Tone(1_040)).await;
    answer(&mut anna).await;
    hears(&caller, 1_040).await;
    let rest = crate::support::Rest::sign_in(&format!("http://{}", bench.daemon.http), "admin", "admin-secret").await;
    until("refused packets are counted", async || {
        let metrics = rest.root("/metrics").await;
        let line = metrics.lines().find(|line| line.starts_with("switchroom_hep_unsent_total ")).unwrap().to_owned();
        (!line.ends_with(" 0")).then_some(())
    })
    .await;
    bench.stop().await;
}
