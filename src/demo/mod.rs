//! `switchroom demo`: a whole contact centre on this computer, with data of its own and nothing to set up.

#![allow(clippy::print_stdout, reason = "the banner is what the command is for")]

pub mod call;
mod client;
mod ticket;

pub use ticket::Ticket;

use crate::boot::{Daemon, DemoOptions, Options, Sockets, recordings_dir};
use crate::cli::DemoPlace;
use crate::commands::{Failure, asked_to_stop, write, write_prompts};
use crate::ports;
use config::{Config, Drafts, Origin, Overrides};
use domain::Query;
use http_api::dto::{Account, StartCredentials};
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tempfile::TempDir;

/// Who the demo's customers call.
pub const COMPANY: &str = "Halden Energy";
/// The number to dial.
pub const DIAL: &str = "8000";
/// The demo's account for a softphone.
const PHONE: &str = "6001";
/// The ports that are tried first.
const HTTP_PORT: u16 = 8080;
const SIP_PORT: u16 = 5060;
/// How many ports after a taken one are tried.
const PORT_TRIES: u16 = 50;
/// How long calls may go on after Ctrl-C.
const PATIENCE: Duration = Duration::from_secs(1);

/// A running demo.
pub struct Running {
    /// The daemon.
    pub daemon: Daemon,
    /// What was printed.
    pub ticket: Ticket,
    notes: Vec<String>,
    /// Removed when the demo ends.
    temporary: Option<TempDir>,
}

fn secret() -> String {
    crate::token::fresh().chars().take(16).collect()
}

/// A short password, easy to type into a phone.
fn phone_secret() -> String {
    let token = secret();
    format!("{}-{}", &token[..4], &token[4..8])
}

/// The demo's secrets: each is drawn when it is first asked for, and stays the same as long as the demo runs.
fn secrets() -> impl Fn(&str) -> Option<String> + Send + Sync + 'static {
    let drawn: Mutex<BTreeMap<String, String>> = Mutex::default();
    move |name| {
        if !name.starts_with("DEMO_") {
            return None;
        }
        let mut drawn = drawn.lock().unwrap_or_else(PoisonError::into_inner);
        let draw = || if name.starts_with("DEMO_SIP_") { phone_secret() } else { secret() };
        Some(drawn.entry(name.to_owned()).or_insert_with(draw).clone())
    }
}

/// Writes the demo's configuration, its flow and its prompts into its directory, where they are not there yet: they are
/// read anew and published like those of any other server.
fn unpack(data_dir: &Path) -> Result<Origin, Failure> {
    write_prompts(&data_dir.join("prompts"))?;
    let file = data_dir.join("demo.toml");
    for (path, text) in
        [(file.clone(), config::examples::DEMO), (data_dir.join("flows/demo.toml"), config::examples::DEMO_FLOW)]
    {
        if !path.exists() {
            write(&path, text.as_bytes())?;
        }
    }
    let overrides = Overrides { data_dir: Some(data_dir.to_owned()), ..Overrides::default() };
    Ok(Origin::new(file).with_variables(secrets()).with_overrides(overrides))
}

/// The demo's configuration with secrets of its own, on the usual ports.
///
/// # Errors
/// When its files cannot be written.
pub fn config(data_dir: &Path) -> Result<Config, Failure> {
    unpack(data_dir)?.load(&Drafts::new()).map_err(Failure::Config)
}

/// The address at which a browser on this computer reaches a UDP port. Browsers use no loopback address for media
/// unless told to, so the computer's own address is taken where it has one.
fn own_address() -> IpAddr {
    let find = || {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).ok()?;
        // Connecting a UDP socket sends nothing: it only asks the system for a route (RFC 5737 address).
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).ok()?;
        Some(socket.local_addr().ok()?.ip()).filter(|ip| !ip.is_unspecified())
    };
    find().unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST))
}

/// The wished port, or the first free one after the usual one; with a note if the usual one is taken.
fn choose_port(what: &str, wished: Option<u16>, usual: u16, notes: &mut Vec<String>) -> u16 {
    if let Some(port) = wished {
        return port;
    }
    let free = |port: &u16| {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, *port));
        std::net::TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok()
    };
    let port = (usual..usual.saturating_add(PORT_TRIES)).find(free).unwrap_or(0);
    if port != usual {
        let owner = ports::owner(usual).unwrap_or_else(|| "another program".to_owned());
        notes.push(format!("{what} port {usual} is used by {owner}, so {port} was taken"));
    }
    port
}

fn temporary() -> Result<TempDir, Failure> {
    let made = tempfile::Builder::new().prefix("switchroom-demo-").tempdir();
    made.map_err(|source| Failure::File { path: std::env::temp_dir(), source })
}

