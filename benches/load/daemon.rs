//! The daemon under load: a process of its own, so that its processor time and memory are its own.

use crate::figures::cpu_s;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Instant;
use tempfile::TempDir;

/// What is configured.
pub struct House {
    /// Agents with fixed phones at this address, all ready.
    pub agents: usize,
    pub phones: SocketAddr,
    /// Agents may sign in at a console, with a password each.
    pub have_logins: bool,
    pub record: bool,
    /// Those who wait are told their place and wait and what they may choose, with music between.
    pub treated: bool,
}

/// What a queue tells those who wait, as often as it may; an offer of a call back beside it.
const TREATMENT: &str = r#"music = "hold-music"
treatment.position = true
treatment.wait = true
treatment.repeat_s = 10
treatment.messages = [{ after_s = 0, every_s = 10, prompts = ["still-waiting", "waiting-menu"] }]
treatment.keys = { 1 = "choices" }
callback = { min_wait_s = 0 }
"#;

fn agent_text(house: &House, n: usize) -> String {
    let login =
        if house.have_logins { format!("login = \"a{n:04}\"\npassword = \"secret-a{n:04}\"\n") } else { String::new() };
    format!(
        "[[agent]]\nid = \"a{n:04}\"\n{login}phone = \"sip:a{n:04}@{}\"\nskills = {{ help = 5 }}\nqueues = [\"help\"]\n\
         signed_in = true\n\n",
        house.phones
    )
}

fn config_text(house: &House, sip: SocketAddr) -> String {
    let agents: String = (1..=house.agents).map(|n| agent_text(house, n)).collect();
    format!(
        r#"
flows = ["flow.toml"]

[server]
http = "127.0.0.1:0"
data_dir = "data"
prompts_dir = "{prompts}"

[sip]
listen = "{sip}"
emergency = ["112"]

[media]
address = "127.0.0.1"
rtp_ports = [10000, 31999]
port_rest_s = 1

[[trunk]]
id = "loopback"
sources = ["127.0.0.0/8"]

[[skill]]
id = "help"
name = "Help"

[[queue]]
id = "help"
name = "Help"
skills = {{ help = 1 }}
offer_timeout_s = 20
wrap_up_s = 0
record = {record}
default_disposition = "done"
{treatment}
[[disposition]]
code = "done"
labels = {{ en = "Done", zh = "完成" }}

[[entry]]
id = "emergency"
dnis = "112"
flow = "urgent"
language = "en"

[[entry]]
id = "direct"
dnis = "8001"
flow = "direct"
language = "en"

{agents}"#,
        prompts = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts").display(),
        record = house.record,
        treatment = if house.treated { TREATMENT } else { "" },
    )
}

const FLOW: &str = r#"
[flow.direct]
start = "line"

[flow.direct.node.line]
type = "enqueue"
queue = "help"
music = "hold-music"
overflow = "bye"

[flow.direct.node.bye]
type = "hangup"
"#;

/// Whoever rings an emergency number goes before everybody else.
const URGENT_FLOW: &str = r#"
[flow.urgent]
start = "line"

[flow.urgent.node.line]
type = "enqueue"
queue = "help"
priority = 100000
music = "hold-music"
keys = {}
overflow = "bye"

[flow.urgent.node.bye]
type = "hangup"
"#;

/// The same with announcements, a choice of keys and the way to a call back.
const TREATED_FLOW: &str = r#"
[flow.direct]
start = "line"

[flow.direct.node.line]
type = "enqueue"
queue = "help"
announce = ["recording-notice", "please-hold"]
overflow = "bye"

[flow.direct.node.choices]
type = "menu"
prompts = ["waiting-menu"]
digits = { 1 = "wait-on", 2 = "book" }
timeout_s = 10
exhausted = "wait-on"

[flow.direct.node.wait-on]
type = "resume"

[flow.direct.node.book]
type = "callback"
queue = "help"
booked = "bye"
refused = "wait-on"

[flow.direct.node.bye]
type = "hangup"
"#;

/// A running daemon; it ends with the value.
pub struct Daemon {
    child: Child,
    /// Where it listens.
    pub sip: SocketAddr,
    /// Its web address, once it is ready.
    http: String,
    /// When it was started.
    pub since: Instant,
}

/// The files of a daemon, which outlive it.
pub struct Place {
    dir: TempDir,
    config: PathBuf,
    /// Where it will listen.
    pub sip: SocketAddr,
}

impl Place {
    /// Writes the configuration into a directory of its own.
    pub fn new(house: &House) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let sip = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr()).expect("a free port");
        let config = dir.path().join("switchroom.toml");
        let flow = if house.treated { TREATED_FLOW } else { FLOW };
        fs::write(dir.path().join("flow.toml"), format!("{flow}{URGENT_FLOW}")).expect("the flow is written");
        fs::write(&config, config_text(house, sip)).expect("the configuration is written");
        Self { dir, config, sip }
    }

    /// Starts the daemon, without waiting for it.
    pub fn launch(&self) -> Daemon {
        let log = fs::File::create(self.dir.path().join("log")).expect("a log");
        let since = Instant::now();
        // Another build of it, to compare with.
        let program =
            std::env::var("SWITCHROOM_BENCH_DAEMON").unwrap_or_else(|_| env!("CARGO_BIN_EXE_switchroom").to_owned());
        let child = Command::new(program)
            .args(["serve", "--config"])
            .arg(&self.config)
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .expect("the daemon starts");
        Daemon { child, sip: self.sip, http: String::new(), since }
    }

    /// Starts the daemon and waits until it is ready.
    pub fn start(&self) -> Daemon {
        let mut daemon = self.launch();
        daemon.wait_until_ready();
        daemon
    }
}

impl Daemon {
    /// Waits until it says that it is ready.
    pub fn wait_until_ready(&mut self) {
        let mut line = String::new();
        let said = self.child.stdout.take().expect("its output");
        BufReader::new(said).read_line(&mut line).expect("it says where it listens");
        assert!(line.contains("ready"), "the daemon said {line:?}");
        self.http = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap_or_default().to_owned();
    }

    /// Its processor time so far, in seconds.
    pub fn cpu_s(&self) -> f64 {
        cpu_s(&format!("/proc/{}/stat", self.child.id()))
    }

    /// Processor time of its threads by name, in seconds, most first.
    pub fn threads(&self) -> Vec<(String, f64)> {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.child.id())).into_iter().flatten().flatten();
        let mut found: Vec<(String, f64)> = Vec::new();
        for task in tasks {
            let name = fs::read_to_string(task.path().join("comm")).unwrap_or_default().trim().to_owned();
            let used = cpu_s(&task.path().join("stat").display().to_string());
            match found.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += used,
                None => found.push((name, used)),
            }
        }
        found.sort_by(|one, other| other.1.total_cmp(&one.1));
        found
    }

    /// The files that it has open, sockets among them.
    pub fn files(&self) -> f64 {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).map_or(0.0, |files| files.count() as f64)
    }

    /// The value of one of its metrics without labels.
    pub fn metric(&self, name: &str) -> f64 {
        let url = format!("{}/metrics", self.http);
        let text = ureq::get(&url).call().and_then(|mut reply| reply.body_mut().read_to_string()).expect("its metrics");
        let value = text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
        value.unwrap_or_else(|| panic!("no metric {name}"))
    }

    /// Its resident memory, in kB.
    pub fn rss_kb(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|kb| kb.parse().ok()).unwrap_or_default()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
