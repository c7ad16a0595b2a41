//! `kill -9` in the middle of a call: what was said is kept, nobody is stuck.

use crate::support::{PATIENCE, Plan, Rest, answer, config_text, phone, report, until, write_config};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use switchroom::phone::{Order, Report};

const CALLER_HZ: u32 = 620;
const AGENT_HZ: u32 = 1_040;

/// The built program, running.
pub struct Served {
    pub child: Child,
    pub http: String,
    pub sip: SocketAddr,
}

impl Drop for Served {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts the built program; it says where it listens once it is ready.
pub fn serve(config: &Path) -> Served {
    serve_with(Command::new(env!("CARGO_BIN_EXE_switchroom")), config)
}

/// The same by a command that leads to the program.
pub fn serve_with(mut program: Command, config: &Path) -> Served {
    let mut child = program.args(["serve", "--config"]).arg(config).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let word_after = |label: &str| line.split_once(label).and_then(|(_, rest)| rest.split_whitespace().next());
    let http = word_after("console ").unwrap_or_else(|| panic!("{line}")).to_owned();
    let sip = word_after("SIP ").and_then(|address| address.parse().ok()).unwrap_or_else(|| panic!("{line}"));
    Served { child, http, sip }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_cut_off_by_kill_9_is_closed_as_system_and_its_recording_opens() {
    let dir = tempfile::tempdir().unwrap();
    let mut agent = phone().await;
    let seats = [("anna".to_owned(), format!("sip:anna@{}", agent.address))];
    let config = write_config(dir.path(), &config_text(&Plan::default(), &seats));
    let served = serve(&config);

    let mut caller = phone().await;
    let uri = format!("sip:8001@{}", served.sip);
    caller.order(Order::Call { uri, from: "+493023125042".to_owned(), name: "Marta".to_owned() }).await;
    report(&mut caller, |report| *report == Report::Talking).await;
    caller.order(Order::Tone(CALLER_HZ)).await;
    agent.order(Order::Tone(AGENT_HZ)).await;
    answer(&mut agent).await;
    let talking_since = Instant::now();
    crate::support::hears(&caller, AGENT_HZ).await;
    let part = until("three seconds on disk", async || {
        let file = find(&dir.path().join("data/recordings"), ".part.wav")?;
        (std::fs::metadata(&file).ok()?.len() > 3 * 32_000).then_some(file)
    })
    .await;

    let talked_ms = talking_since.elapsed().as_millis() as u64;
    drop(served);
    assert!(part.exists(), "the crash left an unfinished file");
    let restarted_at = Instant::now();
    let again = serve(&config);
    println!("ready_after_kill_9 {} ms", restarted_at.elapsed().as_millis());

    let api = Rest::sign_in(&again.http, "admin", "admin-secret").await;
    let contacts = api.get("/contacts").await;
    let row = &contacts["items"][0];
    assert_eq!(row["outcome"], "system", "{row}");
    assert_eq!(row["ended_by"], "system", "{row}");
    let story = api.get(&format!("/contacts/{}", row["id"].as_str().unwrap())).await;
    let tape = &story["recordings"][0];
    assert_eq!(tape["state"], "recovered", "{tape}");
    let name = format!("{}.wav", tape["id"].as_str().unwrap());
    let file = find(&dir.path().join("data/recordings"), &name).unwrap();
    let mut wav = hound::WavReader::open(&file).unwrap();
    let length_ms = u64::from(wav.duration()) / 8;
    println!("talked {talked_ms} ms, recovered {length_ms} ms");
    assert!(
        length_ms + 1_000 >= talked_ms.min(3_000),
        "at most the last second is missing: {length_ms} of {talked_ms}"
    );
    let left: Vec<i16> = wav.samples::<i16>().step_by(2).map(Result::unwrap).collect();
    assert_eq!(media::tone::strongest_tone(&left, 8_000, crate::support::TONES), Some(CALLER_HZ));
    let ready = until("the agent is ready", async || {
        let agents = api.get("/agents").await;
        (agents["items"][0]["state"] == "ready").then_some(())
    });
    tokio::time::timeout(PATIENCE, ready).await.unwrap();
}

fn find(dir: &Path, end: &str) -> Option<std::path::PathBuf> {
    std::fs::read_dir(dir).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return find(&path, end);
        }
        path.to_string_lossy().ends_with(end).then_some(path)
    })
}
