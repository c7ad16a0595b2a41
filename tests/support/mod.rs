//! A daemon in this process, on free loopback ports, with a database of its own.

#![allow(dead_code, reason = "each test program uses its own part of this")]

pub mod back;
pub mod baresip;
pub mod desk;
pub mod dns;
pub mod ear;
pub mod keys;
pub mod log;
pub mod ports;
pub mod relay;
pub mod sipp;
pub mod tls;
pub mod words;

use domain::{AgentId, AgentState, ContactDetail, ContactFilter, ContactRow, Query};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;
use switchroom::boot::{Daemon, Options, Sockets};
use switchroom::phone::{Order, Phone, Report};
use tempfile::TempDir;

/// Nothing that is waited for takes longer, however busy the machine is.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What a call takes and gives back: ports last, after half a minute's rest.
const LEFT: [&str; 4] = [
    "switchroom_sip_legs",
    "switchroom_sip_transactions",
    "switchroom_media_ports{state=\"open\"}",
    "switchroom_media_ports{state=\"resting\"}",
];

/// A phone's tones.
pub const TONES: &[u32] = &[350, 620, 830, 1_040, 1_400];

/// A daemon under test.
pub struct Bench {
    pub daemon: Daemon,
    pub dir: TempDir,
}

/// An agent of a test: the id, and the address of the phone.
pub struct Seat {
    pub id: &'static str,
    pub phone: SocketAddr,
}

/// The words of a configuration that differ from test to test.
#[derive(Clone)]
pub struct Plan {
    pub offer_timeout_s: u32,
    pub wrap_up_s: u32,
    pub silence_s: u32,
    pub record: bool,
    pub md5_only: bool,
    /// Agents stay ready whatever becomes of an offer: a second's pause after no answer, none after declining.
    pub tireless: bool,
    /// What the queue says of those who wait, as configuration text.
    pub treatment: &'static str,
    /// Where it listens.
    pub ip: IpAddr,
    /// SIP over TLS and HTTPS, with a certificate beside the configuration; SRTP is offered to phones that come by TLS.
    pub tls: bool,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            offer_timeout_s: 20,
            wrap_up_s: 30,
            silence_s: 30,
            record: true,
            md5_only: false,
            tireless: false,
            treatment: "",
            ip: Ipv4Addr::LOCALHOST.into(),
            tls: false,
        }
    }
}

/// An agent; one whose phone is a browser (`registered`) signs in by himself. `desk`: a desk phone that registers.
fn agent_text(id: &str, phone: &str) -> String {
    let signed_in = phone != "registered";
    let phone = if phone == "desk" { "registered" } else { phone };
    format!(
        "[[agent]]\nid = \"{id}\"\nname = \"{id}\"\nlogin = \"{id}\"\npassword = \"secret-{id}\"\nphone = \"{phone}\"\n\
         skills = {{ help = 5 }}\nqueues = [\"help\"]\nsigned_in = {signed_in}\n\n"
    )
}

/// What is the same in every test.
const SETTLED: &str = r#"
[[disposition]]
code = "done"
labels = { en = "Done", zh = "完成" }

[[disposition]]
code = "call-back"
labels = { en = "Call back", zh = "回电" }

[[reason]]
code = "break"
labels = { en = "Break", zh = "休息" }

[[phone]]
user = "6001"
name = "Softphone"
password = "softphone-secret"

[[user]]
login = "admin"
name = "Admin"
role = "admin"
password = "admin-secret"

[[entry]]
id = "main"
dnis = "8000"
flow = "help"
language = "en"

[[entry]]
id = "direct"
dnis = "8001"
flow = "direct"
language = "en"

[[entry]]
id = "hours"
dnis = "8003"
flow = "hours"
language = "en"

# Open at every hour of every day but for an emergency.
[[schedule]]
id = "always"
zone = "America/New_York"
open = [{ days = "mon-sun", from = "00:00", to = "24:00" }]

[[entry]]
id = "waiting"
dnis = "8002"
flow = "waiting"
language = "en"

"#;

