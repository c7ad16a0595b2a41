//! `switchroom demo call`: one whole call over real sockets, with every part of it checked.

use super::client::{Api, Cti, failed};
use super::{DIAL, Ticket};
use crate::boot::recordings_dir;
use crate::cli::{DemoCall, DemoPlace};
use crate::commands::Failure;
use crate::phone::{Order, Phone, Report};
use media::tone::strongest_tone;
use serde_json::{Map, Value, json};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// What the caller says, and what the agent says: two tones that nothing else sounds like.
const CALLER_HZ: u32 = 620;
const AGENT_HZ: u32 = 1_040;
const TONES: &[u32] = &[350, CALLER_HZ, 830, AGENT_HZ, 1_400];
/// The demo's customer who calls.
const ANI: &str = "+493023125042";
const NAME: &str = "M KELLER";
/// Who answers: the best of the support queue.
const AGENT: &str = "tom.hale";
/// The caller keys: English, then support.
const LANGUAGE_KEY: &str = "1";
const SUPPORT_KEY: &str = "2";
/// No step may take longer.
const STEP: Duration = Duration::from_secs(40);
/// How long the two talk.
const TALK: Duration = Duration::from_millis(2_500);

/// What was seen on the way.
#[derive(Default)]
struct Seen {
    pop: Value,
    pop_before_ring: bool,
    shown_number: String,
    shown_name: String,
    caller_heard: Option<u32>,
    agent_heard: Option<u32>,
}

async fn within<T>(what: &str, step: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    tokio::time::timeout(STEP, step).await.unwrap_or_else(|_| Err(failed(what, "nothing came within 40 s")))
}

async fn expect(phone: &mut Phone, what: &str, fits: impl Fn(&Report) -> bool) -> Result<Report, Failure> {
    within(what, async { phone.wait_for(fits).await.ok_or_else(|| failed(what, "the phone ended")) }).await
}

