//! Mutated messages without end, while a call goes on: the same process, an unbroken call, quick answers, no growth.
//!
//! A few thousand in every run; 200,000 with `SWITCHROOM_SOAK=1`, and then the figures are bounds.

use crate::crash::serve;
use crate::support::{Plan, answer, config_text, hears, phone, report, write_config};
use rand_core::{Rng, SeedableRng};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use switchroom::phone::{Order, Report};
use tokio::net::UdpSocket;

const SEED: u64 = 4475;
/// Sent together, and how often.
const BURST: usize = 25;
const EVERY: Duration = Duration::from_millis(8);
/// One OPTIONS in this time.
const PROBE: Duration = Duration::from_millis(20);

type Dice = rand_chacha::ChaCha8Rng;

fn below(dice: &mut Dice, limit: usize) -> usize {
    (dice.next_u64() % limit.max(1) as u64) as usize
}

fn is_soak() -> bool {
    std::env::var_os("SWITCHROOM_SOAK").is_some()
}

/// Messages that are in order: those of the RFCs' corpora, and one of each method.
fn originals(server: SocketAddr) -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpora/sip");
    let mut all: Vec<Vec<u8>> = ["rfc4475", "rfc5118"]
        .iter()
        .flat_map(|folder| std::fs::read_dir(root.join(folder)).unwrap().flatten())
        .filter(|entry| entry.path().extension().is_some_and(|end| end == "dat"))
        .map(|entry| std::fs::read(entry.path()).unwrap())
        .collect();
    all.sort();
    for method in
        ["OPTIONS", "REGISTER", "INVITE", "ACK", "BYE", "CANCEL", "UPDATE", "PRACK", "REFER", "NOTIFY", "INFO"]
    {
        let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 9 RTP/AVP 0\r\n";
        let text = format!(
            "{method} sip:8001@{server} SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:9;rport;branch=z9hG4bK-m\r\n\
             Max-Forwards: 70\r\nFrom: \"M\" <sip:m@127.0.0.2>;tag=m\r\nTo: <sip:8001@{server}>\r\nCall-ID: mutant\r\n\
             CSeq: 1 {method}\r\nContact: <sip:m@127.0.0.2:9>\r\nExpires: 60\r\nRAck: 1 1 INVITE\r\n\
             Refer-To: <sip:8000@{server}>\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{sdp}",
            sdp.len()
        );
        all.push(text.into_bytes());
    }
    all
}

/// One to three changes to a message: bytes turned, a cut, a field many times, a huge field, deep folding.
fn mutant(dice: &mut Dice, originals: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = originals[below(dice, originals.len())].clone();
    for _ in 0..=below(dice, 3) {
        match below(dice, 10) {
            0..4 => {
                for _ in 0..=below(dice, 8) {
                    let at = below(dice, bytes.len());
                    if let Some(byte) = bytes.get_mut(at) {
                        *byte = dice.next_u64() as u8;
                    }
                }
            }
            4..6 => bytes.truncate(below(dice, bytes.len())),
            6..8 => repeat_a_line(dice, &mut bytes),
            8 => {
                let size = below(dice, 50_000);
                insert_at_a_line(dice, &mut bytes, &[b"X-Big: ".as_slice(), &vec![b'x'; size], b"\r\n"].concat());
            }
            _ => {
                let depth = 1 + below(dice, 2_000);
                insert_at_a_line(
                    dice,
                    &mut bytes,
                    &[b"Subject: a\r\n".as_slice(), &b" \r\n\t".repeat(depth), b"b\r\n"].concat(),
                );
            }
        }
    }
    bytes.truncate(65_000);
    bytes
}

/// Where lines begin.
fn lines(bytes: &[u8]) -> Vec<usize> {
    (1..bytes.len()).filter(|at| bytes[at - 1] == b'\n').collect()
}

fn insert_at_a_line(dice: &mut Dice, bytes: &mut Vec<u8>, piece: &[u8]) {
    let lines = lines(bytes);
    if let Some(at) = lines.get(below(dice, lines.len())).copied() {
        bytes.splice(at..at, piece.iter().copied());
    }
}

fn repeat_a_line(dice: &mut Dice, bytes: &mut Vec<u8>) {
    let lines = lines(bytes);
    let nth = below(dice, lines.len().saturating_sub(1));
    if let (Some(from), Some(to)) = (lines.get(nth).copied(), lines.get(nth + 1).copied()) {
        let line = bytes[from..to].repeat(1 + below(dice, 100));
        bytes.splice(from..from, line);
    }
}

