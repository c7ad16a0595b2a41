//! `switchroom doctor`: numbered checks, each with what to do.

use super::Failure;
use crate::boot::{check_writable, database_url};
use crate::cli;
use config::{Config, FlowWords};
use domain::Language;
use serde_json::json;
use speech::Synthesiser as _;
use std::collections::BTreeSet;
use std::net::{SocketAddr, TcpListener, UdpSocket};
use std::process::ExitCode;
use std::time::Duration;

/// Time for a word to be spoken.
const SPEECH_WITHIN: Duration = Duration::from_secs(10);

/// One check.
struct Check {
    name: &'static str,
    ok: bool,
    detail: String,
    fix: String,
}

fn check(name: &'static str, result: Result<String, (String, String)>) -> Check {
    match result {
        Ok(detail) => Check { name, ok: true, detail, fix: String::new() },
        Err((detail, fix)) => Check { name, ok: false, detail, fix },
    }
}

/// Runs every check and tells the result.
///
/// # Errors
/// When the configuration has problems.
pub async fn run(args: cli::Doctor) -> Result<ExitCode, Failure> {
    let scratch = std::env::temp_dir().join(format!("switchroom-doctor-{}", std::process::id()));
    let config = match &args.config {
        Some(path) => config::load(path).map_err(Failure::Config)?,
        None => crate::demo::config(&scratch)?,
    };
    let mut checks = vec![
        check("HTTP port", tcp(config.server().http)),
        check("SIP port (TCP)", tcp(config.sip_settings().listen)),
        check("SIP port (UDP)", udp(config.sip_settings().listen)),
        check("RTP ports", rtp(&config)),
        check("Data directory", data_dir(&config)),
        check("Open files", open_files()),
    ];
    checks.push(check("Database", database(&config).await));
    checks.push(check("Text-to-speech", text_to_speech(&config).await));
    if args.config.is_none() {
        // A directory that was only made to be tried.
        let _ = std::fs::remove_dir_all(&scratch);
    }
    tell(&checks, args.json);
    let healthy = checks.iter().all(|check| check.ok);
    Ok(if healthy { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(checks: &[Check], as_json: bool) {
    if as_json {
        let list: Vec<_> =
            checks.iter().map(|c| json!({ "name": c.name, "ok": c.ok, "detail": c.detail, "fix": c.fix })).collect();
        println!("{}", json!({ "ok": checks.iter().all(|c| c.ok), "checks": list }));
        return;
    }
    for (number, check) in checks.iter().enumerate() {
        let mark = if check.ok { "ok  " } else { "FAIL" };
        println!("{:>2} {mark} {}: {}", number + 1, check.name, check.detail);
        if !check.ok {
            println!("        → {}", check.fix);
        }
    }
}

fn taken(address: SocketAddr, error: &std::io::Error) -> (String, String) {
    let owner = crate::ports::owner(address.port());
    let detail = owner.map_or_else(|| format!("{address}: {error}"), |owner| format!("{address} is used by {owner}"));
    (detail, "stop that program or choose another port in the configuration".to_owned())
}

fn tcp(address: SocketAddr) -> Result<String, (String, String)> {
    TcpListener::bind(address).map(|_| format!("{address} is free")).map_err(|error| taken(address, &error))
}

fn udp(address: SocketAddr) -> Result<String, (String, String)> {
    UdpSocket::bind(address).map(|_| format!("{address} is free")).map_err(|error| taken(address, &error))
}

fn rtp(config: &Config) -> Result<String, (String, String)> {
    let (first, last) = config.media().rtp_ports;
    let address = config.media().address;
    let free = (first..=last).step_by(2).filter(|port| UdpSocket::bind((address, *port)).is_ok()).count();
    let calls = free / 2;
    if free >= 4 || (first, last) == (0, 0) {
        return Ok(format!("{free} free ports on {address}: {calls} calls at once"));
    }
    let fix = "widen `media.rtp_ports` or stop the program that uses them".to_owned();
    Err((format!("only {free} free ports in {first}–{last} on {address}"), fix))
}

fn data_dir(config: &Config) -> Result<String, (String, String)> {
    let dir = config.data_dir();
    let fix = "create it, or give it to the user that runs switchroom".to_owned();
    check_writable(dir).map(|()| format!("{} can be written", dir.display())).map_err(|error| (error.to_string(), fix))
}

fn open_files() -> Result<String, (String, String)> {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let soft = limits
        .lines()
        .find(|line| line.starts_with("Max open files"))
        .and_then(|line| line.split_whitespace().nth(3).and_then(|word| word.parse::<u64>().ok()));
    match soft {
        Some(files) if files < 4_096 => {
            let fix = "raise it: `ulimit -n 65536`, or LimitNOFILE=65536 in the service".to_owned();
            Err((format!("{files} files at once: about {} calls", files / 5), fix))
        }
        Some(files) => Ok(format!("{files} files at once")),
        None => Ok("no limit is known".to_owned()),
    }
}

async fn database(config: &Config) -> Result<String, (String, String)> {
    let fix = "see docs/problems.md, `database_failed`".to_owned();
    let opened = crm::Store::probe(&database_url(config), config.data_dir()).await;
    opened.map(|()| "opens, and its tables are up to date".to_owned()).map_err(|error| (error.to_string(), fix))
}

/// Has a word spoken in each language in which flows have texts.
async fn text_to_speech(config: &Config) -> Result<String, (String, String)> {
    if !config.speech().enabled {
        return Ok("switched off".to_owned());
    }
    let program = crate::boot::setup::voice_program(config);
    let with_texts = config.flow_words().iter().filter(|words| !words.texts.is_empty());
    let languages: BTreeSet<Language> =
        with_texts.flat_map(|words: &FlowWords| words.languages.iter().copied()).collect();
    if languages.is_empty() {
        let found = if program.check().is_ok() { "is there" } else { "is not there" };
        return Ok(format!("no flow has texts; {} {found}", program.name()));
    }
    let fix = || "install espeak-ng, or correct `command` and `voices` of [speech]".to_owned();
    for language in &languages {
        let spoken = tokio::time::timeout(SPEECH_WITHIN, program.speak(*language, "1")).await;
        let why = match spoken {
            Ok(Ok(_)) => continue,
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("{} takes more than {} s for a word", program.name(), SPEECH_WITHIN.as_secs()),
        };
        return Err((format!("{language}: {why}"), fix()));
    }
    let languages: Vec<&str> = languages.iter().map(Language::as_str).collect();
    Ok(format!("{} speaks {}", program.name(), languages.join(", ")))
}
