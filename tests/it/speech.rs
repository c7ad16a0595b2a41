//! Texts that a voice speaks, and prompts that change while calls go on.

use crate::support::{Bench, Rest, report};
use domain::Language;
use media::tone::Sine;
use serde_json::{Value, json};
use speech::{Program, ProgramSettings, Synthesiser as _};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use switchroom::phone::{Ear, Report};
use tempfile::TempDir;

/// What the prompt `sorry` sounds like at first, what it is changed to, and what an engine of a test says.
const SORRY_HZ: u32 = 830;
const OTHER_HZ: u32 = 1_040;
const VOICE_HZ: u32 = 620;
const TONES: &[u32] = &[350, VOICE_HZ, SORRY_HZ, OTHER_HZ];

/// A sample louder than this is speech.
const LOUD: u16 = 600;

const TEXT: &str = "Your order is on its way. Good bye.";

fn config(speech: &str) -> String {
    format!(
        r#"
[server]
http = "127.0.0.1:0"
data_dir = "data"
prompts_dir = "prompts"

[sip]
listen = "127.0.0.1:0"

[media]
address = "127.0.0.1"

[speech]
{speech}

[[trunk]]
id = "loopback"
sources = ["127.0.0.0/8"]

[[user]]
login = "admin"
name = "Admin"
role = "admin"
password = "admin-secret"

[[entry]]
dnis = "8000"
flow = "order"
language = "en"

[[entry]]
dnis = "8001"
flow = "sorry"
language = "en"

[flow.order]
start = "say"

[flow.order.node.say]
type = "play"
prompts = [{{ text = "{TEXT}", else = "sorry" }}]
next = "bye"

[flow.order.node.bye]
type = "hangup"

[flow.sorry]
start = "say"

[flow.sorry.node.say]
type = "play"
prompts = ["sorry"]
next = "bye"

[flow.sorry.node.bye]
type = "hangup"
"#
    )
}

fn tone(hz: u32, samples: usize) -> Vec<u8> {
    let mut tone = vec![0; samples];
    Sine::new(hz, 8_000).fill(&mut tone);
    media_io::wav::write(&tone).unwrap()
}

/// An engine made of a shell script.
fn engine(dir: &Path, script: &str) -> String {
    let path = dir.join("engine");
    std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("command = [\"{}\"]", path.display())
}

/// A daemon whose prompts are its own.
async fn open(dir: TempDir, speech: &str) -> Bench {
    std::fs::create_dir_all(dir.path().join("prompts/en")).unwrap();
    std::fs::write(dir.path().join("prompts/en/sorry.wav"), tone(SORRY_HZ, 12_000)).unwrap();
    std::fs::write(dir.path().join("switchroom.toml"), config(speech)).unwrap();
    Bench::open(dir).await
}

/// Calls the number and hears it to its end.
async fn hear(bench: &Bench, number: &str) -> Ear {
    let mut caller = bench.call_answered(number).await;
    report(&mut caller, |report| matches!(report, Report::Over(_))).await;
    bench.quiet().await;
    caller.ear().clone()
}

/// Where the sound begins, and how long it lasts until its end, in samples.
fn loud(samples: &[i16]) -> (usize, usize) {
    let is_loud = |sample: &i16| sample.unsigned_abs() > LOUD;
    let (first, last) = (samples.iter().position(is_loud), samples.iter().rposition(is_loud));
    first.zip(last).map_or((samples.len(), 0), |(first, last)| (first, last + 1 - first))
}

fn heard(ear: &Ear) -> Vec<i16> {
    ear.packets().iter().flat_map(|packet| packet.samples.clone()).collect()
}

/// The strongest tone in what is loud.
fn pitch(ear: &Ear) -> Option<u32> {
    let samples = heard(ear);
    let (first, length) = loud(&samples);
    media::tone::strongest_tone(&samples[first..first + length], 8_000, TONES)
}

async fn admin(bench: &Bench) -> Rest {
    Rest::sign_in(&format!("http://{}", bench.daemon.http), "admin", "admin-secret").await
}