/// A whole configuration for these agents: id and phone.
pub fn config_text(plan: &Plan, agents: &[(String, String)]) -> String {
    let agents: String = agents.iter().map(|(id, phone)| agent_text(id, phone)).collect();
    format!(
        r#"
flows = ["flow.toml"]

{tls}
[server]
http = "{any_port}"
{https}
data_dir = "data"
prompts_dir = "{prompts}"

[sip]
listen = "{any_port}"
md5_only = {md5_only}
{tls_listen}

[media]
srtp = "{srtp}"
address = "{ip}"
silence_s = {silence}

[[trunk]]
id = "loopback"
sources = ["127.0.0.0/8", "::1/128"]

[[skill]]
id = "help"
name = "Help"

[[queue]]
id = "help"
name = "Help"
skills = {{ help = 1 }}
offer_timeout_s = {offer}
wrap_up_s = {wrap_up}
record = {record}
default_disposition = "done"
{cool_downs}
{treatment}

{SETTLED}{agents}
"#,
        ip = plan.ip,
        any_port = SocketAddr::new(plan.ip, 0),
        prompts = Path::new(env!("CARGO_MANIFEST_DIR")).join("prompts").display(),
        tls = if plan.tls { "[tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"" } else { "" },
        https = if plan.tls { "https = \"127.0.0.1:0\"" } else { "" },
        tls_listen = if plan.tls { "tls_listen = \"127.0.0.1:0\"" } else { "" },
        srtp = if plan.tls { "tls" } else { "off" },
        silence = plan.silence_s,
        offer = plan.offer_timeout_s,
        wrap_up = plan.wrap_up_s,
        record = plan.record,
        md5_only = plan.md5_only,
        treatment = plan.treatment,
        cool_downs = if plan.tireless {
            "cool_downs = { declined_s = 0, busy_s = 0, unreachable_s = 1, no_answer_s = 1, no_answer_limit = 0 }"
        } else {
            ""
        },
    )
}

/// A menu before the queue (8000), and the queue at once (8001).
pub const FLOW: &str = r#"
[flow.help]
start = "menu"

[flow.help.node.menu]
type = "menu"
prompts = ["main-menu"]
digits = { 1 = "line" }
timeout_s = 20
attempts = 3
no_match_prompts = ["invalid-choice"]
exhausted = "bye"

[flow.help.node.line]
type = "enqueue"
queue = "help"
music = "hold-music"
overflow = "bye"

[flow.help.node.bye]
type = "hangup"

[flow.direct]
start = "line"

[flow.direct.node.line]
type = "enqueue"
queue = "help"
music = "hold-music"
overflow = "bye"

[flow.direct.node.bye]
type = "hangup"

[flow.hours]
start = "hours"

[flow.hours.node.hours]
type = "hours"
schedule = "always"
open = "line"
closed = "bye"
emergency = "storm"

[flow.hours.node.line]
type = "enqueue"
queue = "help"
overflow = "bye"

[flow.hours.node.storm]
type = "hangup"
prompts = ["closed"]

[flow.hours.node.bye]
type = "hangup"

[flow.waiting]
start = "line"

[flow.waiting.node.line]
type = "enqueue"
queue = "help"
music = "hold-music"
announce = ["recording-notice", "please-hold"]
keys = { 1 = "choices" }
overflow = "bye"

[flow.waiting.node.choices]
type = "menu"
prompts = ["waiting-menu"]
digits = { 1 = "wait-on", 2 = "bye" }
timeout_s = 100
exhausted = "wait-on"

[flow.waiting.node.wait-on]
type = "resume"

[flow.waiting.node.bye]
type = "hangup"
"#;

/// Writes a configuration with its flow into a directory.
pub fn write_config(dir: &Path, text: &str) -> PathBuf {
    std::fs::write(dir.join("flow.toml"), FLOW).unwrap();
    let file = dir.join("switchroom.toml");
    std::fs::write(&file, text).unwrap();
    file
}

impl Bench {
    /// Starts a daemon for these agents.
    pub async fn start(plan: &Plan, agents: &[(String, String)]) -> Self {
        Self::start_of(&config_text(plan, agents)).await
    }

    /// Starts a daemon with this configuration.
    pub async fn start_of(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        tls::renew(dir.path());
        write_config(dir.path(), text);
        Self::open(dir).await
    }

    /// Starts a daemon with this configuration.
    pub async fn with_text(text: &str) -> Self {
        let dir = tempfile::tempdir().unwrap();
        write_config(dir.path(), text);
        Self::open(dir).await
    }

    /// Starts a daemon with what the directory holds.
    pub async fn open(dir: TempDir) -> Self {
        let mut config = config::load(&dir.path().join("switchroom.toml")).unwrap_or_else(|problems| {
            panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        });
        let any = config::Overrides { rtp_ports: Some((0, 0)), ..config::Overrides::default() };
        config = config.with_overrides(any.clone());
        config.fill_sip_passwords(|_| "phone-secret".to_owned().into());
        let sockets = Sockets::bind(&config).await.unwrap();
        let options = Options {
            company: "Test".to_owned(),
            web_call_number: Some("8000".to_owned()),
            origin: config::Origin::new(dir.path().join("switchroom.toml")).with_overrides(any),
            demo: None,
        };
        let daemon = Daemon::start(config, sockets, options).await.unwrap();
        Self { daemon, dir }
    }

    /// Stops the daemon and starts another in its place.
    pub async fn restart(self) -> Self {
        self.daemon.stop(Duration::ZERO).await;
        Self::open(self.dir).await
    }

    /// Starts a daemon with one phone for each agent.
    pub async fn with_phones(plan: &Plan, ids: &[&str]) -> (Self, Vec<Phone>) {
        let mut phones = Vec::new();
        let mut agents = Vec::new();
        for id in ids {
            let phone = phone().await;
            agents.push(((*id).to_owned(), format!("sip:{id}@{}", phone.address)));
            phones.push(phone);
        }
        (Self::start(plan, &agents).await, phones)
    }

    /// The address to call.
    pub fn number(&self, number: &str) -> String {
        format!("sip:{number}@{}", self.daemon.sip)
    }

    /// Calls a number from a new phone.
    pub async fn call(&self, number: &str) -> Phone {
        let phone = phone().await;
        let (uri, from) = (self.number(number), "+493023125042".to_owned());
        phone.order(Order::Call { uri, from, name: "Marta".to_owned() }).await;
        phone
    }

    /// Calls a number and waits for the answer.
    pub async fn call_answered(&self, number: &str) -> Phone {
        let mut phone = self.call(number).await;
        report(&mut phone, |report| *report == Report::Talking).await;
        phone
    }

    /// All contacts so far, newest first.
    pub async fn contacts(&self) -> Vec<ContactRow> {
        let query = Query::Contacts { filter: ContactFilter::default(), cursor: None, limit: 200 };
        match self.daemon.store.answer(query).await.unwrap() {
            domain::Answer::Contacts(page) => page.items,
            other => panic!("{other:?}"),
        }
    }

    /// All contacts, however many, once every one is closed.
    pub async fn all_closed(&self) -> Vec<ContactRow> {
        until("all contacts are closed", async || {
            let rows = self.all_contacts().await;
            rows.iter().all(|row| row.closed.is_some()).then_some(rows)
        })
        .await
    }

    async fn all_contacts(&self) -> Vec<ContactRow> {
        let (mut rows, mut cursor) = (Vec::new(), None);
        loop {
            let query = Query::Contacts { filter: ContactFilter::default(), cursor, limit: 200 };
            let answer = self.daemon.store.answer(query).await.unwrap();
            let domain::Answer::Contacts(page) = answer else { panic!("{answer:?}") };
            rows.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return rows;
            }
        }
    }

    /// A figure of `/metrics`; its labels belong to its name.
    pub async fn figure(&self, name: &str) -> f64 {
        let url = format!("http://{}/metrics", self.daemon.http);
        let read = move || ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap();
        let metrics = tokio::task::spawn_blocking(read).await.unwrap();
        let value = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        value.unwrap_or_else(|| panic!("no {name} in\n{metrics}")).parse().unwrap()
    }

    /// Waits until no leg and no port is left, also none that rests after its call.
    pub async fn nothing_left(&self) {
        for name in LEFT {
            until(name, async || (self.figure(name).await == 0.0).then_some(())).await;
        }
    }

    /// The story of the one contact, once it fits.
    pub async fn story(&self, fits: impl Fn(&ContactDetail) -> bool) -> ContactDetail {
        until("the story", async || {
            let row = self.contacts().await.into_iter().next()?;
            match self.daemon.store.answer(Query::Contact(row.id)).await.unwrap() {
                domain::Answer::Contact(Some(detail)) if fits(&detail) => Some(*detail),
                _ => None,
            }
        })
        .await
    }

    /// The story of the one contact, once it is closed.
    pub async fn closed_story(&self) -> ContactDetail {
        self.story(|detail| detail.row.closed.is_some()).await
    }

    /// Waits until the agent is in a state that fits.
    pub async fn agent(&self, id: &str, fits: impl Fn(AgentState) -> bool) {
        let id: AgentId = id.parse().unwrap();
        let mut floor = self.daemon.floor();
        let wait = floor.wait_for(|floor| floor.agents.iter().any(|agent| agent.id == id && fits(agent.state)));
        tokio::time::timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("{id} never got there")).unwrap();
    }

    /// Waits for the first picture of the floor.
    pub async fn floor_of_queues(&self) {
        let mut floor = self.daemon.floor();
        let wait = floor.wait_for(|floor| !floor.queues.is_empty());
        tokio::time::timeout(PATIENCE, wait).await.expect("the floor stays empty").unwrap();
    }

    /// Waits until nothing is left: no call, no leg.
    pub async fn quiet(&self) {
        let mut floor = self.daemon.floor();
        let wait = floor.wait_for(|floor| floor.calls == 0 && floor.waiting.is_empty());
        tokio::time::timeout(PATIENCE, wait).await.expect("calls are left behind").unwrap();
    }

    pub async fn stop(self) {
        self.daemon.stop(Duration::ZERO).await;
    }
}