/// Starts a demo.
///
/// # Errors
/// When the daemon does not start.
pub async fn start(place: &DemoPlace) -> Result<Running, Failure> {
    let mut notes = Vec::new();
    let temporary = if place.dir.is_none() { Some(temporary()?) } else { None };
    let data_dir = place.dir.clone().or_else(|| Some(temporary.as_ref()?.path().to_owned())).unwrap_or_default();
    crate::boot::check_writable(&data_dir)?;
    let local = |port| Some(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    let overrides = Overrides {
        http: local(choose_port("HTTP", place.http, HTTP_PORT, &mut notes)),
        sip: local(choose_port("SIP", place.sip, SIP_PORT, &mut notes)),
        browser_address: Some(place.media_address.unwrap_or_else(own_address)),
        rtp_ports: Some((0, 0)),
        data_dir: Some(data_dir.clone()),
        ..Overrides::default()
    };
    let origin = unpack(&data_dir)?.with_overrides(overrides);
    let config = origin.load(&Drafts::new()).map_err(Failure::Config)?;
    let sockets = Sockets::bind(&config).await?;
    let mut ticket = make_ticket(&config, &data_dir, sockets.http_address());
    let demo = DemoOptions { start_token: secret(), credentials: credentials(&ticket) };
    ticket.start_url = format!("http://{}/start?t={}", sockets.http_address(), demo.start_token);
    let options =
        Options { company: COMPANY.to_owned(), web_call_number: Some(DIAL.to_owned()), origin, demo: Some(demo) };
    let daemon = Daemon::start(config, sockets, options).await?;
    keep_token(&daemon, &ticket).await?;
    ticket.sip_uri = format!("sip:{PHONE}@{}", daemon.sip);
    ticket.write()?;
    Ok(Running { daemon, ticket, notes, temporary })
}

fn make_ticket(config: &Config, data_dir: &Path, http: SocketAddr) -> Ticket {
    let account = |user: &config::User| Account {
        login: user.login.clone(),
        password: user.password.expose_secret().to_owned(),
        name: user.name.clone(),
    };
    let with = |role| config.users().iter().filter(move |user| user.role == role);
    let phone = config.phones().iter().find(|phone| phone.user == PHONE);
    Ticket {
        http_url: format!("http://{http}"),
        start_url: String::new(),
        sip_uri: String::new(),
        sip_user: PHONE.to_owned(),
        sip_password: phone.map(|phone| phone.password.expose_secret().to_owned()).unwrap_or_default(),
        dial: DIAL.to_owned(),
        agents: with(domain::Role::Agent).map(account).collect(),
        supervisor: with(domain::Role::Supervisor).map(account).next(),
        api_token: crate::token::fresh(),
        data_dir: data_dir.display().to_string(),
        pid: std::process::id(),
    }
}

fn credentials(ticket: &Ticket) -> StartCredentials {
    let nobody = || Account { login: String::new(), password: String::new(), name: String::new() };
    StartCredentials {
        agents: ticket.agents.clone(),
        supervisor: ticket.supervisor.clone().unwrap_or_else(nobody),
        dial: ticket.dial.clone(),
        sip_uri: ticket.sip_uri.clone(),
        sip_user: ticket.sip_user.clone(),
        sip_password: ticket.sip_password.clone(),
        api_token: ticket.api_token.clone(),
    }
}

/// Makes the printed API token a session of the demo's administrator.
async fn keep_token(daemon: &Daemon, ticket: &Ticket) -> Result<(), Failure> {
    let week = 7 * 24 * 3_600 * 1_000_000;
    let expires = domain::WallTime::from_micros(crate::clock::wall_now().as_micros() + week);
    let token_sha256 = http_api::token_sha256(&ticket.api_token);
    let query = Query::CreateSession { token_sha256, login: "admin".to_owned(), expires };
    let kept = daemon.store.answer(query).await;
    kept.map(|_| ()).map_err(|error| Failure::Step(format!("the demo's token could not be kept: {error}")))
}

impl Running {
    /// Stops the demo and removes its data if they were temporary.
    pub async fn stop(self) {
        self.daemon.stop(PATIENCE).await;
        // What cannot be removed of a temporary directory is the system's to clear.
        let _ = self.temporary.map(TempDir::close);
    }

    /// Where the recordings are.
    #[must_use]
    pub fn recordings(&self) -> PathBuf {
        recordings_dir(Path::new(&self.ticket.data_dir))
    }
}

fn banner(running: &Running) {
    let ticket = &running.ticket;
    let sip = running.daemon.sip;
    println!("switchroom {}  demo of {COMPANY}: this computer only, demo data", env!("CARGO_PKG_VERSION"));
    println!();
    println!("  Open    {}   (one time, 30 minutes)", ticket.start_url);
    for agent in &ticket.agents {
        println!("  Agent   {:<12} {:<12} password {}", agent.name, agent.login, agent.password);
    }
    if let Some(boss) = &ticket.supervisor {
        println!("  Floor   {:<12} {:<12} password {}", boss.name, boss.login, boss.password);
    }
    println!(
        "  Phone   SIP server {sip}, user {}, password {}; dial {}",
        ticket.sip_user, ticket.sip_password, ticket.dial
    );
    println!("  API     {}/docs   token {}", ticket.http_url, ticket.api_token);
    println!("  Data    {}", ticket.data_dir);
    for note in &running.notes {
        println!("  Note    {note}");
    }
    println!();
    println!("  Next    open the address above and press Start demo, or: switchroom demo call");
    println!("  Stop    Ctrl-C        Keep it: switchroom init ./mycc");
}

/// `switchroom demo`.
///
/// # Errors
/// When the daemon does not start.
pub async fn run(place: DemoPlace) -> Result<ExitCode, Failure> {
    let running = start(&place).await?;
    if place.json {
        println!("{}", running.ticket.json());
    } else {
        banner(&running);
    }
    asked_to_stop().await;
    if !place.json {
        println!("\nStopping.");
    }
    running.stop().await;
    Ok(ExitCode::SUCCESS)
}