/// Asks for something; the status and the JSON that came back.
async fn ask(bench: &Bench, rest: &Rest, method: &str, path: &str, body: (&str, Vec<u8>)) -> (u16, Value) {
    let url = format!("http://{}/api/v1{path}", bench.daemon.http);
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header("authorization", format!("Bearer {}", rest.token()))
        .header("content-type", body.0)
        .body(body.1)
        .unwrap();
    tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).build().into();
        let mut response = agent.run(request).unwrap();
        let text = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), serde_json::from_str(&text).unwrap_or_default())
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_hears_a_text_that_espeak_ng_speaks() {
    let bench = open(tempfile::tempdir().unwrap(), "").await;
    let ear = hear(&bench, "8000").await;
    let espeak = Program::new(ProgramSettings { command: Vec::new(), rate: 22_050, voices: BTreeMap::new() });
    let (_, expected) = loud(&espeak.speak(Language::EN, TEXT).await.unwrap());
    let (_, length) = loud(&heard(&ear));
    assert!(expected > 8_000 && length.abs_diff(expected) < 1_600, "{length} samples instead of {expected}");
    let metrics = admin(&bench).await.root("/metrics").await;
    assert!(metrics.contains("switchroom_speech_asked_total 1"), "{metrics}");
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_engine_is_missing_or_too_slow_the_other_prompt_is_played() {
    let dir = tempfile::tempdir().unwrap();
    let slow = engine(dir.path(), "exec sleep 600");
    for speech in ["command = [\"/nowhere/espeak-ng\"]".to_owned(), format!("{slow}\ntimeout_ms = 300")] {
        let bench = open(tempfile::tempdir().unwrap(), &speech).await;
        let ear = hear(&bench, "8000").await;
        assert_eq!(pitch(&ear), Some(SORRY_HZ), "{speech}");
        let (_, length) = loud(&heard(&ear));
        assert!(length.abs_diff(12_000) < 400, "{length}");
        let list = admin(&bench).await.get("/prompts").await;
        assert_eq!(list["speech"]["available"], false, "{list}");
        bench.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn speech_comes_as_soon_as_it_is_made_and_at_once_the_next_time() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("voice.wav"), tone(VOICE_HZ, 8_000)).unwrap();
    let here = dir.path().display();
    let script = format!("cat > /dev/null; echo x >> {here}/made; sleep 1; exec cat {here}/voice.wav");
    let speech = format!("{}\ntimeout_ms = 20000", engine(dir.path(), &script));
    let made = dir.path().join("made");
    let bench = open(dir, &speech).await;
    let ear = hear(&bench, "8000").await;
    let (_, length) = loud(&heard(&ear));
    assert!(pitch(&ear) == Some(VOICE_HZ) && length.abs_diff(8_000) < 400, "{length}");
    let ear = hear(&bench, "8000").await;
    let (first, _) = loud(&heard(&ear));
    assert!(first < 2_400, "it was kept: {first}");
    // Once ahead of the first call, and at most once more for a call that came before it was done.
    assert!(std::fs::read_to_string(made).unwrap().lines().count() <= 2);
    bench.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_is_changed_while_the_engine_runs_and_a_needed_one_stays() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("voice.wav"), tone(VOICE_HZ, 8_000)).unwrap();
    let speech = engine(dir.path(), &format!("cat > /dev/null; exec cat {}/voice.wav", dir.path().display()));
    let bench = open(dir, &speech).await;
    let rest = admin(&bench).await;
    assert_eq!(pitch(&hear(&bench, "8001").await), Some(SORRY_HZ));

    let wav = |body| ("audio/wav", body);
    let (status, kept) = ask(&bench, &rest, "PUT", "/prompts/en/sorry", wav(tone(OTHER_HZ, 8_000))).await;
    assert_eq!((status, &kept["length_ms"], &kept["language"]), (200, &json!(1_000), &json!("en")), "{kept}");
    assert_eq!(pitch(&hear(&bench, "8001").await), Some(OTHER_HZ));
    assert_eq!(rest.bytes("/prompts/en/sorry.wav").await, tone(OTHER_HZ, 8_000));
    let (status, problem) = ask(&bench, &rest, "PUT", "/prompts/en/sorry", wav(b"RIFF nonsense".to_vec())).await;
    assert_eq!((status, &problem["code"]), (422, &json!("bad_audio")), "{problem}");

    let text = || ("application/json", json!({ "text": "We are sorry." }).to_string().into_bytes());
    let (status, kept) = ask(&bench, &rest, "POST", "/prompts/en/sorry/speak", text()).await;
    assert_eq!((status, &kept["length_ms"]), (200, &json!(1_000)), "{kept}");
    assert_eq!(pitch(&hear(&bench, "8001").await), Some(VOICE_HZ));
    let list = rest.get("/prompts").await;
    let sorry = &list["prompts"][0];
    assert_eq!((&sorry["id"], &sorry["used_by"]), (&json!("sorry"), &json!(["order", "sorry"])), "{list}");
    assert_eq!((&sorry["text"]["en"], &list["missing"]), (&json!("We are sorry."), &json!([])), "{list}");
    assert_eq!((&list["writable"], &list["speech"]["available"]), (&json!(true), &json!(true)), "{list}");

    let nothing = || ("application/json", Vec::new());
    let (status, problem) = ask(&bench, &rest, "DELETE", "/prompts/en/sorry", nothing()).await;
    assert_eq!((status, &problem["code"]), (409, &json!("prompt_in_use")), "{problem}");
    let neutral = ask(&bench, &rest, "PUT", "/prompts/music/sorry", wav(tone(OTHER_HZ, 8_000))).await;
    assert_eq!(neutral.0, 200, "{}", neutral.1);
    assert_eq!(ask(&bench, &rest, "DELETE", "/prompts/en/sorry", nothing()).await.0, 204);
    assert_eq!(pitch(&hear(&bench, "8001").await), Some(OTHER_HZ), "the one for all languages serves");

    // What somebody puts into the folder by hand is taken at a reload.
    std::fs::write(bench.dir.path().join("prompts/en/sorry.wav"), tone(SORRY_HZ, 8_000)).unwrap();
    bench.daemon.reload().await.unwrap();
    assert_eq!(pitch(&hear(&bench, "8001").await), Some(SORRY_HZ));
    bench.stop().await;
}