/// A phone on this machine.
pub async fn phone() -> Phone {
    Phone::start(SocketAddr::from(([127, 0, 0, 1], 0))).await.unwrap()
}

/// Waits for a report that fits.
pub async fn report(phone: &mut Phone, fits: impl Fn(&Report) -> bool) -> Report {
    tokio::time::timeout(PATIENCE, phone.wait_for(fits)).await.expect("the phone reports nothing of the kind").unwrap()
}

/// Asks again and again until there is an answer.
pub async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let search = async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, search).await.unwrap_or_else(|_| panic!("{what} did not come"))
}

/// Waits until the phone hears this tone.
pub async fn hears(phone: &Phone, hz: u32) {
    phone.ear().clear();
    until(&format!("{hz} Hz"), async || (phone.ear().tone(TONES) == Some(hz)).then_some(())).await;
}

/// Waits until the agent's phone rings, and answers.
pub async fn answer(phone: &mut Phone) {
    report(phone, |report| matches!(report, Report::Rings { .. })).await;
    phone.order(Order::Answer).await;
    report(phone, |report| *report == Report::Talking).await;
}

impl Bench {
    /// Waits until nobody is on the line; agents may still wrap up.
    pub async fn quiet_but_wrap_up(&self) {
        let mut floor = self.daemon.floor();
        let busy = |state: AgentState| matches!(state, AgentState::Busy | AgentState::Reserved(_));
        let wait = floor.wait_for(|floor| floor.waiting.is_empty() && !floor.agents.iter().any(|a| busy(a.state)));
        tokio::time::timeout(PATIENCE, wait).await.expect("somebody is still on the line").unwrap();
    }
}

