//! What a signalled call costs: caller → queue → agent → 2 s → BYE, at 50 calls/s, by SIPp on both sides.
//!
//! The daemon runs as a process of its own, so that its CPU time is its own. Prints `name value unit` lines.

#![allow(clippy::print_stdout, reason = "a bench prints its figures")]

#[path = "../tests/support/mod.rs"]
mod support;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::UdpSocket;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const CALLS: u32 = 1_000;
const CALLS_PER_S: u32 = 50;
const AGENTS: u32 = 200;
/// Clock ticks per second of `/proc/PID/stat` on Linux.
const TICKS_PER_S: f64 = 100.0;

/// A program that ends with the bench.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn main() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let port = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port").port();
    let agents: Vec<(String, String)> =
        (1..=AGENTS).map(|n| (format!("a{n:04}"), format!("sip:a{n:04}@127.0.0.1:{port}"))).collect();
    let plan = support::Plan { wrap_up_s: 0, record: false, ..support::Plan::default() };
    // A hundred calls at once take four hundred ports.
    let text = support::config_text(&plan, &agents).replacen("[media]\n", "[media]\nrtp_ports = [20000, 29999]\n", 1);
    let config = support::write_config(dir.path(), &text);
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_switchroom"))
        .args(["serve", "--config"])
        .arg(&config)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map(Running)
        .expect("the daemon starts");
    let mut line = String::new();
    BufReader::new(daemon.0.stdout.take().expect("its output")).read_line(&mut line).expect("it says where it listens");
    let sip = line.split_once("SIP ").map(|(_, rest)| rest.trim().to_owned()).expect("a SIP address");

    let before = cpu_s(daemon.0.id());
    let scenario = |name: &str, change: &dyn Fn(String) -> String| {
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/e2e/sipp").join(name));
        let file = dir.path().join(name);
        fs::write(&file, change(text.expect("a scenario"))).expect("a scenario is written");
        file
    };
    let agent = scenario("agent.xml", &|text| text.replace("milliseconds=\"1000\"", "milliseconds=\"2000\""));
    let caller = scenario("caller.xml", &|text| text.replace("sip:8000@", "sip:8001@"));
    let calls = CALLS.to_string();
    let phones = sipp(&agent, dir.path(), &["-p", &port.to_string(), "-m", &calls, "-timeout", "120"]);
    let callers = sipp(
        &caller,
        dir.path(),
        &[&sip, "-m", &calls, "-r", &CALLS_PER_S.to_string(), "-l", &calls, "-timeout", "120"],
    );
    let failed = [callers, phones].iter_mut().map(|running| u32::from(!ended_well(running))).sum::<u32>();
    let used = cpu_s(daemon.0.id()) - before;
    println!("call_cpu_ms {:.3} ms", used * 1_000.0 / f64::from(CALLS));
    println!("calls_per_s {CALLS_PER_S} 1/s");
    println!("sipp_sides_with_failures {failed} count");
}

fn sipp(scenario: &Path, dir: &Path, args: &[&str]) -> Running {
    let child = Command::new("sipp")
        .arg("-sf")
        .arg(scenario)
        .args(["-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin"])
        .args(args)
        .current_dir(dir)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Running(child.expect("SIPp is needed: apt-get install sip-tester"))
}

fn ended_well(running: &mut Running) -> bool {
    running.0.wait().is_ok_and(|status| status.success())
}

/// User and system time of a process so far, in seconds.
fn cpu_s(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |n: usize| fields.get(n).and_then(|field| field.parse::<f64>().ok()).unwrap_or_default();
    (ticks(11) + ticks(12)) / TICKS_PER_S
}