/// `switchroom demo call`.
///
/// # Errors
/// When a step fails.
pub async fn run(args: DemoCall) -> Result<ExitCode, Failure> {
    let (ticket, own) = match &args.attach {
        Some(dir) => (Ticket::read(dir)?, None),
        None => {
            let loopback = Some(std::net::IpAddr::from([127, 0, 0, 1]));
            let place = DemoPlace { http: Some(0), sip: Some(0), media_address: loopback, ..DemoPlace::default() };
            let running = super::start(&place).await?;
            (running.ticket.clone(), Some(running))
        }
    };
    let result = play(&ticket).await;
    if let Some(running) = own {
        running.stop().await;
    }
    let report = result?;
    let good = report["checks"].as_object().is_some_and(|checks| checks.values().all(|held| held == true));
    tell(&report, args.json);
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn tell(report: &Value, as_json: bool) {
    if as_json {
        println!("{report}");
        return;
    }
    for (name, held) in report["checks"].as_object().into_iter().flatten() {
        println!("{} {}", if held == true { "ok  " } else { "FAIL" }, name.replace('_', " "));
    }
    println!(
        "contact {} of {}: waited {} ms, rang {} ms, talked {} ms",
        report["contact_id"], report["ani"], report["wait_ms"], report["ring_ms"], report["talk_ms"]
    );
    println!("recording {}", report["recording"]["path"]);
}

/// Plays the call against a demo and tells what was seen.
async fn play(ticket: &Ticket) -> Result<Value, Failure> {
    let server: SocketAddr = ticket
        .sip_uri
        .rsplit('@')
        .next()
        .and_then(|address| address.parse().ok())
        .ok_or_else(|| failed("SIP address", &ticket.sip_uri))?;
    let account = ticket.agents.iter().find(|agent| agent.login == AGENT);
    let account = account.ok_or_else(|| failed("agent", "the demo has no such agent"))?;
    let api = Api::new(&ticket.http_url, None).sign_in(&account.login, &account.password).await?;
    let account = api.get("/phone").await?;
    let mut agent = start_phone().await?;
    agent
        .order(Order::Register {
            server,
            user: account["sip_user"].as_str().unwrap_or_default().to_owned(),
            password: account["sip_password"].as_str().unwrap_or_default().to_owned(),
        })
        .await;
    expect(&mut agent, "registration", |report| *report == Report::Registered(200)).await?;
    let mut cti = within("CTI", api.cti()).await?;
    cti.wish(json!({ "type": "sign_in" })).await?;
    cti.wish(json!({ "type": "ready" })).await?;

    let mut caller = start_phone().await?;
    let mut seen = Seen::default();
    call_in(&mut caller, server).await?;
    let contact = ring(&mut cti, &mut agent, &mut seen).await?;
    talk(&mut caller, &mut agent, &mut seen).await?;
    wrap_up(&mut cti, &mut agent, &contact).await?;
    cti.wish(json!({ "type": "sign_out" })).await?;
    let admin = Api::new(&ticket.http_url, Some(&ticket.api_token));
    let story = within("history", closed_story(&admin, &contact)).await?;
    let tape = hear_tape(&recordings_dir(Path::new(&ticket.data_dir)), &story)?;
    Ok(report(&contact, &seen, &story, &tape))
}

async fn start_phone() -> Result<Phone, Failure> {
    Phone::start(SocketAddr::from(([127, 0, 0, 1], 0))).await.map_err(|error| failed("a phone", error))
}

/// The caller dials, keys through the menus and says its tone.
async fn call_in(caller: &mut Phone, server: SocketAddr) -> Result<(), Failure> {
    let uri = format!("sip:{DIAL}@{server}");
    caller.order(Order::Call { uri, from: ANI.to_owned(), name: NAME.to_owned() }).await;
    expect(caller, "the call is answered", |report| *report == Report::Talking).await?;
    caller.order(Order::Tone(CALLER_HZ)).await;
    for keys in [LANGUAGE_KEY, SUPPORT_KEY] {
        // A person keys when the menu speaks: the menu is heard as sound.
        within("the menu speaks", heard(caller, 4_000)).await?;
        caller.order(Order::Digits(keys.to_owned())).await;
    }
    Ok(())
}

/// Waits until so many samples were heard anew.
async fn heard(phone: &Phone, samples: usize) -> Result<(), Failure> {
    phone.ear().clear();
    while phone.ear().samples() < samples {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}

/// The desk is told, the phone rings, the agent answers.
async fn ring(cti: &mut Cti, agent: &mut Phone, seen: &mut Seen) -> Result<String, Failure> {
    let popped = async {
        let offered = |message: &Value| message["type"] == "event" && message["event"]["type"] == "offered";
        let message = within("the screen pop", cti.wait("the screen pop", offered)).await?;
        Ok::<_, Failure>((message, Instant::now()))
    };
    let rings = expect(agent, "the agent's phone rings", |report| matches!(report, Report::Rings { .. }));
    let (popped, rings) = tokio::join!(popped, rings);
    let (message, popped_at) = popped?;
    if let Report::Rings { from, name, at } = rings? {
        seen.pop_before_ring = popped_at <= at;
        (seen.shown_number, seen.shown_name) = (from, name);
    }
    seen.pop = message["event"]["pop"].clone();
    agent.order(Order::Tone(AGENT_HZ)).await;
    agent.order(Order::Answer).await;
    expect(agent, "the agent is joined", |report| *report == Report::Talking).await?;
    let contact = seen.pop["contact"].as_str().unwrap_or_default();
    Ok(contact.to_owned())
}

/// Both say their tones for a while, and hear each other's.
async fn talk(caller: &mut Phone, agent: &mut Phone, seen: &mut Seen) -> Result<(), Failure> {
    tokio::time::sleep(TALK).await;
    seen.caller_heard = caller.ear().tone(TONES);
    seen.agent_heard = agent.ear().tone(TONES);
    caller.order(Order::HangUp).await;
    Ok(())
}

/// The agent notes what was said and how it ended.
async fn wrap_up(cti: &mut Cti, agent: &mut Phone, contact: &str) -> Result<(), Failure> {
    let after = |m: &Value| m["event"]["type"] == "interaction" && m["event"]["phase"] == "wrap_up";
    within("wrap-up begins", cti.wait("wrap-up", after)).await?;
    expect(agent, "the agent's phone is free", |report| matches!(report, Report::Over(_))).await?;
    cti.wish(json!({ "type": "save_notes", "contact": contact, "text": "Demo call: the meter was read." })).await?;
    cti.wish(json!({ "type": "set_disposition", "contact": contact, "code": "resolved" })).await?;
    cti.wish(json!({ "type": "finish_wrap_up", "contact": contact })).await
}

/// The contact's story, once it is final and its recording stands.
async fn closed_story(api: &Api, contact: &str) -> Result<Value, Failure> {
    loop {
        let story = api.get(&format!("/contacts/{contact}")).await?;
        let closed = !story["contact"]["closed_at"].is_null();
        let stands = story["recordings"].as_array().is_some_and(|all| all.iter().any(|r| r["state"] == "complete"));
        if closed && stands {
            return Ok(story);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// What a recording holds.
struct Tape {
    path: String,
    channels: u16,
    left: Option<u32>,
    right: Option<u32>,
    duration_ms: u64,
}

fn hear_tape(dir: &Path, story: &Value) -> Result<Tape, Failure> {
    let name = format!("{}.wav", story["recordings"][0]["id"].as_str().unwrap_or_default());
    let path = find(dir, &name).ok_or_else(|| failed("the recording", format!("{name} is not on disk")))?;
    let mut reader = hound::WavReader::open(&path).map_err(|error| failed("the recording", error))?;
    let spec = reader.spec();
    let samples: Vec<i16> = reader.samples::<i16>().map_while(Result::ok).collect();
    let channel = |offset: usize| -> Vec<i16> { samples.iter().skip(offset).step_by(2).copied().collect() };
    let frames = samples.len() as u64 / u64::from(spec.channels.max(1));
    Ok(Tape {
        path: path.display().to_string(),
        channels: spec.channels,
        left: strongest_tone(&channel(0), spec.sample_rate, TONES),
        right: strongest_tone(&channel(1), spec.sample_rate, TONES),
        duration_ms: frames * 1_000 / u64::from(spec.sample_rate.max(1)),
    })
}

/// The file of this name, in a directory or below it.
fn find(dir: &Path, name: &str) -> Option<PathBuf> {
    std::fs::read_dir(dir).ok()?.flatten().find_map(|entry| {
        let path = entry.path();
        if path.is_dir() { find(&path, name) } else { (entry.file_name() == name).then_some(path) }
    })
}

fn checks(seen: &Seen, story: &Value, tape: &Tape) -> Map<String, Value> {
    let row = &story["contact"];
    let path: Vec<&str> = row["path"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let talk = row["talk_ms"].as_u64().unwrap_or_default();
    let list = [
        ("customer_recognised", seen.pop["customer"]["name"] == "Marta Keller"),
        ("pop_before_ring", seen.pop_before_ring),
        ("number_shown_on_the_phone", seen.shown_number.ends_with("493023125042")),
        ("name_shown_on_the_phone", !seen.shown_name.is_empty()),
        ("flow_walked", path.first() == Some(&"greeting") && path.last() == Some(&"support")),
        ("queue_reached", row["queue"] == "support"),
        ("agent_answered", row["agent"] == AGENT && row["outcome"] == "answered"),
        ("caller_heard_agent", seen.caller_heard == Some(AGENT_HZ)),
        ("agent_heard_caller", seen.agent_heard == Some(CALLER_HZ)),
        ("recording_is_stereo", tape.channels == 2),
        ("recording_left_is_the_caller", tape.left == Some(CALLER_HZ)),
        ("recording_right_is_the_agent", tape.right == Some(AGENT_HZ)),
        ("recording_is_as_long_as_the_talk", tape.duration_ms.abs_diff(talk) < 700),
        ("disposition_kept", row["disposition"] == "resolved"),
        ("notes_kept", row["notes"] == "Demo call: the meter was read."),
        ("ended_by_the_customer", row["ended_by"] == "customer"),
        ("story_is_whole", story["events"].as_array().is_some_and(|events| events.len() >= 8)),
    ];
    list.into_iter().map(|(name, held)| (name.to_owned(), Value::Bool(held))).collect()
}

fn report(contact: &str, seen: &Seen, story: &Value, tape: &Tape) -> Value {
    let row = &story["contact"];
    json!({
        "contact_id": contact,
        "ani": row["ani"],
        "dnis": row["dnis"],
        "ivr_path": row["path"],
        "queue": row["queue"],
        "agent": row["agent"],
        "wait_ms": row["wait_ms"],
        "ring_ms": row["ring_ms"],
        "talk_ms": row["talk_ms"],
        "pop_before_ring": seen.pop_before_ring,
        "audio": {
            "caller_heard_agent": seen.caller_heard == Some(AGENT_HZ),
            "agent_heard_caller": seen.agent_heard == Some(CALLER_HZ),
        },
        "recording": {
            "path": tape.path,
            "channels": tape.channels,
            "left_tone_hz": tape.left,
            "right_tone_hz": tape.right,
            "duration_ms": tape.duration_ms,
        },
        "history": {
            "disposition": row["disposition"],
            "outcome": row["outcome"],
            "notes": row["notes"],
            "events": story["events"].as_array().map_or(0, Vec::len),
        },
        "checks": checks(seen, story, tape),
    })
}