/// Resident memory of a process in kilobytes.
fn resident_kb(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Asks again and again how long an OPTIONS takes, in microseconds.
async fn probe(server: SocketAddr, times: Arc<Mutex<Vec<u64>>>) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let via = socket.local_addr().unwrap();
    let mut turns = tokio::time::interval(PROBE);
    let mut buffer = vec![0; 4_096];
    for number in 0_u64.. {
        turns.tick().await;
        let asked = Instant::now();
        let text = format!(
            "OPTIONS sip:8000@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {via};rport;branch=z9hG4bK-p{number}\r\n\
             From: <sip:p@127.0.0.1>;tag=p\r\nTo: <sip:8000@{server}>\r\nCall-ID: probe-{number}\r\nCSeq: 1 OPTIONS\r\n\
             Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        );
        socket.send_to(text.as_bytes(), server).await.unwrap();
        loop {
            let (length, _) = socket.recv_from(&mut buffer).await.unwrap();
            if String::from_utf8_lossy(&buffer[..length]).contains(&format!("probe-{number}\r\n")) {
                break;
            }
        }
        times.lock().unwrap().push(asked.elapsed().as_micros() as u64);
    }
}

/// Sends so many mutants, by turns from a stranger and, unless it is an INVITE, from a trunk. Returns how long it took.
async fn attack(server: SocketAddr, count: usize) -> Duration {
    let stranger = UdpSocket::bind("127.0.0.2:0").await.unwrap();
    let trunk = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let originals = originals(server);
    let mut dice = Dice::seed_from_u64(SEED);
    let begun = Instant::now();
    let mut turns = tokio::time::interval(EVERY);
    for number in 0..count {
        if number % BURST == 0 {
            turns.tick().await;
        }
        let bytes = mutant(&mut dice, &originals);
        let trusted = number % 2 == 0 && !bytes.starts_with(b"INVITE");
        let socket = if trusted { &trunk } else { &stranger };
        // A full buffer of the kernel loses it, as a network would.
        let _ = socket.try_send_to(&bytes, server);
    }
    begun.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn mutated_messages_disturb_no_call() {
    let dir = tempfile::tempdir().unwrap();
    let mut agent = phone().await;
    let seats = [("anna".to_owned(), format!("sip:anna@{}", agent.address))];
    let text = config_text(&Plan::default(), &seats).replace("127.0.0.0/8", "127.0.0.1/32");
    let served = serve(&write_config(dir.path(), &text));
    let mut caller = phone().await;
    let uri = format!("sip:8001@{}", served.sip);
    caller.order(Order::Call { uri, from: "+493023125042".to_owned(), name: "Marta".to_owned() }).await;
    report(&mut caller, |report| *report == Report::Talking).await;
    caller.order(Order::Tone(620)).await;
    agent.order(Order::Tone(1_040)).await;
    answer(&mut agent).await;
    hears(&caller, 1_040).await;
    hears(&agent, 620).await;

    let count = if is_soak() { 200_000 } else { 5_000 };
    let times = Arc::new(Mutex::new(Vec::new()));
    let probing = tokio::spawn(probe(served.sip, times.clone()));
    // A first round fills what is filled once: buffers, tables, the pages of the program.
    attack(served.sip, count / 20).await;
    let before = resident_kb(served.child.id());
    caller.ear().clear();
    agent.ear().clear();
    times.lock().unwrap().clear();
    let took = attack(served.sip, count).await;
    let gap = caller.ear().longest_gap().max(agent.ear().longest_gap());
    let grown = resident_kb(served.child.id()).saturating_sub(before);
    probing.abort();
    let mut times = std::mem::take(&mut *times.lock().unwrap());
    times.sort_unstable();
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or_default();
    let rate = count as f64 / took.as_secs_f64();
    println!(
        "{count} mutants at {rate:.0}/s, longest gap {gap:?}, {grown} kB more, OPTIONS p99 {p99} us of {}",
        times.len()
    );
    if is_soak() {
        assert!(rate >= 2_000.0, "{rate} mutants a second");
        assert!(gap <= Duration::from_millis(60), "a gap of {gap:?} in the audio");
        assert!(grown <= 20_000, "{grown} kB more");
        assert!(p99 <= 100_000, "OPTIONS p99 {p99} us");
    }

    hears(&caller, 1_040).await;
    hears(&agent, 620).await;
    caller.order(Order::HangUp).await;
    report(&mut agent, |report| matches!(report, Report::Over(_))).await;
}