/// Bytes of a second of a stereo recording at 8 kHz.
const SECOND: u64 = 32_000;

/// Bytes of the recording that is being made; `None`: there is none.
fn recorded(dir: &Path) -> Option<u64> {
    std::fs::read_dir(dir).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return recorded(&path);
        }
        path.to_string_lossy().ends_with(".part.wav").then(|| entry.metadata().ok()).flatten().map(|file| file.len())
    })
}

/// Waits until so many seconds more of the one recording are on disk.
pub async fn more_recorded(dir: &Path, seconds: u64) {
    let begun = until("a recording", async || recorded(dir)).await;
    until("more of it", async || recorded(dir).filter(|now| *now >= begun + seconds * SECOND)).await;
}

/// A REST client without a runtime of its own.
#[derive(Clone)]
pub struct Rest {
    base: String,
    token: String,
}

impl Rest {
    /// Signs in.
    pub async fn sign_in(base: &str, login: &str, password: &str) -> Self {
        let nobody = Self { base: base.to_owned(), token: String::new() };
        let body = serde_json::json!({ "login": login, "password": password });
        let session = nobody.post("/sessions", body).await;
        Self { token: session["token"].as_str().expect("a token").to_owned(), ..nobody }
    }

    /// What the session is known by.
    pub fn token(&self) -> &str {
        &self.token
    }

    pub async fn get(&self, path: &str) -> serde_json::Value {
        serde_json::from_str(&self.text(path).await).unwrap()
    }

    pub async fn text(&self, path: &str) -> String {
        let (url, bearer) = (format!("{}/api/v1{path}", self.base), format!("Bearer {}", self.token));
        tokio::task::spawn_blocking(move || {
            let mut response = ureq::get(url).header("Authorization", bearer).call().unwrap();
            response.body_mut().read_to_string().unwrap()
        })
        .await
        .unwrap()
    }

    /// A file, such as a recording.
    pub async fn bytes(&self, path: &str) -> Vec<u8> {
        let (url, bearer) = (format!("{}/api/v1{path}", self.base), format!("Bearer {}", self.token));
        tokio::task::spawn_blocking(move || {
            let mut response = ureq::get(url).header("Authorization", bearer).call().unwrap();
            response.body_mut().read_to_vec().unwrap()
        })
        .await
        .unwrap()
    }

    /// What stands beside the API, such as `/metrics`.
    pub async fn root(&self, path: &str) -> String {
        let url = format!("{}{path}", self.base);
        tokio::task::spawn_blocking(move || ureq::get(url).call().unwrap().body_mut().read_to_string().unwrap())
            .await
            .unwrap()
    }

    pub async fn post(&self, path: &str, body: serde_json::Value) -> serde_json::Value {
        let (url, bearer) = (format!("{}/api/v1{path}", self.base), format!("Bearer {}", self.token));
        tokio::task::spawn_blocking(move || {
            let mut response = ureq::post(url).header("Authorization", bearer).send_json(body).unwrap();
            serde_json::from_str(&response.body_mut().read_to_string().unwrap()).unwrap_or_default()
        })
        .await
        .unwrap()
    }
}
